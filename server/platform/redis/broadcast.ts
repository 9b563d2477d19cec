import type { RedisConnections } from './redis.ts';

/**
 * Lossy messages to every process, this one included. Delivery inside the process does not go
 * through Redis, so a process hears itself at once and also while Redis is away. Whoever listens
 * must be able to miss a message: hints and absolute values only.
 */
export interface Broadcast<T> {
  send(message: T): void;
  close(): Promise<void>;
}

export async function openBroadcast<T>(options: {
  redis: RedisConnections;
  channel: string;
  /** Tells our own messages, which were delivered already, from those of other processes. */
  processId: string;
  onMessage: (message: T) => void;
}): Promise<Broadcast<T>> {
  const { redis, channel, processId, onMessage } = options;
  const listener = (from: string, text: string) => {
    if (from !== channel) return;
    const separator = text.indexOf(' ');
    if (text.slice(0, separator) === processId) return;
    for (const message of JSON.parse(text.slice(separator + 1)) as T[]) onMessage(message);
  };
  // What is sent in one turn of the event loop travels as one: a publication each would cost more than
  // what they tell of.
  let waiting: T[] = [];
  const publish = (): void => {
    const messages = waiting;
    waiting = [];
    redis.commands.publish(channel, `${processId} ${JSON.stringify(messages)}`).catch(() => undefined);
  };
  redis.subscriber.on('message', listener);
  // Not awaited: with Redis away the subscription waits in the client's queue and is made later.
  redis.subscriber.subscribe(channel).catch(() => undefined);
  return {
    send: (message) => {
      onMessage(message);
      if (waiting.push(message) === 1) setImmediate(publish);
    },
    close: async () => {
      redis.subscriber.off('message', listener);
    },
  };
}
