import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';

export type RedisClient = Redis | Cluster;

/**
 * Three connections: one for commands, one that only listens, one for the call that waits on the
 * server's side. Commands fail at once while Redis is away instead of queueing: nothing that the
 * system promises depends on an answer from Redis.
 */
export interface RedisConnections {
  commands: RedisClient;
  subscriber: RedisClient;
  /** Busy as long as its call waits, so it has one user only. */
  blocking: RedisClient;
  /** One more, that queues its commands while Redis is away; closed with the others. */
  open(name: string): RedisClient;
  close(): Promise<void>;
}

export function openRedis(url: string, log: Logger): RedisConnections {
  const connect = (name: string, offlineQueue: boolean): RedisClient => {
    const nodes = url.split(',').map((each) => each.trim());
    const options = {
      connectionName: `airside-${name}`,
      enableOfflineQueue: offlineQueue,
      // What one turn of the event loop says goes in one write: a write costs more than a command.
      enableAutoPipelining: offlineQueue,
      maxRetriesPerRequest: offlineQueue ? null : 1,
      connectTimeout: 2_000,
      retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000) * (0.5 + Math.random() / 2),
    };
    const client =
      nodes.length > 1
        ? new Cluster(nodes, {
            enableOfflineQueue: offlineQueue,
            // A command whose node is away is not tried for longer than with one Redis.
            ...(offlineQueue ? {} : { maxRedirections: 4, retryDelayOnFailover: 50, retryDelayOnClusterDown: 50 }),
            clusterRetryStrategy: options.retryStrategy,
            redisOptions: { ...options, ...accessOf(nodes[0] as string) },
          })
        : new Redis(nodes[0] as string, options);
    let told = false;
    client.on('error', (error) => {
      // One line an outage, not one a retry.
      if (!told) log.warn({ err: error, connection: name }, 'redis is away; going on without it');
      told = true;
    });
    client.on('ready', () => {
      if (told) log.info({ connection: name }, 'redis is back');
      told = false;
    });
    return client;
  };
  const commands = connect('commands', false);
  const subscriber = connect('subscriber', true);
  const blocking = connect('blocking', false);
  const more: RedisClient[] = [];
  return {
    commands,
    subscriber,
    blocking,
    open: (name) => {
      const client = connect(name, true);
      more.push(client);
      return client;
    },
    close: async () => {
      commands.disconnect();
      subscriber.disconnect();
      blocking.disconnect();
      for (const client of more) client.disconnect();
    },
  };
}

/** Every node of a cluster is entered as the first that was named; those it tells of come without password. */
function accessOf(url: string): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  const { username, password, protocol } = new URL(url);
  return {
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** The servers behind a client: one, or the nodes of the cluster that are known at this moment. */
export const serversOf = (client: RedisClient): Redis[] =>
  client instanceof Cluster ? client.nodes('master') : [client];

/** What Redis says of itself. A cluster answers when it has a node for every key; rejects otherwise. */
export async function askRedis(client: RedisClient): Promise<string> {
  if (!(client instanceof Cluster)) {
    await client.ping();
    return 'answers';
  }
  const info = String(await client.cluster('INFO'));
  if (!/^cluster_state:ok/m.test(info)) throw new Error('nodes are missing');
  return `answers with ${serversOf(client).length} nodes`;
}

const awayWords =
  /connection is closed|isn't writeable|max retries per request|command timed out|cluster redirections|slots cache|clusterdown|^(loading|masterdown|readonly|tryagain) /i;

/** Redis, or the node that would know, cannot be asked now. */
export const isRedisAway = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'ClusterAllFailedError' || awayWords.test(error.message));
