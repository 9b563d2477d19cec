import Redlock, { ExecutionError, ResourceLockedError } from 'redlock';
import type { RedisConnections } from './redis.ts';

/**
 * Keeps several processes from doing the same chore at the same time. It only saves work: every
 * chore must be right when two run it at once, so whoever cannot ask Redis simply goes ahead.
 */
export type Lease = <T>(name: string, ttlMs: number, run: () => Promise<T>) => Promise<T | undefined>;

/** Undefined means that another process has the lease right now. */
export function createLease(redis: RedisConnections, key: (name: string) => string): Lease {
  const redlock = new Redlock([redis.commands], { retryCount: 0 });
  // Redlock repeats each failed acquisition as an event; the caller's answer is enough.
  redlock.on('error', () => undefined);
  return async (name, ttlMs, run) => {
    let lock: Awaited<ReturnType<typeof redlock.acquire>> | undefined;
    try {
      lock = await redlock.acquire([key(name)], ttlMs);
    } catch (error) {
      if (await isTaken(error)) return undefined;
    }
    try {
      return await run();
    } finally {
      await lock?.release().catch(() => undefined);
    }
  };
}

/** Somebody has it. One who could not be asked (away, or of a cluster the one node that would know) proves nothing. */
async function isTaken(error: unknown): Promise<boolean> {
  if (!(error instanceof ExecutionError)) return false;
  const attempts = await Promise.all(error.attempts);
  return attempts.some(({ votesAgainst }) =>
    [...votesAgainst.values()].some((reason) => reason instanceof ResourceLockedError),
  );
}
