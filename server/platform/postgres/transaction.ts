import type { Pool, PoolClient } from 'pg';
import { backoffMs } from '../runtime/backoff.ts';
import { systemClock } from '../runtime/clock.ts';
import { isRetryable } from './pg-errors.ts';

/** What a statement needs: a pool or one client inside a transaction. */
export type Queryable = Pick<PoolClient, 'query'>;

const attemptsMax = 5;

/** Lock waits end after 250 ms, statements after 5 s: a stuck neighbour must not pile up clients. */
export const transactionBounds = `select set_config('lock_timeout', '250ms', true), set_config('statement_timeout', '5s', true)`;

/** Runs a whole transaction again when it lost a race (deadlock, serialization, lock timeout), at most five times. */
export async function withRetries<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      if (!isRetryable(error) || attempt >= attemptsMax) throw error;
    }
    await systemClock.sleep(backoffMs(attempt, 5, 100));
  }
}

/**
 * Runs `body` in one READ COMMITTED transaction within `transactionBounds`, again if it lost a race;
 * so the body must have no effect outside Postgres.
 */
export const inTransaction = <T>(pool: Pool, body: (tx: PoolClient) => Promise<T>): Promise<T> =>
  withRetries(async () => {
    const tx = await pool.connect();
    let broken = false;
    try {
      await tx.query(`begin; ${transactionBounds}`);
      const result = await body(tx);
      await tx.query('commit');
      return result;
    } catch (error) {
      await tx.query('rollback').catch(() => {
        broken = true;
      });
      throw error;
    } finally {
      tx.release(broken);
    }
  });
