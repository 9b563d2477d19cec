import * as z from 'zod';
import type { FareConditions } from './fare.ts';
import { type CabinClass, cabinClassSchema } from './flight.ts';
import { idSchema } from './ids.ts';
import { limits } from './limits.ts';
import type { Money } from './money.ts';
import type { Instant } from './times.ts';

/** A sealed promise of a price. Opaque: only the server that sealed it can read it. */
export const offerTokenSchema = z
  .string()
  .max(2_000)
  .regex(/^[\w-]+$/, 'an offer token');

export const offersInput = z.object({
  legs: z
    .array(z.object({ flightId: idSchema, cabin: cabinClassSchema }))
    .min(1)
    .max(limits.legsPerBooking),
  seats: z.int().min(1).max(limits.seatsPerBooking).default(1),
});
export type OffersInput = z.input<typeof offersInput>;

export const repriceInput = z.object({ offerToken: offerTokenSchema });

/** One leg of an offer. */
export interface OfferLegView {
  flightId: string;
  cabin: CabinClass;
  /** One seat on this leg. */
  price: Money;
  conditions: FareConditions;
}

/** The same journey in one brand. */
export interface OfferView {
  offerToken: string;
  brand: string;
  name: string;
  legs: OfferLegView[];
  seats: number;
  /** The whole party over all legs: the sum of the legs. */
  price: Money;
  /** The strictest of its legs. */
  conditions: FareConditions;
  guaranteedUntil: Instant;
}

export interface OffersView {
  /** Cheapest first. */
  offers: OfferView[];
}

/** Why a price is another one than before. */
export type PriceReason =
  /** Seats were sold or given back, and the next step of the ladder applies. */
  | 'seats'
  /** The operator has set another price. */
  | 'price_set'
  /** The brand is not sold any more. */
  | 'brand_gone'
  /** The promise was kept although the price is another one by now. */
  | 'guaranteed';

export interface RepriceView {
  /** A new promise at today's price. */
  offerToken: string;
  was: Money;
  now: Money;
  changed: boolean;
  /** Null when nothing changed. */
  reason: PriceReason | null;
  offer: OfferView;
}

/** What a booking that was made from an offer keeps of it. */
export interface BookingFare {
  brand: string;
  name: string;
  legs: OfferLegView[];
  /** The strictest of its legs. */
  conditions: FareConditions;
}
