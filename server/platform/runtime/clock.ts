/**
 * The only place that reads the time or sleeps, so that a test can hand in a clock of its own.
 * What decides about a seat (expiry, departure) never asks this clock: Postgres' clock does.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // By hand, because that of node:timers/promises makes an error with a stack of each sleep that is cut short.
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const over = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', over);
        resolve();
      };
      const timer = setTimeout(over, ms).unref();
      signal?.addEventListener('abort', over, { once: true });
    }),
};

export const isoNow = (clock: Clock): string => new Date(clock.now()).toISOString();
