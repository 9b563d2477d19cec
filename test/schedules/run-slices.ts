import type { Slices } from '../../server/domain/places/read-delimited.ts';

/** Runs a sliced parser to its end at once; `onSlice` is told of every pause. */
export function runSlices<Result>(slices: Slices<Result>, onSlice: () => void = () => {}): Result {
  for (;;) {
    const step = slices.next();
    if (step.done) return step.value;
    onSlice();
  }
}
