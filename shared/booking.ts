import * as z from 'zod';
import { type CabinClass, cabinClassSchema } from './flight.ts';
import { idSchema } from './ids.ts';
import { limits } from './limits.ts';
import { type Money, moneySchema } from './money.ts';
import { type BookingFare, offerTokenSchema } from './offer.ts';
import { dateSchema, type Instant } from './times.ts';
import { waitingTokenSchema } from './waiting.ts';

export const bookingStatuses = [
  'held',
  'paying',
  'confirmed',
  'failed',
  'expired',
  'cancelled',
  'refund_pending',
  'refunded',
] as const;
export type BookingStatus = (typeof bookingStatuses)[number];

export const passengerTypes = ['adult', 'child', 'infant_on_lap', 'infant_in_seat'] as const;

const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^[\p{L}\p{M}][\p{L}\p{M} .'’-]*$/u, 'letters, spaces, hyphens and apostrophes');

const passengerSchema = z.object({
  type: z.enum(passengerTypes),
  givenName: nameSchema,
  familyName: nameSchema,
  bornOn: dateSchema.optional(),
  document: z
    .object({
      type: z.enum(['passport', 'id_card']),
      number: z
        .string()
        .trim()
        .regex(/^[A-Za-z0-9-]{3,30}$/, 'letters, digits and hyphens'),
      country: z.string().regex(/^[A-Z]{2}$/, 'an ISO 3166 code, two capital letters'),
      expiresOn: dateSchema.optional(),
    })
    .optional(),
});
export type Passenger = z.infer<typeof passengerSchema>;

/** A lap infant takes no seat; everybody else takes one. */
export const seatsTaken = (passengers: readonly Pick<Passenger, 'type'>[]): number =>
  passengers.filter((each) => each.type !== 'infant_on_lap').length;

const passengersSchema = z
  .array(passengerSchema)
  .min(1)
  .max(limits.seatsPerBooking * 2)
  .superRefine((passengers, context) => {
    const count = (type: Passenger['type']) => passengers.filter((each) => each.type === type).length;
    const fault = (message: string) => context.addIssue({ code: 'custom', message });
    const seats = seatsTaken(passengers);
    if (seats < 1) fault('somebody must take a seat');
    if (seats > limits.seatsPerBooking) fault(`at most ${limits.seatsPerBooking} seats a booking`);
    if (count('infant_on_lap') > count('adult')) fault('each infant on a lap needs an adult');
  });

const contactSchema = z.object({
  email: z.email().max(254),
  phone: z
    .string()
    .regex(/^\+[1-9]\d{5,14}$/, 'a phone number in E.164 form, such as +4930123456')
    .optional(),
});

export const holdInput = z
  .object({
    id: idSchema,
    legs: z
      .array(z.object({ flightId: idSchema, cabin: cabinClassSchema }))
      .min(1)
      .max(limits.legsPerBooking)
      .optional(),
    seats: z.int().min(1).max(limits.seatsPerBooking).optional(),
    passengers: passengersSchema.optional(),
    /** The price of the whole party that the traveller was shown. */
    expected: moneySchema.optional(),
    contact: contactSchema.optional(),
    /** A promise of `offers` or of search: legs, seats and price are its. What is given beside it must agree. */
    offerToken: offerTokenSchema.optional(),
    /** A ticket or pass of a waiting room, where buyers of this cabin wait in line. No part of what is asked for. */
    waitingToken: waitingTokenSchema.optional(),
  })
  .superRefine((input, context) => {
    if (!input.legs && !input.offerToken)
      context.addIssue({ code: 'custom', path: ['legs'], message: 'either legs or an offer token' });
    if (!input.offerToken && input.seats === undefined && input.passengers === undefined)
      context.addIssue({ code: 'custom', path: ['seats'], message: 'either seats or passengers' });
    if (input.seats !== undefined && input.passengers && input.seats !== seatsTaken(input.passengers))
      context.addIssue({ code: 'custom', path: ['seats'], message: 'differs from the seats that the passengers take' });
  });
export type HoldInput = z.infer<typeof holdInput>;

export const setPassengersInput = z.object({
  id: idSchema,
  passengers: passengersSchema,
  contact: contactSchema.optional(),
});
export type SetPassengersInput = z.infer<typeof setPassengersInput>;

export const reholdInput = z.object({
  /** The booking that is over. */
  id: idSchema,
  newId: idSchema,
  /** The price of the whole party that the traveller was shown. */
  expected: moneySchema.optional(),
});
export type ReholdInput = z.infer<typeof reholdInput>;

export const bookingIdInput = z.object({ id: idSchema });
export const payInput = z.object({
  id: idSchema,
  method: z
    .string()
    .trim()
    .regex(/^[\w.-]{1,40}$/, 'a short word')
    .optional(),
});
export const cancelInput = z.object({ id: idSchema, quoteId: idSchema.optional() });

export const listBookingsInput = z
  .object({
    status: z.enum(bookingStatuses).optional(),
    cursor: z.string().max(300).nullish(),
    limit: z.int().min(1).max(limits.listPageMax).default(limits.listPageDefault),
  })
  .prefault({});
export type ListBookingsInput = z.infer<typeof listBookingsInput>;

export const onStatusInput = z.object({ bookingId: idSchema, lastEventId: z.string().max(100).nullish() });

/** Authorised: promised, not collected yet. Voiding and voided: a promise that was given up. */
export type PaymentStatus = 'pending' | 'failed' | 'authorised' | 'voiding' | 'voided' | 'succeeded';

export type BookingAction = 'pay' | 'set_passengers' | 'cancel' | 'rehold';

export interface BookingView {
  id: string;
  /** Six symbols, minted when the hold is paid for. */
  locator: string | null;
  status: BookingStatus;
  legs: { flightId: string; cabin: CabinClass }[];
  seats: number;
  passengers: Passenger[];
  contact: { email: string; phone?: string } | null;
  /** The whole party over all legs, as agreed when the seats were held. */
  price: Money;
  holdExpiresAt: Instant;
  /** Until then the same price can be had again; a hold keeps its price to its own end. */
  priceGuaranteedUntil: Instant;
  availableActions: BookingAction[];
  /** Rises by one with every change of this booking; also the event id of `booking.onStatus`. */
  version: number;
  createdAt: Instant;
  /** The newest payment, if one was started. */
  payment: { id: string; status: PaymentStatus; amount: Money } | null;
  refund: { amount: Money; status: 'pending' | 'succeeded' } | null;
  /** Why it is failed, expired, cancelled or refunded, in words for a traveller. */
  reason: string | null;
  /** Brand and conditions, if it was made from an offer; else the house's terms apply. */
  fare: BookingFare | null;
}

export interface CancelQuoteView {
  quoteId: string;
  refund: Money;
  penalty: Money;
  expiresAt: Instant;
}

/** What an entry of a timeline tells of. */
export type TimelineKind = 'state' | 'passengers' | 'money' | 'price' | 'seats' | 'schedule';

/** One thing that happened to a booking, in words for a traveller. */
export interface TimelineEntry {
  at: Instant;
  kind: TimelineKind;
  title: string;
  detail?: string;
  /** The state that the booking had from then on. */
  status?: BookingStatus;
  amount?: Money;
  /** Of a price that became another: the whole party's, before and after. */
  was?: Money;
  now?: Money;
  /** How many seats moved. */
  seats?: number;
  flightId?: string;
  /** The booking's version from then on. */
  version?: number;
}

export interface TimelineView {
  /** Oldest first; the states among them in the order of their versions. */
  entries: TimelineEntry[];
}

/** Whoever made the booking may have written the name otherwise than it is typed now: only its letters are compared. */
export const requestLinkInput = z.object({
  locator: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z0-9]{6}$/, 'six letters and digits'),
  familyName: nameSchema,
});
export type RequestLinkInput = z.infer<typeof requestLinkInput>;

export const openLinkInput = z.object({ code: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'the code of a link') });

/** The same whether or not there is such a booking. */
export interface LinkRequestedView {
  /** For how long a mailed link is good. */
  minutes: number;
}

export interface LinkOpenedView {
  /** A bearer token that opens this booking and nothing else. */
  token: string;
  bookingId: string;
  expiresAt: Instant;
}
