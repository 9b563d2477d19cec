import { bookingPlan, type RatioPlan, type SalesPlan, type VariantPlan } from './booking-variants.ts';

const ofBooking = (name: string): VariantPlan =>
  bookingPlan.variants.find((variant) => variant.name === name) as VariantPlan;

const ownEcho: VariantPlan = {
  name: 'own-echo',
  title: 'echo on our adapter',
  host: 'own-echo',
  legs: 1,
  counts: 'ok',
  path: 'echo',
};

const toEcho = (name: string, of: string[], least: number | null, goal: number | null): RatioPlan => ({
  name: `${name} ÷ stock echo`,
  of,
  to: ['echo'],
  measure: 'perSecond',
  least,
  goal,
});

/** What our adapter makes of a call, and what is left of that when the call does something. */
export const wirePlan: SalesPlan = {
  variants: [
    ofBooking('echo'),
    ownEcho,
    ...['hold', 'sold-out', 'life', 'life-web', 'life-batched', 'echo-open'].map(ofBooking),
    { ...ownEcho, name: 'own-echo-open', title: 'echo on our adapter at a fixed rate', openLoop: true },
    ofBooking('hold-open'),
  ],
  ratios: [
    toEcho('echo on ours', ['own-echo'], 1.6, 2.1),
    toEcho('holds on one flight', ['hold'], 0.9, 1.2),
    toEcho('full lives', ['life-web', 'life-batched'], 0.22, 0.3),
    toEcho('full lives, all roles in one process', ['life'], null, null),
    toEcho('sold-out', ['sold-out'], 1.3, 2),
    {
      name: 'p99 of echo on ours ÷ stock, fixed rate',
      of: ['own-echo-open'],
      to: ['echo-open'],
      measure: 'p99Ms',
      least: null,
      goal: null,
    },
  ],
};
