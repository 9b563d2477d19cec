import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import { freePort } from '../../server/platform/embedded/engine-process.ts';
import { type KeptEngine, keepEngine } from '../stage/kept-engine.ts';
import { type KeptRedis, keepRedis, type RedisKind } from '../stage/kept-redis.ts';
import { type ServerProcess, startServerProcess } from '../stage/server-process.ts';

/** Engines, one process that serves, and workers: all of it real, and any of it may be killed. */
export interface JobStage {
  dir: string;
  postgres: KeptEngine;
  redis: KeptRedis;
  web: ServerProcess;
  workers: ServerProcess[];
  /** Straight to Postgres, for reading what is true. */
  db: pg.Pool;
  /** Awaited before it closes: the end of a fault that lasts. */
  later(end: Promise<void>): void;
  close(): Promise<void>;
}

/** Opens it in order, and closes in reverse whatever was opened when something fails on the way. */
export async function openJobStage(options: {
  dir: string;
  workers: number;
  /** Web processes that share one port; 1 by default. */
  webs?: number;
  redis?: RedisKind;
  env?: Record<string, string>;
  onLost: (error: unknown) => void;
}): Promise<JobStage> {
  const { dir, onLost } = options;
  const closings: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const each of closings.splice(0).reverse()) await each().catch(() => undefined);
  };
  try {
    await mkdir(join(dir, 'logs'), { recursive: true });
    const [postgres, redis] = await Promise.all([
      keepEngine((given) => startEmbeddedPostgres({ dataDir: dir, ...given }), onLost),
      keepRedis(options.redis ?? 'single', dir, onLost),
    ]);
    closings.push(postgres.stop, redis.stop);
    const db = new pg.Pool({ connectionString: postgres.url, max: 3, connectionTimeoutMillis: 5_000 });
    db.on('error', () => undefined);
    closings.push(() => db.end());
    const serve = async (name: string, role: 'web' | 'worker'): Promise<ServerProcess> => {
      const started = await startServerProcess({
        name,
        logFile: join(dir, 'logs', `${name}.log`),
        env: {
          AIRSIDE_ROLE: role,
          PORT: String(await freePort()),
          DATABASE_URL: postgres.url,
          REDIS_URL: redis.url,
          DB_POOL_SIZE: '6',
          AIRSIDE_DEMO: '0',
          PROVIDERS: 'simulator',
          ADMIN_API_KEY: 'operator-key-of-the-chaos-run',
          AUTH_SECRET: 'a-secret-that-signs-the-tokens-of-the-chaos-run',
          PAYMENT_WEBHOOK_SECRETS: 'the-webhook-secret-of-the-chaos-run',
          RATE_LIMITS: '0',
          LOG_LEVEL: 'warn',
          WEB_CONCURRENCY: String(options.webs ?? 1),
          ...options.env,
        },
      });
      closings.push(started.stop);
      return started;
    };
    // The first start migrates; the others would only wait for it.
    const web = await serve('web', 'web');
    const workers = await Promise.all(
      Array.from({ length: options.workers }, (_, at) => serve(`worker-${at + 1}`, 'worker')),
    );
    const later = (end: Promise<void>): void => void closings.push(() => end);
    return { dir, postgres, redis, web, workers, db, later, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Megabytes of memory that a process has, or undefined where the system does not tell. */
export function memoryOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1_024;
  } catch {
    return undefined;
  }
}

/** Megabytes a minute, by least squares. */
export function slopeOf(samples: readonly { minute: number; megabytes: number }[]): number {
  const mean = (of: (each: (typeof samples)[number]) => number) =>
    samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
  const [at, size] = [mean((each) => each.minute), mean((each) => each.megabytes)];
  const spread = samples.reduce((sum, each) => sum + (each.minute - at) ** 2, 0);
  const joint = samples.reduce((sum, each) => sum + (each.minute - at) * (each.megabytes - size), 0);
  return spread === 0 ? 0 : joint / spread;
}
