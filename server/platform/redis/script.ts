import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RedisConnections } from './redis.ts';

/** Runs the script on so many keys as its file's name says, all of one slot. Rejects while Redis is away. */
export type Script = (keys: string[], args: (string | number)[]) => Promise<unknown>;

/**
 * A script of a file named `verb-<number of keys>.lua`. It is called by its hash; a Redis that does not
 * know it (restarted, failed over, `SCRIPT FLUSH`) is sent the text once more. The node of a cluster is
 * found by the keys in both cases.
 */
export function openScript(redis: RedisConnections, file: URL): Script {
  const name = basename(fileURLToPath(file));
  const keyCount = Number(/-(\d+)\.lua$/.exec(name)?.[1] ?? Number.NaN);
  const text = readFileSync(file, 'utf8');
  const sha = createHash('sha1').update(text).digest('hex');
  return async (keys, args) => {
    if (keys.length !== keyCount) throw new Error(`${name} was given ${keys.length} keys`);
    try {
      return await redis.commands.evalsha(sha, keyCount, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.commands.eval(text, keyCount, ...keys, ...args);
    }
  };
}
