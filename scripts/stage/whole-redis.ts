import { Cluster, Redis } from 'ioredis';
import { type RedisClient, serversOf } from '../../server/platform/redis/redis.ts';

/** A client that waits for Redis whenever it is away. @param url with commas between the nodes of a cluster. */
export function connectRedis(url: string): RedisClient {
  const nodes = url.split(',');
  const options = { maxRetriesPerRequest: null, password: new URL(nodes[0] as string).password || undefined };
  const client = nodes.length > 1 ? new Cluster(nodes, { redisOptions: options }) : new Redis(url, options);
  client.on('error', () => undefined);
  return client;
}

/** Forgets everything, on every node. */
export async function flushRedis(client: RedisClient): Promise<void> {
  await Promise.all(serversOf(client).map((server) => server.flushall()));
}

export async function keysOf(client: RedisClient, pattern: string): Promise<string[]> {
  return (await Promise.all(serversOf(client).map((server) => server.keys(pattern)))).flat();
}

/** One at a time: keys of several slots cannot go together. */
export async function removeKeys(client: RedisClient, pattern: string): Promise<void> {
  await Promise.all((await keysOf(client, pattern)).map((key) => client.del(key)));
}
