import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import type { Keyspace } from '../../platform/redis/keyspace.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { ProviderBudget } from './fare-provider.ts';

/** This share of a limited budget is for renewing what is popular and for canaries; jobs have the rest. */
const renewalShare = 0.1;
/** Where there is no limit. */
const renewalsPerSecond = 20;

/** What an operator says of every provider's limit, in place of what it says itself. */
export type LimitSetting = Partial<{ requestsPerWindow: number; windowMs: number }>;

/**
 * What those who ask for somebody may spend: as many requests as an operator says; without that, the provider's in windows
 * that are longer by a tenth.
 */
export function askersBudget(own: ProviderBudget, limit: LimitSetting = {}): ProviderBudget {
  const budget = { ...own, ...limit };
  if (budget.requestsPerWindow === null || limit.requestsPerWindow) return budget;
  return { ...budget, windowMs: Math.ceil(budget.windowMs / (1 - renewalShare)) };
}

/** Counts what is spent of a provider's budget, over all processes while Redis is there. */
export interface Spending {
  note(requests: number): void;
  /** In the present window. Null: not limited. */
  left(): Promise<number | null>;
  /** Takes one request out of the share for renewals, if there is one left. */
  mayRenew(): Promise<boolean>;
}

export function openSpending(
  provider: { name: string; budget: ProviderBudget },
  options: { redis: RedisConnections; keys: Keyspace; clock: Clock },
): Spending {
  const { redis, keys, clock } = options;
  const { requestsPerWindow, windowMs } = provider.budget;
  const key = () => keys.key('fares', provider.name, 'spent', String(Math.floor(clock.now() / windowMs)));
  const renewals =
    requestsPerWindow === null
      ? { points: renewalsPerSecond, duration: 1 }
      : perSeconds(requestsPerWindow * renewalShare, windowMs / 1000);
  const limiter = new RateLimiterRedis({
    ...renewals,
    storeClient: redis.commands,
    keyPrefix: keys.key('fares', provider.name, 'renewals'),
    insuranceLimiter: new RateLimiterMemory(renewals),
  });
  return {
    note: (requests) => {
      if (requestsPerWindow === null) return;
      redis.commands
        .multi()
        .incrby(key(), requests)
        .pexpire(key(), 2 * windowMs)
        .exec()
        .catch(() => undefined);
    },
    left: async () => {
      if (requestsPerWindow === null) return null;
      const spent = await redis.commands.get(key()).catch(() => null);
      return Math.max(0, requestsPerWindow - Number(spent ?? 0));
    },
    mayRenew: async () => {
      try {
        await limiter.consume('all');
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** Whole points in whole seconds, never more than asked for. */
function perSeconds(points: number, seconds: number): { points: number; duration: number } {
  const whole = Math.max(1, Math.floor(points));
  return { points: whole, duration: Math.ceil((seconds * whole) / points) };
}
