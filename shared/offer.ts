import * as z from 'zod';
import { type CabinClass, cabinClassSchema } from './flight.ts';
import { idSchema } from './ids.ts';
import { limits } from './limits.ts';
import type { Money } from './money.ts';
import type { Instant } from './times.ts';

/** What may be done with a ticket, and for which part of its price. `unknown`: nobody has said so. */
export const fareRuleSchema = z.discriminatedUnion('rule', [
  z.object({ rule: z.literal('free') }),
  z.object({ rule: z.literal('fee'), percent: z.int().min(1).max(100) }),
  z.object({ rule: z.literal('no') }),
  z.object({ rule: z.literal('unknown') }),
]);
export type FareRule = z.infer<typeof fareRuleSchema>;

const bagsSchema = z.int().min(0).max(9);

/** One brand of a cabin: what a seat costs more than the cheapest, and what is in it. */
export const fareSchema = z.object({
  brand: z.string().regex(/^[a-z][a-z0-9_]{0,19}$/, 'a short word in small letters'),
  name: z.string().trim().min(1).max(40),
  /** Percent on top of the cabin's own price. The first brand of a cabin adds nothing. */
  addPercent: z.int().min(0).max(1_000),
  refund: fareRuleSchema,
  change: fareRuleSchema,
  bags: z.object({ cabin: bagsSchema, checked: bagsSchema }),
});
export type Fare = z.infer<typeof fareSchema>;

/**
 * The brands of a cabin, cheapest first. Two cabins with the same brands have the same family.
 */
export const fareFamilySchema = z
  .array(fareSchema)
  .min(1)
  .max(limits.faresPerCabin)
  .superRefine((fares, context) => {
    const fault = (message: string) => context.addIssue({ code: 'custom', message });
    if (fares[0]?.addPercent !== 0) fault('the first brand costs what the cabin costs: addPercent 0');
    if (new Set(fares.map((each) => each.brand)).size !== fares.length) fault('each brand once');
    if (fares.some((each, at) => at > 0 && each.addPercent < (fares[at - 1] as Fare).addPercent))
      fault('cheapest first');
  });

/**
 * What a seat costs by the seats that are left: `amount` as long as more than `above` seats are left, dearer the
 * fewer there are. The last step has `above: 0`.
 */
export const ladderSchema = z
  .array(
    z.object({
      above: z.int().min(0).max(limits.capacityPerCabin),
      amount: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
    }),
  )
  .min(1)
  .max(limits.stepsPerLadder)
  .superRefine((steps, context) => {
    const fault = (message: string) => context.addIssue({ code: 'custom', message });
    if (steps.at(-1)?.above !== 0) fault('the last step is above 0');
    steps.forEach(({ above, amount }, at) => {
      const before = steps[at - 1];
      if (before && (above >= before.above || amount <= before.amount)) fault('fewer seats, higher price');
    });
  });

/** What an operator may say of a cabin's fares. Null takes away what there was. */
export const cabinFaresSchema = z.object({
  ladder: ladderSchema.nullish(),
  brands: fareFamilySchema.nullish(),
});
export type CabinFares = z.infer<typeof cabinFaresSchema>;

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

export type FareConditions = Pick<Fare, 'refund' | 'change' | 'bags'>;

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
