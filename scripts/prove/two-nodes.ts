import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import { startEmbeddedRedis } from '../../server/platform/embedded/embedded-redis.ts';

const main = fileURLToPath(new URL('../../server/main.ts', import.meta.url));

export interface TwoNodes {
  apiKey: string;
  databaseUrl: string;
  redisUrl: string;
  /** Where each node listens, also while it is down: it comes back there. */
  urls: readonly [string, string];
  /** `kill -9`, and a new process at the same address. Done when that one is ready. */
  killAndRestart(node: 0 | 1): Promise<void>;
  stop(): Promise<void>;
}

/** Two real server processes on engines of their own, which outlive both, in a directory that goes with them. */
export async function startTwoNodes(env: Record<string, string> = {}): Promise<TwoNodes> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airside-prove-'));
  const [postgres, redis] = await Promise.all([startEmbeddedPostgres({ dataDir }), startEmbeddedRedis({ dataDir })]);
  const apiKey = 'operator-key-of-the-proof';
  const children: (ChildProcess | undefined)[] = [];
  let stopped = false;

  async function start(node: number, port: string): Promise<string> {
    const child = spawn(process.execPath, [main], {
      env: {
        ...process.env,
        PORT: port,
        HOST: '127.0.0.1',
        DATABASE_URL: postgres.url,
        REDIS_URL: redis.url,
        AIRSIDE_DATA_DIR: dataDir,
        AIRSIDE_ROLE: 'all',
        AIRSIDE_DEMO: '0',
        ADMIN_API_KEY: apiKey,
        AUTH_SECRET: 'a-secret-that-both-nodes-of-the-proof-share',
        PAYMENT_WEBHOOK_SECRETS: 'webhook-secret-of-the-proof',
        RATE_LIMITS: '0',
        LOG_LEVEL: 'fatal',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children[node] = child;
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`node ${node} ended with ${code} while starting`)));
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
        const ready = /^airside ready at (\S+)$/.exec(line);
        if (ready) resolve(ready[1] as string);
      });
    });
  }

  async function end(node: number, signal: NodeJS.Signals): Promise<void> {
    const child = children[node];
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  const stop = async () => {
    stopped = true;
    await Promise.all([end(0, 'SIGTERM'), end(1, 'SIGTERM')]);
    await Promise.all([postgres.stop(), redis.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const urls = [await start(0, '0'), await start(1, '0')] as const;
    return {
      apiKey,
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      urls,
      killAndRestart: async (node) => {
        await end(node, 'SIGKILL');
        if (!stopped) await start(node, new URL(urls[node]).port);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
