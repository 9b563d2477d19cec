import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { refuse } from '../runtime/failure.ts';
import type { Keyspace } from './keyspace.ts';
import type { RedisConnections } from './redis.ts';

/** So many points a window for each key, over all processes; while Redis is away each process counts for itself. */
export interface RateLimit {
  /** Fails: RATE_LIMITED, with the time until there are points again. */
  take(key: string, points?: number): Promise<void>;
  /** Forgets what was taken. Never fails. */
  forgive(key: string): Promise<void>;
}

export const noRateLimit: RateLimit = { take: async () => undefined, forgive: async () => undefined };

export function createRateLimit(
  room: { redis: RedisConnections; keys: Keyspace },
  limit: { name: string; points: number; seconds: number },
): RateLimit {
  const counted = { points: limit.points, duration: limit.seconds };
  const limiter = new RateLimiterRedis({
    ...counted,
    storeClient: room.redis.commands,
    keyPrefix: room.keys.key('limit', limit.name),
    insuranceLimiter: new RateLimiterMemory(counted),
    // A Redis that is away is not asked first.
    rejectIfRedisNotReady: true,
  });
  return {
    take: async (key, points = 1) => {
      try {
        await limiter.consume(key, points);
      } catch (refused) {
        if (refused instanceof RateLimiterRes) throw refuse('RATE_LIMITED', { retryAfterMs: refused.msBeforeNext });
        throw refused;
      }
    },
    forgive: async (key) => {
      await limiter.delete(key).catch(() => undefined);
    },
  };
}
