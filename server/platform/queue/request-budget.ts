import type { RedisConnections } from '../redis/redis.ts';
import { openScript } from '../redis/script.ts';
import type { Clock } from '../runtime/clock.ts';

/** So many requests in a time, over all processes. */
export interface RequestBudget {
  /** Done when one request may be made. Answers false when the signal aborted first. */
  take(signal: AbortSignal): Promise<boolean>;
  /** Nobody makes one for so long. */
  pause(ms: number): Promise<void>;
}

export const boundless: RequestBudget = {
  take: async (signal) => !signal.aborted,
  pause: async () => undefined,
};

const patienceMs = 2_000;
const awayMs = 500;
/** Slots that may be made up for: timers are late by some milliseconds, and that must not add up. */
const lagSlots = 2;
const lagMsMax = 100;
/** Whoever wakes up later than by this share of the window has missed his slot: slots that were missed are not made up for. */
const lateShare = 0.01;
const lateMsLeast = 5;

/**
 * Slots are even, so that the limit holds in every window, wherever it begins. While Redis is away no request is made: a
 * limit that nobody counts is no limit.
 */
export function openRequestBudget(options: {
  redis: RedisConnections;
  key: string;
  clock: Clock;
  requests: number;
  windowMs: number;
}): RequestBudget {
  const { redis, key, clock, requests, windowMs } = options;
  const reserve = openScript(redis, new URL('./reserve-1.lua', import.meta.url));
  const spacingUs = Math.round((windowMs * 1_000) / requests);
  const lagUs = Math.min(lagSlots * spacingUs, lagMsMax * 1_000);
  return {
    take: async (signal) => {
      while (!signal.aborted) {
        let waitUs: number;
        try {
          waitUs = Number(await reserve([key], [spacingUs, lagUs, patienceMs * 1_000]));
        } catch {
          await clock.sleep(awayMs, signal);
          continue;
        }
        const dueAt = clock.now() + Math.abs(waitUs) / 1_000;
        if (waitUs !== 0) await clock.sleep(Math.abs(waitUs) / 1_000, signal);
        const isLate = clock.now() - dueAt > Math.max(lateMsLeast, windowMs * lateShare);
        if (waitUs >= 0 && !isLate) return !signal.aborted;
      }
      return false;
    },
    pause: async (ms) => {
      await redis.commands.set(key, String((clock.now() + ms) * 1_000), 'PX', Math.ceil(ms) + 1_000);
    },
  };
}
