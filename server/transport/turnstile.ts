import type { Clock } from '../platform/runtime/clock.ts';

/** Between two groups of a crowd. */
const stepMs = 10;
/** A process that was busy for longer lets in no more at once than for this long. */
const stepMaxMs = 50;

/**
 * Lets through at a bounded rate: at once while few come, a crowd group by group in the order of its coming, so that
 * everything else has its turn in between.
 */
export function turnstile(clock: Clock, perSecond: number): (enter: () => void) => void {
  const groupOf = (ms: number): number => Math.max(1, Math.floor((ms * perSecond) / 1_000));
  const waiting: (() => void)[] = [];
  /** How many may still enter before the next step. */
  let free = groupOf(stepMs);
  let isTurning = false;

  const turn = async (): Promise<void> => {
    isTurning = true;
    for (let entered = 1; entered > 0; ) {
      const before = clock.now();
      await clock.sleep(stepMs);
      free = groupOf(Math.min(stepMaxMs, Math.max(stepMs, clock.now() - before)));
      const group = waiting.splice(0, free);
      entered = group.length;
      free -= entered;
      for (const enter of group) enter();
    }
    // Nobody came for a whole step.
    free = groupOf(stepMs);
    isTurning = false;
  };

  return (enter) => {
    if (!isTurning) void turn();
    if (free > 0 && waiting.length === 0) {
      free--;
      enter();
    } else waiting.push(enter);
  };
}
