import { setTimeout as delay } from 'node:timers/promises';

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
  sleep: (ms, signal) =>
    delay(ms, undefined, { signal, ref: false }).catch(() => {
      // An aborted sleep is simply over; the caller looks at its signal.
    }),
};

export const isoNow = (clock: Clock): string => new Date(clock.now()).toISOString();
