import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { startEmbeddedRedis } from '../../server/platform/embedded/embedded-redis.ts';
import { freePort } from '../../server/platform/embedded/engine-process.ts';
import { type KeptEngine, keepEngine } from './kept-engine.ts';

/** Nodes without replicas, each with a third of the slots. */
export interface RedisCluster {
  /** Addresses with commas between, as `REDIS_URL` takes them. */
  url: string;
  nodes: KeptEngine[];
  /** Done when every slot has its node. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

const nodesCount = 3;
const slots = 16_384;
/** Nodes speak with each other on the port this far above. */
const busPortOffset = 10_000;
const wholePatienceMs = 30_000;
const settings = ['cluster-enabled yes', 'cluster-config-file nodes.conf', 'cluster-node-timeout 1000'];

/** @param options.dir each node gets a directory in it. */
export async function startRedisCluster(options: {
  dir: string;
  durable?: boolean;
  onLost: (error: unknown) => void;
}): Promise<RedisCluster> {
  const { dir, durable = true, onLost } = options;
  // One for all: whoever comes to a node is sent on to the others.
  const password = randomBytes(24).toString('base64url');
  const nodes: KeptEngine[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (let at = 0; at < nodesCount; at++) {
      const dataDir = join(dir, `node-${at + 1}`);
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      const first = `redis://:${password}@127.0.0.1:${await portWithBus()}`;
      nodes.push(
        await keepEngine(
          ({ previousUrl = first, onExit }) => startEmbeddedRedis({ dataDir, durable, settings, previousUrl, onExit }),
          onLost,
        ),
      );
    }
    await shareOut(nodes.map(({ url }) => url));
    await untilWhole(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: nodes.map(({ url }) => url).join(','),
    nodes,
    whole: async () => {
      await Promise.all(nodes.map((node) => node.ready()));
      await untilWhole(nodes);
    },
    stop,
  };
}

async function portWithBus(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + busPortOffset < 2 ** 16) return port;
  }
}

async function shareOut(urls: string[]): Promise<void> {
  for (const [at, url] of urls.entries()) {
    const node = new Redis(url);
    try {
      const from = Math.floor((slots * at) / urls.length);
      const to = Math.floor((slots * (at + 1)) / urls.length);
      await node.cluster('ADDSLOTS', ...Array.from({ length: to - from }, (_, each) => from + each));
      // Two nodes that start with the same epoch would have to settle it first.
      await node.call('CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1));
      if (at > 0) await node.call('CLUSTER', 'MEET', '127.0.0.1', new URL(urls[0] as string).port);
    } finally {
      node.disconnect();
    }
  }
}

async function untilWhole(nodes: KeptEngine[]): Promise<void> {
  const endsAt = performance.now() + wholePatienceMs;
  for (const { url } of nodes) {
    const node = new Redis(url, { maxRetriesPerRequest: null });
    node.on('error', () => undefined);
    try {
      for (;;) {
        const info = String(await node.cluster('INFO'));
        if (/^cluster_state:ok/m.test(info) && info.includes(`cluster_size:${nodes.length}`)) break;
        if (performance.now() > endsAt) throw new Error(`the Redis cluster does not become whole:\n${info}`);
        await sleep(20);
      }
    } finally {
      node.disconnect();
    }
  }
}
