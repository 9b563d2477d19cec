import type { Bench } from './bench.ts';
import { salesBench } from './sales-bench.ts';
import { wirePlan } from './wire-variants.ts';

export const wireBench: Bench = salesBench(
  'wire',
  'calls a second on our WebSocket adapter, beside a stock tRPC echo',
  `Measures what a call costs on our own WebSocket adapter: an echo, a hold, a refusal and a whole
life of a booking, beside an echo of tRPC's own adapter of the pinned version in the same run.`,
  wirePlan,
);
