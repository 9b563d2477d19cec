import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import { keepRedis, type RedisKind } from '../stage/kept-redis.ts';
import { startServerProcess } from '../stage/server-process.ts';
import { WireClient } from '../stage/wire-client.ts';

export interface Shop {
  url: string;
  db: pg.Pool;
  operator: WireClient;
  /** Each a guest with a socket of its own. */
  clients: WireClient[];
  close(): Promise<void>;
}

const operatorKey = 'operator-key-of-the-sell-out';
/** A storm of thousands is answered in its turn; that is not a lost call. */
const callTimeoutMs = 60_000;

/** A real server on engines of its own in `dir`, with so many guests connected to it. Closing removes `dir`. */
export async function openShop(
  dir: string,
  sockets: number,
  options: { env?: Record<string, string>; redis?: RedisKind } = {},
): Promise<Shop> {
  const closings: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const each of closings.splice(0).reverse()) await each().catch(() => undefined);
  };
  try {
    const [postgres, redis] = await Promise.all([
      startEmbeddedPostgres({ dataDir: dir }),
      keepRedis(options.redis ?? 'single', dir, () => undefined),
    ]);
    closings.push(postgres.stop, redis.stop);
    const db = new pg.Pool({ connectionString: postgres.url, max: 2 });
    db.on('error', () => undefined);
    closings.push(() => db.end());
    const server = await startServerProcess({
      name: 'server',
      logFile: join(dir, 'server.log'),
      env: {
        PORT: '0',
        DATABASE_URL: postgres.url,
        REDIS_URL: redis.url,
        AIRSIDE_DEMO: '0',
        ADMIN_API_KEY: operatorKey,
        AUTH_SECRET: 'a-secret-that-signs-the-tokens-of-the-sell-out',
        PAYMENT_WEBHOOK_SECRETS: 'the-webhook-secret-of-the-sell-out',
        PAYMENT_SUCCESS_RATE: '1',
        PAYMENT_MIN_DELAY_MS: '0',
        PAYMENT_MAX_DELAY_MS: '20',
        HOLD_TTL_SECONDS: '5',
        RATE_LIMITS: '0',
        LOG_LEVEL: 'warn',
        ...options.env,
      },
    });
    closings.push(server.stop);
    const connect = (who: { token?: string; apiKey?: string }): WireClient => {
      const client = new WireClient(server.url, who, callTimeoutMs);
      closings.push(async () => client.close());
      return client;
    };
    const stranger = connect({});
    const clients: WireClient[] = [];
    for (let n = 0; n < sockets; n++) {
      const guest = await stranger.call<{ token: string }>('mutation', 'auth.guest');
      if (guest.kind !== 'done') throw new Error(`a guest was not let in: ${JSON.stringify(guest)}`);
      clients.push(connect({ token: guest.value.token }));
    }
    return { url: server.url, db, operator: connect({ apiKey: operatorKey }), clients, close };
  } catch (error) {
    await close();
    throw error;
  }
}
