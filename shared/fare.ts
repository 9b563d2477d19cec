import * as z from 'zod';
import { limits } from './limits.ts';

/**
 * What may be done with a ticket, and for which part of its price. `house`: as the house has it for all (free until 24
 * hours before the first departure, then half the price). `unknown`: nobody has said so; the house's terms then hold.
 */
export const fareRuleSchema = z.discriminatedUnion('rule', [
  z.object({ rule: z.literal('free') }),
  z.object({ rule: z.literal('fee'), percent: z.int().min(1).max(100) }),
  z.object({ rule: z.literal('no') }),
  z.object({ rule: z.literal('house') }),
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
  /** Pieces a person; null: nobody has said so. */
  bags: z.object({ cabin: bagsSchema, checked: bagsSchema }).nullable(),
});
export type Fare = z.infer<typeof fareSchema>;

/**
 * The brands of a cabin, cheapest first. Two cabins with the same brands have the same family.
 */
const fareFamilySchema = z
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

/** A seat costs the amount as long as more than so many are left. */
const stepSchema = z.object({
  above: z.int().min(0).max(limits.capacityPerCabin),
  amount: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export type LadderStep = z.infer<typeof stepSchema>;
/**
 * What a seat costs by the seats that are left: `amount` as long as more than `above` seats are left, dearer the
 * fewer there are. The last step has `above: 0`.
 */
const ladderSchema = z
  .array(stepSchema)
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

/** The price of one seat while so many are left. */
export const stepAmount = (steps: LadderStep[], free: number): number | undefined =>
  (steps.find(({ above }) => free > above) ?? steps.at(-1))?.amount;

/** What an operator may say of a cabin's fares. Null takes away what there was. */
export const cabinFaresSchema = z.object({
  ladder: ladderSchema.nullish(),
  brands: fareFamilySchema.nullish(),
});
export type CabinFares = z.infer<typeof cabinFaresSchema>;

/** What one may do with a ticket, and take along. */
export type FareConditions = Pick<Fare, 'refund' | 'change' | 'bags'>;
