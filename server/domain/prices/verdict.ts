import type { Verdict } from '../../../shared/price.ts';

/** Changes whenever the same observations could give another verdict. */
export const verdictMethod = 'bands-1';
/** With fewer nobody can tell what is usual. */
export const observationsMin = 20;
/** A price that has crossed a bound by less than this keeps the verdict that it had. */
const hysteresis = 0.02;
/** An observation counts half as much as one of two months later. */
export const halfLifeDays = 60;
export const windowDays = 365;

/** Prices move differently near departure; each stretch of lead time is compared with itself. */
const leadBuckets: [from: number, to: number | null][] = [
  [0, 3],
  [4, 7],
  [8, 14],
  [15, 30],
  [31, 60],
  [61, 120],
  [121, null],
];

/** What was seen of one route, cabin and kind of trip at one stretch of lead time. */
export interface Band {
  n: number;
  /** Weighted quantiles of the amounts at 0, 5, …, 100 %; empty where n is 0. */
  quantiles: number[];
}

export const leadBucketOf = (leadDays: number): { from: number; to: number | null } => {
  const [from, to] = leadBuckets.find(([, last]) => last === null || leadDays <= last) as [number, number | null];
  return { from, to };
};

export const quantileShares = Array.from({ length: 21 }, (_, index) => index / 20);
const lowShare = 4;
const usualShare = 10;
const highShare = 16;

/** The fifth below and the fifth above are low and high; undefined where too little was seen. */
export function boundsOf({ n, quantiles }: Band): { low: number; usual: number; high: number } | undefined {
  const [low, usual, high] = [quantiles[lowShare], quantiles[usualShare], quantiles[highShare]];
  if (n < observationsMin || low === undefined || usual === undefined || high === undefined) return undefined;
  return { low, usual, high };
}

/** `previous`: the amount before this one, whose verdict a small move does not change. */
export function verdictOf(amount: number, band: Band, previous?: number): Verdict {
  const bounds = boundsOf(band);
  if (!bounds) return 'unknown';
  const plain = (of: number): Verdict => (of < bounds.low ? 'low' : of > bounds.high ? 'high' : 'typical');
  const verdict = plain(amount);
  if (previous === undefined) return verdict;
  const before = plain(previous);
  const isNear = (bound: number): boolean => Math.abs(amount - bound) <= bound * hysteresis;
  const crossed = [bounds.low, bounds.high].filter((bound) => amount < bound !== previous < bound);
  return verdict !== before && crossed.length === 1 && isNear(crossed[0] as number) ? before : verdict;
}

/** The share of observations that are as cheap or cheaper, in per cent, between the quantiles by straight lines. */
export function percentileOf(amount: number, { n, quantiles }: Band): number | null {
  if (n < observationsMin || quantiles.length === 0) return null;
  const above = quantiles.findIndex((each) => each > amount);
  if (above === 0) return 0;
  if (above < 0) return 100;
  const [from, to] = [quantiles[above - 1] as number, quantiles[above] as number];
  return Math.round(((above - 1 + (amount - from) / (to - from)) / (quantiles.length - 1)) * 100);
}

/** A band of plain numbers, each with its age in days; the same as the record's SQL makes of its rows. */
export function bandOf(observations: { amount: number; ageDays: number }[]): Band {
  const sorted = observations
    .map(({ amount, ageDays }) => ({ amount, weight: 0.5 ** (ageDays / halfLifeDays) }))
    .sort((a, b) => a.amount - b.amount);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  const reached = sorted.map(({ amount, weight }) => {
    sum += weight;
    return { amount, share: sum / total };
  });
  // The sum of all weights is not quite their total, for they are floats: the last one is meant, too.
  const quantiles = quantileShares.flatMap((share) => {
    const found = reached.find((each) => each.share >= share - 1e-9) ?? reached.at(-1);
    return found ? [found.amount] : [];
  });
  return { n: sorted.length, quantiles };
}
