import type { RedisConnections } from './redis.ts';

/**
 * The newest value of something that one process knows and others may show. Nothing depends on it:
 * with Redis away each process sees its own, and a lost one is written again soon.
 */
export interface Note<T> {
  put(value: T): void;
  /** Undefined if nobody has put anything within its life. */
  get(): Promise<T | undefined>;
}

/** @param lifeMs for how long others may show it. */
export function openNote<T>(redis: RedisConnections, key: string, lifeMs: number): Note<T> {
  let own: T | undefined;
  return {
    put: (value) => {
      own = value;
      redis.commands.set(key, JSON.stringify(value), 'PX', lifeMs).catch(() => undefined);
    },
    get: async () => {
      const text = await redis.commands.get(key).catch(() => null);
      return text === null ? own : (JSON.parse(text) as T);
    },
  };
}
