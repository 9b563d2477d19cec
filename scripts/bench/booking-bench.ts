import type { Bench } from './bench.ts';
import { bookingPlan } from './booking-variants.ts';
import { salesBench } from './sales-bench.ts';

export const bookingBench: Bench = salesBench(
  'booking',
  'seats sold a second, beside a stock tRPC echo and a hold by the book',
  `Measures how many seats a second this machine sells, beside what a stock tRPC echo and a hold by
the book reach on it in the same run.`,
  bookingPlan,
);
