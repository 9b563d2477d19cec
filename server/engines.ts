import type { Environment } from './config.ts';
import { claimDataDir, readOrCreateSecret } from './platform/embedded/data-dir.ts';
import { startEmbeddedPostgres } from './platform/embedded/embedded-postgres.ts';
import { startEmbeddedRedis } from './platform/embedded/embedded-redis.ts';
import { keepRunning } from './platform/embedded/keep-running.ts';
import { systemClock } from './platform/runtime/clock.ts';
import type { Closing } from './platform/runtime/closing.ts';

/** Where the record and Redis are, and what signs and opens: given by the environment, or made and kept here. */
export interface Engines {
  databaseUrl: string;
  redisUrl: string;
  adminApiKey: string;
  authSecret: string;
  webhookSecrets: string[];
}

/**
 * Starts what the environment does not give. Secrets that nobody set are made once and kept in the
 * data directory, so tokens and the operator key survive a restart.
 *
 * @param onEngine told when an embedded engine died: it is started again, or (`lost`) cannot be.
 */
export async function openEngines(
  config: Readonly<Environment>,
  closing: Closing,
  onEngine: (what: 'restarted' | 'lost', detail: string) => void,
): Promise<Engines> {
  const { DATABASE_URL, REDIS_URL, ADMIN_API_KEY, AUTH_SECRET, PAYMENT_WEBHOOK_SECRETS } = config;
  const given = { ADMIN_API_KEY, AUTH_SECRET, PAYMENT_WEBHOOK_SECRETS };
  const complete = DATABASE_URL && REDIS_URL && Object.values(given).every((value) => value !== undefined);
  let dir = config.AIRSIDE_DATA_DIR;
  if (!complete) {
    const claim = await claimDataDir(dir);
    closing.push('data directory', claim.release);
    dir = claim.dir;
  }
  const secret = (name: string) => readOrCreateSecret(dir, name, 32);
  const keep = async (name: string, start: Parameters<typeof keepRunning>[0]['start']): Promise<string> => {
    const engine = await keepRunning({
      start,
      clock: systemClock,
      onRestart: (detail) => onEngine('restarted', detail),
      onGivenUp: (detail) => onEngine('lost', detail),
    });
    closing.push(`embedded ${name}`, engine.stop);
    return engine.url;
  };
  const [databaseUrl, redisUrl] = await Promise.all([
    DATABASE_URL ??
      keep('postgres', (onExit, previousUrl) => startEmbeddedPostgres({ dataDir: dir, onExit, previousUrl })),
    REDIS_URL ?? keep('redis', (onExit, previousUrl) => startEmbeddedRedis({ dataDir: dir, onExit, previousUrl })),
  ]);
  return {
    databaseUrl,
    redisUrl,
    adminApiKey: ADMIN_API_KEY ?? (await secret('admin-api-key')),
    authSecret: AUTH_SECRET ?? (await secret('auth-secret')),
    webhookSecrets: PAYMENT_WEBHOOK_SECRETS ?? [await secret('payment-webhook')],
  };
}
