import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Environment } from './config.ts';
import { type AccessRoom, accessLimits } from './domain/booking/access-room.ts';
import { type IdentityRoom, signInLimits } from './domain/identity/identity-room.ts';
import { createSessions } from './domain/identity/sessions.ts';
import { createTokens } from './domain/identity/tokens.ts';
import type { Engines } from './engines.ts';
import { openMailer } from './platform/mail/mailer.ts';
import type { Orm } from './platform/postgres/orm.ts';
import type { Keyspace } from './platform/redis/keyspace.ts';
import { createRateLimit, noRateLimit, type RateLimit } from './platform/redis/rate-limit.ts';
import type { RedisConnections } from './platform/redis/redis.ts';
import type { Clock } from './platform/runtime/clock.ts';
import type { Closing } from './platform/runtime/closing.ts';
import type { ErrorReporter } from './platform/telemetry/error-reporter.ts';

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
  const rateLimit = limitsOf({ redis, keys, config });
  return {
    orm,
    clock,
    tokens,
    sessions: createSessions({ pool, clock, tokens }),
    limits: { tries: rateLimit(signInLimits.tries), failures: rateLimit(signInLimits.failures) },
    announceEnd,
  };
}

/** The way back to a booking for who has lost its owner's token. */
export function openAccess(options: {
  pool: Pool;
  redis: RedisConnections;
  keys: Keyspace;
  clock: Clock;
  config: Readonly<Environment>;
  tokens: IdentityRoom['tokens'];
  /** Where this process listens, once it does. */
  ownUrl: () => string;
  closing: Closing;
  log: Logger;
  report: ErrorReporter;
}): AccessRoom {
  const { pool, redis, keys, clock, config, tokens, ownUrl, closing, log, report } = options;
  const mailer = openMailer({ url: config.SMTP_URL, from: config.MAIL_FROM });
  closing.push('mail of links', mailer.close);
  const rateLimit = limitsOf({ redis, keys, config });
  return {
    pool,
    clock,
    tokens,
    mailer,
    limits: { tries: rateLimit(accessLimits.tries), locators: rateLimit(accessLimits.locators) },
    // Behind the hash, so that no log of a proxy and no referrer has it.
    linkOf: (code) => `${(config.PUBLIC_URL ?? ownUrl()).replace(/\/$/, '')}/open#${code}`,
    report,
    onUnsent: ({ to, text }) => log.info({ to, text }, 'there is no mail server (SMTP_URL); this mail was not sent'),
  };
}

/** Limits as the settings have them: counted in Redis, or none. */
const limitsOf =
  ({ redis, keys, config }: { redis: RedisConnections; keys: Keyspace; config: Readonly<Environment> }) =>
  (limit: Parameters<typeof createRateLimit>[1]): RateLimit =>
    config.RATE_LIMITS ? createRateLimit({ redis, keys }, limit) : noRateLimit;
