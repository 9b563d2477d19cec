import type { Pool } from 'pg';
import type { Lease } from '../redis/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Chore, startChore } from '../runtime/periodic.ts';
import type { ErrorReporter } from '../telemetry/error-reporter.ts';

const everyMs = 60_000;
const pageMax = 5_000;

// A statement that was sent a day ago has ended (five seconds) or never arrives.
const pruneSql = `
  delete from batch where id = any(array(select id from batch where at < now() - interval '1 day' limit ${pageMax}))`;

/** One page of fence rows that can be in doubt no more. Answers whether there may be more. */
export const pruneBatches = async (pool: Pool): Promise<boolean> => (await pool.query(pruneSql)).rowCount === pageMax;

/** Forgets old batches, once a minute, on one process at a time. */
export const startBatchPruning = (options: { pool: Pool; lease: Lease; clock: Clock; report: ErrorReporter }): Chore =>
  startChore({
    name: 'prune batches',
    everyMs,
    clock: options.clock,
    report: options.report,
    run: async () => (await options.lease('prune-batches', everyMs, () => pruneBatches(options.pool))) ?? false,
  });
