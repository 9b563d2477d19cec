import type { Pool, PoolClient } from 'pg';
import { backoffMs } from '../runtime/backoff.ts';
import { systemClock } from '../runtime/clock.ts';
import { isRetryable } from './pg-errors.ts';

/** What a statement needs: a pool or one client inside a transaction. */
export type Queryable = Pick<PoolClient, 'query'>;

const attemptsMax = 5;

/**
 * Runs `body` in one READ COMMITTED transaction. A deadlock, serialization failure or lock timeout
 * runs the whole body again, at most five times, so the body must have no effect outside Postgres.
 * Lock waits end after 250 ms, statements after 5 s: a stuck neighbour must not pile up clients.
 */
export async function inTransaction<T>(pool: Pool, body: (tx: PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const tx = await pool.connect();
    let broken = false;
    try {
      await tx.query("begin; set local lock_timeout = '250ms'; set local statement_timeout = '5s'");
      const result = await body(tx);
      await tx.query('commit');
      return result;
    } catch (error) {
      await tx.query('rollback').catch(() => {
        broken = true;
      });
      if (!isRetryable(error) || attempt >= attemptsMax) throw error;
    } finally {
      tx.release(broken);
    }
    await systemClock.sleep(backoffMs(attempt, 5, 100));
  }
}
