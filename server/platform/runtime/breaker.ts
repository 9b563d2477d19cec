import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';

/** `failed`: rejected, or no answer in time. `open`: not even asked. */
export type Attempt<T> = { kind: 'answered'; value: T } | { kind: 'failed' } | { kind: 'open' };

/**
 * Spares callers a neighbour that is away and that they can do without. After some failures in a row
 * nobody asks for a while (longer with each further failure, with jitter); then one caller tries, and
 * its answer closes the breaker again.
 */
export interface Breaker {
  /** Never rejects, and never waits longer than the time limit. */
  attempt<T>(call: () => Promise<T>): Promise<Attempt<T>>;
  /** Whether an attempt would not even ask. */
  isOpen(): boolean;
}

const late = Symbol('late');

export function createBreaker(options: {
  clock: Clock;
  timeoutMs: number;
  /** So many failures in a row open it. */
  failuresMax: number;
  backoffBaseMs: number;
  backoffCapMs: number;
}): Breaker {
  const { clock, timeoutMs, failuresMax, backoffBaseMs, backoffCapMs } = options;
  let failures = 0;
  let opened: { at: number; forMs: number } | undefined;
  /** Times that it opened since the last answer. */
  let openings = 0;
  let trying = false;

  const isOpen = (): boolean => {
    if (!opened) return false;
    const since = clock.now() - opened.at;
    // A clock that was set back must not keep it open: a negative time has passed, too.
    return trying || (since >= 0 && since < opened.forMs);
  };

  const answered = async <T>(call: () => Promise<T>): Promise<T | typeof late> => {
    const done = new AbortController();
    try {
      return await Promise.race([
        call(),
        clock
          .sleep(timeoutMs, done.signal)
          // An event loop that was busy for all that time has not looked at its sockets yet: what has
          // arrived meanwhile is read before it is called late.
          .then(() => new Promise<typeof late>((resolve) => setImmediate(resolve, late))),
      ]);
    } finally {
      done.abort('done');
    }
  };

  const failed = (isTrial: boolean): void => {
    // Calls that were on their way when it opened fail, too, and tell nothing new.
    if (opened && !isTrial) return;
    failures++;
    if (failures < failuresMax) return;
    opened = { at: clock.now(), forMs: backoffBaseMs / 2 + backoffMs(openings++, backoffBaseMs, backoffCapMs) };
  };

  return {
    isOpen,
    attempt: async (call) => {
      if (isOpen()) return { kind: 'open' };
      const isTrial = opened !== undefined;
      if (isTrial) trying = true;
      try {
        const value = await answered(call);
        if (value === late) {
          failed(isTrial);
          return { kind: 'failed' };
        }
        failures = openings = 0;
        opened = undefined;
        return { kind: 'answered', value };
      } catch {
        failed(isTrial);
        return { kind: 'failed' };
      } finally {
        if (isTrial) trying = false;
      }
    },
  };
}
