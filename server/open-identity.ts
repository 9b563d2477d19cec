import type { Pool } from 'pg';
import type { Environment } from './config.ts';
import { type IdentityRoom, signInLimits } from './domain/identity/identity-room.ts';
import { createSessions } from './domain/identity/sessions.ts';
import { createTokens } from './domain/identity/tokens.ts';
import type { Engines } from './engines.ts';
import type { Orm } from './platform/postgres/orm.ts';
import type { Keyspace } from './platform/redis/keyspace.ts';
import { createRateLimit, noRateLimit } from './platform/redis/rate-limit.ts';
import type { RedisConnections } from './platform/redis/redis.ts';
import type { Clock } from './platform/runtime/clock.ts';

/** Who asks, by the settings' secrets and issuers. */
export function openIdentity(options: {
  orm: Orm;
  pool: Pool;
  redis: RedisConnections;
  keys: Keyspace;
  clock: Clock;
  config: Readonly<Environment>;
  secrets: Pick<Engines, 'authSecret' | 'adminApiKey'>;
  announceEnd: IdentityRoom['announceEnd'];
}): IdentityRoom {
  const { orm, pool, redis, keys, clock, config, secrets, announceEnd } = options;
  const tokens = createTokens({
    secret: secrets.authSecret,
    ttlMinutes: config.TOKEN_TTL_MINUTES,
    apiKey: secrets.adminApiKey,
    outside: config.AUTH_JWKS_URL
      ? { jwksUrl: config.AUTH_JWKS_URL, issuer: config.AUTH_ISSUER, audience: config.AUTH_AUDIENCE }
      : undefined,
    clock,
  });
  const rateLimit = (limit: { name: string; points: number; seconds: number }) =>
    config.RATE_LIMITS ? createRateLimit({ redis, keys }, limit) : noRateLimit;
  return {
    orm,
    clock,
    tokens,
    sessions: createSessions({ pool, clock, tokens }),
    limits: { tries: rateLimit(signInLimits.tries), failures: rateLimit(signInLimits.failures) },
    announceEnd,
  };
}
