import type { Pool } from 'pg';
import type { Lease } from '../redis/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Chore, startChore } from '../runtime/periodic.ts';
import type { ErrorReporter } from '../telemetry/error-reporter.ts';
import type { LogRecord } from './log-record.ts';
import { streamLength } from './log-stream.ts';
import { partsOf } from './position.ts';

const everyMs = 60_000;
const leaseMs = 30_000;
const stepRows = 2_000;

/**
 * One step up from the horizon, over rows that are old enough one after the other. Those whose noun is kept stay; the
 * horizon passes them all the same, so each row is looked at once. Rows and horizon change in one statement: whoever
 * reads sees both as before or both as after.
 */
const pruneSql = `
  with horizon as (select one, xid, id from log_horizon for update),
  next as (
    select o.xid, o.id, o.type, bool_and(o.at < now() - make_interval(days => $1)) over (order by o.xid, o.id) as due
    from (
      select o.xid, o.id, o.type, o.at from outbox o, horizon h
      where (o.xid, o.id) > (h.xid, h.id) and (o.xid, o.id) <= ($2::xid8, $3::int8)
      order by o.xid, o.id limit ${stepRows}
    ) o
  ),
  gone as (
    delete from outbox o using next n
    where o.xid = n.xid and o.id = n.id and n.due and split_part(n.type, '.', 1) <> all ($4::text[])
    returning 1
  ),
  last as (select xid, id from next where due order by xid desc, id desc limit 1)
  update log_horizon h set xid = last.xid, id = last.id from last
  returning (select count(*) from next where due)::int as seen, (select count(*) from gone)::int as pruned`;

export interface Retention {
  days: number;
  /** Entries named `NOUN.…` stay as long as what they are about. */
  keptNouns: readonly string[];
}

/**
 * Deletes what is older than the retention and whose noun is not kept, at most 2,000 entries, and never of those that
 * an empty stream would be filled with. True: there may be more.
 */
export async function pruneLog(pool: Pool, record: LogRecord, { days, keptNouns }: Retention): Promise<boolean> {
  const until = partsOf(await record.newestPosition(streamLength));
  const { rows } = await pool.query<{ seen: number; pruned: number }>(pruneSql, [days, ...until, keptNouns]);
  return rows[0]?.seen === stepRows;
}

export const startPruning = (options: {
  pool: Pool;
  record: LogRecord;
  retention: Retention;
  lease: Lease;
  clock: Clock;
  report: ErrorReporter;
}): Chore =>
  startChore({
    name: 'prune log',
    everyMs,
    clock: options.clock,
    report: options.report,
    run: async () =>
      (await options.lease('prune-log', leaseMs, () => pruneLog(options.pool, options.record, options.retention))) ??
      false,
  });
