import { inject } from 'vitest';
import { type App, startApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import type { Engines } from '../../server/engines.ts';
import type { Lease } from '../../server/platform/redis/lease.ts';
import type { Clock } from '../../server/platform/runtime/clock.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { createTestDatabase } from './test-database.ts';

export interface TestServer extends App {
  apiKey: string;
  engines: Engines;
  /** Another process's worth of server on the same database and Redis. */
  startAnother(env?: Record<string, string>): Promise<App>;
}

const defaults: Record<string, string> = {
  PORT: '0',
  AIRSIDE_DEMO: '0',
  LOG_LEVEL: 'fatal',
  PAYMENT_SUCCESS_RATE: '1',
  PAYMENT_MIN_DELAY_MS: '0',
  PAYMENT_MAX_DELAY_MS: '5',
  RATE_LIMITS: '0',
};

/** Excludes nobody: every chore is done twice at once, as by two processes that both believe they have the lease. */
const everybodysLease: Lease = async (_name, _ttlMs, run) => {
  const [first, second] = await Promise.allSettled([run(), run()]);
  for (const each of [first, second]) if (each.status === 'rejected') throw each.reason;
  return (first as PromiseFulfilledResult<Awaited<ReturnType<typeof run>>>).value;
};

/** `npm run test:races -- --no-locks`: the whole run goes without leases. */
export const leaseOfTheRun = process.env.TEST_LEASE === 'always' ? everybodysLease : undefined;

/**
 * A real server in this process, on a database of its own and the run's engines. Payments succeed
 * at once unless the environment says otherwise.
 */
export async function startServer(
  options: {
    env?: Record<string, string>;
    clock?: Clock;
    lease?: Lease;
    adapter?: 'own' | 'stock';
    redisUrl?: string;
  } = {},
): Promise<TestServer> {
  const database = await createTestDatabase();
  const engines: Engines = {
    databaseUrl: database.url,
    redisUrl: options.redisUrl ?? inject('redisUrl'),
    adminApiKey: 'test-operator-key-of-this-run',
    authSecret: 'test-secret-that-signs-the-tokens-of-this-run',
    webhookSecrets: ['test-webhook-secret', 'test-webhook-secret-before'],
  };
  const start = (env: Record<string, string> = {}) => {
    const config = readConfig({ ...defaults, ...options.env, ...env });
    const { clock, adapter, lease = leaseOfTheRun } = options;
    return startApp({ config, engines, log: createLogger(config.LOG_LEVEL), clock, lease, adapter });
  };
  const app = await start();
  const others: App[] = [];
  return {
    url: app.url,
    apiKey: engines.adminApiKey,
    engines,
    nudgePayments: app.nudgePayments,
    startAnother: async (env) => {
      const other = await start(env);
      others.push(other);
      return other;
    },
    stop: async () => {
      await Promise.all([app, ...others].map((each) => each.stop()));
      await database.drop();
    },
  };
}
