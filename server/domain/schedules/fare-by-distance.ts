import type { CabinClass } from '../../../shared/flight.ts';
import { type Money, money } from '../../../shared/money.ts';

/**
 * The price of a seat on a flight that came without one (docs/formats.md shows the same figures).
 *
 * Economy: 39 USD, and for each km 11 cents up to 1,000 km, 7 cents up to 4,000 km, 5 cents beyond: the longer the
 * flight, the less a kilometre costs, as in real fares. Other cabins are a multiple of it. Whole dollars, so that
 * the last bit of a cosine cannot change a price between two machines.
 */
const baseCents = 3900;
const tiers = [
  { untilKm: 1000, centsPerKm: 11 },
  { untilKm: 4000, centsPerKm: 7 },
  { untilKm: Number.POSITIVE_INFINITY, centsPerKm: 5 },
];

/** Percent of the economy price. */
const cabinPercent: Record<CabinClass, number> = {
  economy: 100,
  premium_economy: 160,
  business: 320,
  first: 500,
};

/** One seat, one way, in US cents, a whole number of dollars; `distanceKm` along the great circle. */
export function fareByDistance(distanceKm: number, cabin: CabinClass): Money {
  const km = Math.round(distanceKm);
  let cents = baseCents;
  let fromKm = 0;
  for (const { untilKm, centsPerKm } of tiers) {
    cents += Math.max(0, Math.min(km, untilKm) - fromKm) * centsPerKm;
    fromKm = untilKm;
  }
  return money(Math.round((cents * cabinPercent[cabin]) / 10_000) * 100, 'USD');
}
