import { setImmediate } from 'node:timers/promises';
import type { Slices } from './read-delimited.ts';

/** Runs a parser that gives way, serving others between its slices. */
export async function inSlices<T>(slices: Slices<T>): Promise<T> {
  for (;;) {
    const step = slices.next();
    if (step.done) return step.value;
    await setImmediate();
  }
}
