import type { CoverageCell } from '../../../shared/jobs.ts';
import { limits } from '../../../shared/limits.ts';
import { money } from '../../../shared/money.ts';
import { combinationsOf } from './job-plan.ts';
import { readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';

const coverageSql = `
  select r.origin, r.destination, r.depart_date::text as "departDate",
    count(*) filter (where r.outcome = 'found')::int as found, count(*) filter (where r.outcome = 'empty')::int as empty,
    count(*) filter (where r.outcome = 'unknown')::int as unknown,
    min(r.price_amount) filter (where r.price_currency = $2)::float8 as best
  from job_result r where r.job = $1 group by 1, 2, 3`;

/**
 * How far each route is on each date, in the order of the plan; cut off after the first five thousand cells.
 *
 * Fails: NOT_FOUND.
 */
export async function readCoverage(
  room: Pick<JobsRoom, 'pool'>,
  actor: string,
  jobId: string,
): Promise<{ cells: CoverageCell[]; isCut: boolean }> {
  const job = await readOwnJob(room, actor, jobId);
  const { rows } = await room.pool.query<Omit<CoverageCell, 'waiting' | 'best'> & { best: number | null }>(
    coverageSql,
    [job.no, job.bestCurrency],
  );
  const known = new Map(rows.map((row) => [`${row.origin}${row.destination}${row.departDate}`, row]));
  const planned = new Map<string, { cell: CoverageCell; count: number }>();
  let isCut = false;
  for (const { origin, destination, departDate } of combinationsOf(job.plan)) {
    const key = `${origin}${destination}${departDate}`;
    const entry = planned.get(key);
    if (entry) {
      entry.count++;
    } else if (planned.size < limits.coverageCells) {
      const row = known.get(key);
      const best = row?.best != null ? money(row.best, job.bestCurrency as string) : null;
      const { found = 0, empty = 0, unknown = 0 } = row ?? {};
      planned.set(key, {
        cell: { origin, destination, departDate, found, empty, unknown, waiting: 0, best },
        count: 1,
      });
    } else {
      isCut = true;
    }
  }
  const cells = [...planned.values()].map(({ cell, count }) => ({
    ...cell,
    waiting: Math.max(0, count - cell.found - cell.empty - cell.unknown),
  }));
  return { cells, isCut };
}
