import type { Clock } from '../runtime/clock.ts';
import { isUnavailable } from './pg-errors.ts';

const againMs = 500;

/**
 * For whoever follows something for hours: a read that Postgres cannot answer now (restarting,
 * failing over) is made again until it can, or until the signal aborts. Other errors pass through.
 */
export async function whenAvailable<T>(clock: Clock, signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!isUnavailable(error) || signal.aborted) throw error;
      await clock.sleep(againMs, signal);
    }
  }
}
