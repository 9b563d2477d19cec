import type { Clock } from '../../server/platform/runtime/clock.ts';

export interface ManualClock extends Clock {
  /** Lets time pass: whoever sleeps no longer than that wakes up. */
  advance(ms: number): void;
  /** How many sleep at least until then. */
  sleepers(): number;
}

/**
 * A clock that stands still unless the test moves it. `tells` is what it says the time is: for
 * signatures that a real clock checks it tells the real time, and only its sleepers are moved.
 */
export function manualClock(tells: 'its own time' | 'the real time' = 'its own time'): ManualClock {
  let nowMs = Date.now();
  const sleeping = new Set<{ untilMs: number; wake: () => void }>();
  return {
    now: () => (tells === 'its own time' ? nowMs : Date.now()),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = {
          untilMs: nowMs + ms,
          wake: () => {
            sleeping.delete(sleeper);
            resolve();
          },
        };
        sleeping.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    advance: (ms) => {
      nowMs += ms;
      for (const sleeper of [...sleeping]) if (sleeper.untilMs <= nowMs) sleeper.wake();
    },
    sleepers: () => sleeping.size,
  };
}
