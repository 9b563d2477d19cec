import type { Clock } from '../runtime/clock.ts';

/** What lanes share: so many of them may have a call under way. The others' members gather meanwhile. */
export interface LaneSlots {
  /**
   * Takes a slot, and answers how to give it back. Undefined: there is none, and `pump` is called when there may be.
   * `force`: takes one all the same.
   */
  take(pump: () => void, force: boolean): (() => void) | undefined;
}

/** So long a call keeps its slot (ms): what takes longer waits for a lock or for Postgres itself, and holds up no other lane. */
const keptMs = 50;

/** Slots are given in the order in which lanes began to wait for one. */
export function createLaneSlots(clock: Clock, count: number): LaneSlots {
  const taken = new Set<{ at: number }>();
  const waiting = new Set<() => void>();
  let isWatching = false;

  const serve = (): void => {
    for (const pump of [...waiting]) {
      if (taken.size >= count) return;
      waiting.delete(pump);
      pump();
    }
  };

  /** As long as a lane waits: takes their slots from calls that have kept them for too long. */
  const watch = async (): Promise<void> => {
    isWatching = true;
    while (waiting.size > 0) {
      await clock.sleep(keptMs);
      for (const slot of taken) if (clock.now() - slot.at >= keptMs) taken.delete(slot);
      serve();
    }
    isWatching = false;
  };

  return {
    take: (pump, force) => {
      if (taken.size >= count && !force) {
        waiting.add(pump);
        if (!isWatching) void watch();
        return undefined;
      }
      waiting.delete(pump);
      const slot = { at: clock.now() };
      taken.add(slot);
      return () => {
        taken.delete(slot);
        serve();
      };
    },
  };
}
