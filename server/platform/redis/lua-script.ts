import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RedisConnections } from './redis.ts';

/** One atomic step in Redis. Rejects when Redis is away. */
export type LuaScript = (keys: string[], args: (string | number)[]) => Promise<unknown>;

/**
 * Opens `verb-<number of keys>.lua`. It is called by its digest; a Redis that does not know it (new,
 * flushed, failed over) is sent the text.
 */
export function openScript(redis: RedisConnections, file: URL): LuaScript {
  const text = readFileSync(file, 'utf8');
  const digest = createHash('sha1').update(text).digest('hex');
  const keysOfName = Number(/-(\d+)\.lua$/.exec(file.pathname)?.[1]);
  return async (keys, args) => {
    if (keys.length !== keysOfName) throw new Error(`${file.pathname} takes ${keysOfName} keys, not ${keys.length}`);
    try {
      return await redis.commands.evalsha(digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.commands.eval(text, keys.length, ...keys, ...args);
    }
  };
}
