import type { CoverageCell } from '../../../shared/jobs.ts';
import { limits } from '../../../shared/limits.ts';
import { money } from '../../../shared/money.ts';
import { arrayLiteral } from '../../platform/postgres/array-literal.ts';
import { dayOfDate } from '../places/zoned-time.ts';
import { readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';
import { cellsOf, type PlanCell } from './plan-cells.ts';

/** Of the routes and dates that are shown, those that have results. Joined to the cells themselves it takes ten times as long. */
const coverageSql = `
  select route, depart, count(*) filter (where outcome = 'found')::int as found,
    count(*) filter (where outcome = 'empty')::int as empty, count(*) filter (where outcome = 'unknown')::int as unknown,
    min(price) filter (where currency = $4)::float8 as best
  from (
    select c.routes[c.route] as route, depart, c.answer_outcome[c.answer] as outcome, price,
      c.answer_currency[c.answer] as currency
    from (
      select routes, answer_outcome, answer_currency, unnest(route) as route, unnest(depart) as depart,
        unnest(answer) as answer, unnest(price) as price
      from job_chunk where job = $1
    ) c
  ) r
  where route = any($2::text[]) and depart = any($3::int[]) group by route, depart`;

interface Known extends Pick<CoverageCell, 'found' | 'empty' | 'unknown'> {
  route: string;
  /** Days since 1970. */
  depart: number;
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
  const routeOf = ({ origin, destination }: PlanCell): string => origin + destination;
  const { rows } = await room.pool.query<Known>(coverageSql, [
    job.no,
    arrayLiteral([...new Set(cells.map(routeOf))]),
    arrayLiteral([...new Set(cells.map(({ departDate }) => departDate))].map(dayOfDate)),
    job.bestCurrency,
  ]);
  const known = new Map(rows.map((row) => [`${row.route}${row.depart}`, row]));
  return {
    cells: cells.map((planned) => {
      const { count, ...cell } = planned;
      const row = known.get(`${routeOf(planned)}${dayOfDate(cell.departDate)}`);
      const { found = 0, empty = 0, unknown = 0, best = null } = row ?? {};
      return {
        ...cell,
        found,
        empty,
        unknown,
        waiting: Math.max(0, count - found - empty - unknown),
        best: best === null ? null : money(best, job.bestCurrency as string),
      };
    }),
    isCut,
  };
}
