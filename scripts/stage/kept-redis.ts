import { join } from 'node:path';
import { startEmbeddedRedis } from '../../server/platform/embedded/embedded-redis.ts';
import { enginesIn } from '../../server/platform/embedded/engine-process.ts';
import { type KeptEngine, keepEngine } from './kept-engine.ts';
import type { Random } from './random.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { connectRedis, flushRedis } from './whole-redis.ts';

export const redisKinds = ['single', 'cluster'] as const;
export type RedisKind = (typeof redisKinds)[number];

/** One Redis, or a cluster of three nodes, that is started again whenever it is killed. */
export interface KeptRedis {
  /** As `REDIS_URL` takes it. */
  url: string;
  pids(): number[];
  /** Done when all of it runs (again). */
  ready(): Promise<void>;
  /** Kills it: of a cluster one node. Done when it runs again. */
  killOne(random: Random): Promise<void>;
  /** Kills all of it and, before it is started again, runs `meanwhile` on each directory of data. */
  kill(meanwhile?: (dataDir: string) => Promise<void>): Promise<void>;
  /** Forgets everything, on every node. */
  flush(): Promise<void>;
  dataDirs: string[];
  stop(): Promise<void>;
}

export async function keepRedis(kind: RedisKind, dir: string, onLost: (error: unknown) => void): Promise<KeptRedis> {
  if (kind === 'cluster') {
    const { url, nodes, whole, stop } = await startRedisCluster({ dir, onLost });
    const dataDirs = nodes.map((_, at) => join(dir, `node-${at + 1}`, 'redisdata'));
    return { ...handleOf(nodes, dataDirs), url, ready: whole, stop };
  }
  const engine = await keepEngine((options) => startEmbeddedRedis({ dataDir: dir, ...options }), onLost);
  return { ...handleOf([engine], [join(dir, 'redisdata')]), url: engine.url, ready: engine.ready, stop: engine.stop };
}

function handleOf(engines: KeptEngine[], dataDirs: string[]) {
  return {
    dataDirs,
    pids: () => dataDirs.flatMap((each) => enginesIn(each, ['redis-server', 'valkey-server', 'redis-check-rdb'])),
    killOne: (random: Random) => random.pick(engines).kill(),
    kill: async (meanwhile?: (dataDir: string) => Promise<void>) => {
      await Promise.all(
        engines.map((engine, at) => engine.kill(meanwhile && (() => meanwhile(dataDirs[at] as string)))),
      );
    },
    flush: async () => {
      await Promise.all(engines.map(flushOne));
    },
  };
}

async function flushOne(engine: KeptEngine): Promise<void> {
  await engine.ready();
  const client = connectRedis(engine.url);
  try {
    await flushRedis(client);
  } finally {
    client.disconnect();
  }
}
