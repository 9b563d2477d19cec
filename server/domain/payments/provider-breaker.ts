import { backoffMs } from '../../platform/runtime/backoff.ts';
import type { Clock } from '../../platform/runtime/clock.ts';

const failuresMax = 5;
const leastPauseMs = 500;
const greatestPauseMs = 30_000;

/**
 * Leaves somebody alone who fails: after five failures in a row nobody calls for a while, then one
 * call tries. If it succeeds all may call again; if not, the next pause is longer (jittered, 0.5 s
 * at least, 30 s at most).
 */
export interface ProviderBreaker {
  /** How many calls may begin now: any number, one, or none. */
  allowance(): number;
  begin(): void;
  end(outcome: 'succeeded' | 'failed'): void;
}

export function createProviderBreaker(clock: Clock): ProviderBreaker {
  let failures = 0;
  let openUntilMs = 0;
  let trying = 0;
  const isOpen = () => failures >= failuresMax;
  return {
    allowance: () => {
      if (!isOpen()) return Number.POSITIVE_INFINITY;
      return clock.now() >= openUntilMs && trying === 0 ? 1 : 0;
    },
    begin: () => {
      trying++;
    },
    end: (outcome) => {
      trying--;
      if (outcome === 'succeeded') {
        failures = 0;
        return;
      }
      // Calls that began before it opened fail one after the other: they are one failure.
      if (isOpen() && clock.now() < openUntilMs) return;
      failures++;
      if (isOpen()) {
        openUntilMs = clock.now() + leastPauseMs + backoffMs(failures - failuresMax, leastPauseMs, greatestPauseMs);
      }
    },
  };
}
