import type { JobResult, JobResultsInput } from '../../../shared/jobs.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import { dayOfDate } from '../places/zoned-time.ts';
import { providerBlocksOf } from './job-plan.ts';
import { type JobRow, readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';
import { type ResultRow, resultColumns, resultOf } from './result-rows.ts';
import type { columnTypes } from './step-report.ts';

type Column = keyof typeof columnTypes;

/** What each order goes by; the position decides between equals. */
const sorts = {
  price: { column: 'price', of: (row: ResultRow) => row.priceAmount },
  duration: { column: 'minutes', of: (row: ResultRow) => row.durationMinutes },
  departure: { column: 'depart', of: (row: ResultRow) => dayOfDate(row.departDate) },
} as const;

/** What must hold of a combination, by one column of its chunk; null: of the chunk. Each `?` stands for a value. */
interface Condition {
  column: Column | null;
  test: string;
  values: unknown[];
}

/**
 * A page of what a job came to, in the asked order; what has no such value (unknown and empty have no price) comes last.
 * `cheapestOnly` shows of each combination the cheapest that the filters let through, of all providers; the first in the
 * plan among equals, and one of each currency.
 *
 * Fails: NOT_FOUND, INVALID_INPUT for a cursor of another list.
 */
export async function listResults(
  room: Pick<JobsRoom, 'pool'>,
  actor: string,
  input: JobResultsInput,
): Promise<{ results: JobResult[]; nextCursor: string | null }> {
  const job = await readOwnJob(room, actor, input.jobId);
  const { column, of } = sorts[input.sort];
  const after = decodeCursor(input.cursor, ['number', 'number', 'number']);
  const [isValueless = 0, value = 0, position = -1] = after ?? [];
  const filters = conditionsOf(input);
  const wanted = input.limit + 1;
  const rows: ResultRow[] = [];
  const read = async (conditions: Condition[], order: 'asc' | 'desc'): Promise<void> => {
    const cheapest = input.cheapestOnly ? job : undefined;
    const query = pageQuery(job.no, { key: column, filters, conditions, order, cheapest, limit: wanted - rows.length });
    rows.push(...(await room.pool.query<ResultRow>(query)).rows);
  };
  if (!isValueless) {
    const conditions: Condition[] = [{ column, test: `${column} is not null`, values: [] }];
    const beyond = input.descending ? '<' : '>';
    if (after) conditions.push({ column, test: `(${column}, position) ${beyond} (?, ?)`, values: [value, position] });
    await read(conditions, input.descending ? 'desc' : 'asc');
  }
  if (rows.length < wanted && input.sort !== 'departure') {
    const from = isValueless ? position : -1;
    await read([{ column, test: `${column} is null and position > ?`, values: [from] }], 'asc');
  }
  const shown = rows.slice(0, input.limit);
  const last = shown.at(-1);
  return {
    results: shown.map((row) => resultOf(input.jobId, row)),
    nextCursor:
      rows.length > shown.length && last
        ? encodeCursor([of(last) === null ? 1 : 0, of(last) ?? 0, last.position])
        : null,
  };
}

function conditionsOf({ outcome, filters, cheapestOnly }: JobResultsInput): Condition[] {
  const conditions: Condition[] = [];
  const add = (column: Column | null, test: string, value: unknown): void => {
    if (value !== undefined) conditions.push({ column, test, values: [value] });
  };
  add('answer', 'answer_outcome[answer] = ?', outcome);
  add('route', 'left(routes[route], 3) = ?', filters.origin);
  add('route', 'right(routes[route], 3) = ?', filters.destination);
  add('depart', `depart = ?::date - date '1970-01-01'`, filters.departDate);
  add(null, 'provider = ?', filters.provider);
  add('answer', `? = any(string_to_array(answer_carriers[answer], ' '))`, filters.carrier);
  add('answer', 'answer_stops[answer] <= ?', filters.maxStops);
  add('price', 'price <= ?', filters.maxPrice);
  add('minutes', 'minutes <= ?', filters.maxDurationMinutes);
  add('answer', 'answer_verdict[answer] = ?', filters.verdict);
  if (cheapestOnly) conditions.push({ column: 'price', test: 'price is not null', values: [] });
  return conditions;
}

/**
 * All combinations of a job are looked at, so of its chunks only the columns are unfolded that say something about the
 * page; what is shown is read for the page alone. A whole row of each would take ten times as long.
 */
function pageQuery(
  job: number,
  page: {
    key: Column;
    filters: Condition[];
    /** Where the page begins. */
    conditions: Condition[];
    order: 'asc' | 'desc';
    /** Only the cheapest of each combination of this job. */
    cheapest: Pick<JobRow, 'plan'> | undefined;
    limit: number;
  },
) {
  const { key, filters, conditions, order, cheapest, limit } = page;
  const values: unknown[] = [job];
  const testsOf = (all: Condition[]): string =>
    all
      .map(({ test, values: own }) => {
        let at = 0;
        return test.replaceAll('?', () => `$${values.push(own[at++])}`);
      })
      .join(' and ') || 'true';
  const columns = new Set<Column>(['position', key]);
  if (cheapest) columns.add('answer');
  for (const { column } of [...filters, ...conditions]) if (column) columns.add(column);
  const unfolded = `
    select c.n, c.provider, c.routes, c.answer_outcome, c.answer_carriers, c.answer_stops, c.answer_verdict,
      c.answer_currency, ${[...columns].map((column) => `unnest(c.${column}) as ${column}`).join(', ')}
    from job_chunk c where c.job = $1`;
  const filtered = `select * from (${unfolded}) c where ${testsOf(filters)}`;
  const rows = cheapest ? cheapestSql(filtered, key, providerBlocksOf(cheapest.plan), values) : filtered;
  const text = `
    with page as (
      select n, position, ${key} as key from (${rows}) c where ${testsOf(conditions)}
      order by ${key} ${order}, position ${order} limit ${limit}
    )
    select ${resultColumns} from page join job_result r on r.job = $1 and r.checkpoint = page.n and r.position = page.position
    order by page.key ${order}, r.position ${order}`;
  return { text, values };
}

/**
 * What several providers were asked has the same place in the block of each, so a combination is known by a number, and
 * not by the texts of its route and dates: that takes half the time.
 */
function cheapestSql(filtered: string, key: Column, blocks: ReturnType<typeof providerBlocksOf>, values: unknown[]) {
  const firsts = `$${values.push(blocks.map((each) => each.first))}::int[]`;
  const sizes = `$${values.push(blocks.map((each) => each.size))}::int[]`;
  const segment = `width_bucket(position, ${firsts})`;
  const first = `(${firsts})[${segment}]`;
  const combination = `${first} + (position - ${first}) % (${sizes})[${segment}], answer_currency[answer]`;
  return `select distinct on (${combination}) n, position, ${key} from (${filtered}) c
    order by ${combination}, price, position`;
}
