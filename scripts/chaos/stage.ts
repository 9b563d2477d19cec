import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import { enginesIn, freePort } from '../../server/platform/embedded/engine-process.ts';
import { type FaultProxy, startFaultProxy } from '../stage/fault-proxy.ts';
import { type KeptEngine, keepEngine } from '../stage/kept-engine.ts';
import { type KeptRedis, keepRedis, type RedisKind } from '../stage/kept-redis.ts';
import { type ServerProcess, startServerProcess } from '../stage/server-process.ts';

/** A server process with what lies between it and Postgres. */
interface Serving {
  process: ServerProcess;
  /** Its way to Postgres. */
  link: FaultProxy;
}

/** Everything that can be hurt: engines, processes, and the lines between them. */
export interface Stage {
  dir: string;
  operatorKey: string;
  postgres: KeptEngine;
  redis: KeptRedis;
  /** They sell; buyers come through the doors. */
  webs: (Serving & { door: FaultProxy; doorUrl: string })[];
  /** It does the background work. */
  worker: Serving;
  /** The payment provider. */
  gateway: ServerProcess;
  /** Straight to Postgres, for reading what is true. */
  db: pg.Pool;
  postgresPids(): number[];
  /** Done when all of it runs. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface StageOptions {
  /** Holds data and logs. */
  dir: string;
  holdTtlSeconds: number;
  redis?: RedisKind;
  /** What ends the run: an engine that cannot be started again. */
  onLost: (error: unknown) => void;
}

const gatewayScript = fileURLToPath(new URL('../mock-gateway.ts', import.meta.url));

/** What the server and the provider must agree on. */
const payments = {
  PAYMENT_WEBHOOK_SECRETS: 'the-webhook-secret-of-the-chaos-run',
  PAYMENT_SUCCESS_RATE: '0.9',
  PAYMENT_MIN_DELAY_MS: '0',
  PAYMENT_MAX_DELAY_MS: '300',
};
const operatorKey = 'operator-key-of-the-chaos-run';

/** Opens it in order, and closes in reverse whatever was opened when something fails on the way. */
export async function openStage({
  dir,
  holdTtlSeconds,
  redis: redisKind = 'single',
  onLost,
}: StageOptions): Promise<Stage> {
  const closings: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const each of closings.splice(0).reverse()) await each().catch(() => undefined);
  };
  try {
    await mkdir(join(dir, 'logs'), { recursive: true });
    const [postgres, redis] = await Promise.all([
      keepEngine((options) => startEmbeddedPostgres({ dataDir: dir, ...options }), onLost),
      keepRedis(redisKind, dir, onLost),
    ]);
    closings.push(postgres.stop, redis.stop);
    const db = new pg.Pool({ connectionString: postgres.url, max: 3, connectionTimeoutMillis: 5_000 });
    // Its connections are killed as everybody's are.
    db.on('error', () => undefined);
    closings.push(() => db.end());

    const gateway = await startGateway(dir);
    closings.push(gateway.stop);
    const serve = async (name: string, role: 'web' | 'worker'): Promise<Serving> => {
      const link = await startFaultProxy(Number(new URL(postgres.url).port));
      closings.push(link.stop);
      const databaseUrl = new URL(postgres.url);
      databaseUrl.port = String(link.port);
      const started = await startServerProcess({
        name,
        logFile: join(dir, 'logs', `${name}.log`),
        env: {
          AIRSIDE_ROLE: role,
          PORT: String(await freePort()),
          DATABASE_URL: databaseUrl.href,
          REDIS_URL: redis.url,
          DB_POOL_SIZE: '6',
          AIRSIDE_DEMO: '0',
          ADMIN_API_KEY: operatorKey,
          AUTH_SECRET: 'a-secret-that-signs-the-tokens-of-the-chaos-run',
          ...payments,
          PAYMENT_MOCK_URL: gateway.url,
          HOLD_TTL_SECONDS: String(holdTtlSeconds),
          RATE_LIMITS: '0',
          LOG_LEVEL: 'warn',
        },
      });
      closings.push(started.stop);
      return { process: started, link };
    };
    // The first start migrates; the others would only wait for it.
    const worker = await serve('worker', 'worker');
    const webs = await Promise.all(
      ['web-1', 'web-2'].map(async (name) => {
        const serving = await serve(name, 'web');
        const door = await startFaultProxy(Number(new URL(serving.process.url).port));
        closings.push(door.stop);
        return { ...serving, door, doorUrl: `http://127.0.0.1:${door.port}` };
      }),
    );
    return {
      dir,
      operatorKey,
      postgres,
      redis,
      webs,
      worker,
      gateway,
      db,
      postgresPids: () => enginesIn(join(dir, 'pgdata'), ['postgres']),
      ready: async () => {
        await Promise.all([postgres.ready(), redis.ready()]);
        await Promise.all([worker, ...webs].map((each) => each.process.ready()));
        await gateway.ready();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** It keeps what it knows in a file, as a provider would: killed and started again it remembers every payment. */
async function startGateway(dir: string): Promise<ServerProcess> {
  return startServerProcess({
    name: 'gateway',
    logFile: join(dir, 'logs', 'gateway.log'),
    env: payments,
    program: [gatewayScript, '--port', String(await freePort()), '--state', join(dir, 'gateway-state')],
  });
}
