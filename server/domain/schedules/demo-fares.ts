import type { Fare } from '../../../shared/fare.ts';
import type { CabinClass } from '../../../shared/flight.ts';

const light: Fare = {
  brand: 'light',
  name: 'Light',
  addPercent: 0,
  refund: { rule: 'fee', percent: 60 },
  change: { rule: 'no' },
  bags: { cabin: 1, checked: 0 },
};
const standard: Fare = {
  brand: 'standard',
  name: 'Standard',
  addPercent: 18,
  refund: { rule: 'fee', percent: 25 },
  change: { rule: 'fee', percent: 10 },
  bags: { cabin: 1, checked: 1 },
};
const flex: Fare = {
  brand: 'flex',
  name: 'Flex',
  addPercent: 45,
  refund: { rule: 'free' },
  change: { rule: 'free' },
  bags: { cabin: 2, checked: 2 },
};

/** The brands of the demo's airlines: the same for all of them, so that connections can be sold in one. */
export const demoBrands: Record<CabinClass, Fare[]> = {
  economy: [light, standard, flex],
  premium_economy: [
    { ...standard, addPercent: 0 },
    { ...flex, addPercent: 22 },
  ],
  business: [
    { ...standard, addPercent: 0, bags: { cabin: 2, checked: 2 } },
    { ...flex, addPercent: 20 },
  ],
  first: [{ ...flex, addPercent: 0, bags: { cabin: 2, checked: 3 } }],
};

/** Half of the seats at the first price, then dearer the fewer are left: share of the seats above which, percent. */
const steps = [
  { aboveShare: 0.5, percent: 100 },
  { aboveShare: 0.2, percent: 118 },
  { aboveShare: 0.06, percent: 145 },
  { aboveShare: 0, percent: 190 },
];

/** Pairs of above and amount, whole dollars. Small cabins have fewer steps. */
export function demoLadder(capacity: number, amount: number): number[] {
  const ladder: number[] = [];
  for (const { aboveShare, percent } of steps) {
    const above = Math.floor(capacity * aboveShare);
    // Two shares of a small cabin may be the same seat: the dearer step gives way, but the last must stand.
    const isSame = above === ladder.at(-2) || above >= capacity;
    if (isSame) continue;
    ladder.push(above, Math.round((amount * percent) / 10_000) * 100);
  }
  return ladder;
}
