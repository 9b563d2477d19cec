import { Cluster, Redis } from 'ioredis';
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
      maxRetriesPerRequest: offlineQueue ? null : 1,
      connectTimeout: 2_000,
      retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000) * (0.5 + Math.random() / 2),
    };
    const client =
      nodes.length > 1
        ? new Cluster(nodes, { enableOfflineQueue: offlineQueue, redisOptions: options })
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
