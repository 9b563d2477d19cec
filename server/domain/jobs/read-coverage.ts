import type { CoverageCell } from '../../../shared/jobs.ts';
import { limits } from '../../../shared/limits.ts';
import { money } from '../../../shared/money.ts';
import { arrayLiteral } from '../../platform/postgres/array-literal.ts';
import { dayOfDate } from '../places/zoned-time.ts';
import { readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';
import { cellsOf } from './plan-cells.ts';

/** Of the cells that are shown, by their place in the list, those that have results. */
const coverageSql = `
  with shown as (select * from unnest($2::text[], $3::int[]) with ordinality s (route, depart, place)),
  results as (
    select c.routes[r.route] as route, r.depart, c.answer_outcome[r.answer] as outcome, r.price,
      c.answer_currency[r.answer] as currency
    from job_chunk c cross join lateral unnest(c.route, c.depart, c.answer, c.price) r (route, depart, answer, price)
    where c.job = $1
  )
  select place::int - 1 as at, count(*) filter (where outcome = 'found')::int as found,
    count(*) filter (where outcome = 'empty')::int as empty, count(*) filter (where outcome = 'unknown')::int as unknown,
    min(price) filter (where currency = $4)::float8 as best
  from shown join results using (route, depart) group by place`;

interface Known extends Pick<CoverageCell, 'found' | 'empty' | 'unknown'> {
  at: number;
  best: number | null;
}

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
  const { cells, isCut } = cellsOf(job.plan, limits.coverageCells);
  const { rows } = await room.pool.query<Known>(coverageSql, [
    job.no,
    arrayLiteral(cells.map(({ origin, destination }) => origin + destination)),
    arrayLiteral(cells.map(({ departDate }) => dayOfDate(departDate))),
    job.bestCurrency,
  ]);
  const known = new Map(rows.map((row) => [row.at, row]));
  return {
    cells: cells.map(({ count, ...cell }, at) => {
      const { found = 0, empty = 0, unknown = 0, best = null } = known.get(at) ?? {};
      const waiting = Math.max(0, count - found - empty - unknown);
      return {
        ...cell,
        found,
        empty,
        unknown,
        waiting,
        best: best === null ? null : money(best, job.bestCurrency as string),
      };
    }),
    isCut,
  };
}
