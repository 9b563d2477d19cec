import type pg from 'pg';
import { type SimulatorFate, simulatorFate } from '../../server/domain/providers/simulator-provider.ts';
import type { JobAsk } from '../../shared/jobs.ts';

export interface JobVerdict {
  total: number;
  found: number;
  empty: number;
  unknown: number;
  offers: number;
  recoveries: number;
  /** What is wrong, in words; empty when all is well. */
  faults: string[];
}

const party = { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 };

/**
 * Holds a finished job on the simulator against what the simulator's seed says: every combination one outcome, unknown
 * exactly where every attempt was refused, counters and checkpoints those of the results.
 */
export async function judgeJob(
  db: pg.Pool,
  id: string,
  settings: NonNullable<JobAsk['simulator']>,
): Promise<JobVerdict> {
  const { rows: jobs } = await db.query('select * from job where id = $1', [id]);
  const [job] = jobs;
  const faults: string[] = [];
  if (job.status !== 'completed') faults.push(`the job is ${job.status}`);
  const { rows } = await db.query<{
    position: number;
    origin: string;
    destination: string;
    departDate: string;
    returnDate: string | null;
    outcome: string;
    offers: number;
    reason: string | null;
  }>(
    `select position, origin, destination, depart_date::text as "departDate", return_date::text as "returnDate", outcome,
       offers, reason from job_result where job = $1`,
    [job.no],
  );
  const keys = new Set(rows.map((row) => `${row.origin}${row.destination}${row.departDate}${row.returnDate}`));
  if (keys.size !== rows.length) faults.push(`${rows.length - keys.size} combinations have two outcomes`);
  if (rows.length !== job.total) faults.push(`${job.total - rows.length} combinations have no outcome`);
  const wrong = rows.filter(
    (row) => row.outcome !== expected(simulatorFate(settings, { ...row, cabin: 'economy', party })),
  );
  if (wrong.length > 0)
    faults.push(`${wrong.length} outcomes are not the simulator's, such as ${JSON.stringify(wrong[0])}`);
  const count = (outcome: string) => rows.filter((row) => row.outcome === outcome).length;
  const offers = rows.reduce((sum, row) => sum + row.offers, 0);
  const counted = {
    found: count('found'),
    empty: count('empty'),
    unknown: count('unknown'),
    offers,
    done: rows.length,
  };
  for (const [name, value] of Object.entries(counted)) {
    if (job[name] !== value) faults.push(`${name} is counted as ${job[name]}, and there are ${value}`);
  }
  const { rows: marks } = await db.query(
    `select count(*)::int as n, max(n)::int as last, sum(cardinality(position))::int as positions
     from job_chunk where job = $1`,
    [job.no],
  );
  if (marks[0].n !== marks[0].last) faults.push('checkpoints have a gap');
  if (marks[0].positions !== rows.length) faults.push(`checkpoints tell of ${marks[0].positions} results`);
  const { rows: told } = await db.query<{ type: string; version: number }>(
    'select type, version from outbox where subject = $1 order by version',
    [id],
  );
  if (told.some((entry, at) => entry.version !== at + 1)) faults.push('the log skips or repeats a state');
  if (told.at(-1)?.type !== 'job.completed') faults.push('the log does not end with the completion');
  return { total: job.total, ...counted, recoveries: job.recoveries, faults };
}

const expected = (fate: SimulatorFate): string => (fate.passesAfter === null ? 'unknown' : fate.outcome);
