import type { Environment } from './config.ts';
import { claimDataDir, readOrCreateSecret } from './platform/embedded/data-dir.ts';
import { startEmbeddedPostgres } from './platform/embedded/embedded-postgres.ts';
import { startEmbeddedRedis } from './platform/embedded/embedded-redis.ts';
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
 * @param onEngineExit an embedded engine ended by itself; the process cannot go on without it.
 */
export async function openEngines(
  config: Readonly<Environment>,
  closing: Closing,
  onEngineExit: (detail: string) => void,
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
  const [databaseUrl, redisUrl] = await Promise.all([
    DATABASE_URL ??
      startEmbeddedPostgres({ dataDir: dir, onExit: onEngineExit }).then((engine) => {
        closing.push('embedded postgres', engine.stop);
        return engine.url;
      }),
    REDIS_URL ??
      startEmbeddedRedis({ dataDir: dir, onExit: onEngineExit }).then((engine) => {
        closing.push('embedded redis', engine.stop);
        return engine.url;
      }),
  ]);
  return {
    databaseUrl,
    redisUrl,
    adminApiKey: ADMIN_API_KEY ?? (await secret('admin-api-key')),
    authSecret: AUTH_SECRET ?? (await secret('auth-secret')),
    webhookSecrets: PAYMENT_WEBHOOK_SECRETS ?? [await secret('payment-webhook')],
  };
}
