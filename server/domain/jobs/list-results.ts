import type { JobResultsInput, JobResultsPage } from '../../../shared/jobs.ts';
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
 * It begins after the cursor, or after `skip` rows, and sees what was stored up to the checkpoint.
 *
 * Fails: NOT_FOUND, INVALID_INPUT for a cursor of another list.
 */
export async function listResults(
  room: Pick<JobsRoom, 'pool'>,
  actor: string,
  input: JobResultsInput,
): Promise<JobResultsPage> {
  const job = await readOwnJob(room, actor, input.jobId);
  const checkpoint = input.checkpoint ?? job.checkpoints;
  const { column, of } = sorts[input.sort];
  const after = decodeCursor(input.cursor, ['number', 'number', 'number']);
  const [isValueless = 0, value = 0, position = -1] = after ?? [];
  const scan: Scan = {
    job: job.no,
    checkpoint,
    key: column,
    filters: conditionsOf(input),
    cheapest: input.cheapestOnly ? job : undefined,
  };
  const wanted = input.limit + 1;
  const rows: ResultRow[] = [];
  const read = async (conditions: Condition[], order: 'asc' | 'desc', skip: number): Promise<void> => {
    const query = pageQuery(scan, { conditions, order, skip, limit: wanted - rows.length });
    rows.push(...(await room.pool.query<ResultRow>(query)).rows);
  };
  const counts = after ? null : await count(room, scan);
  if (!isValueless) {
    const conditions: Condition[] = [{ column, test: `${column} is not null`, values: [] }];
    const beyond = input.descending ? '<' : '>';
    if (after) conditions.push({ column, test: `(${column}, position) ${beyond} (?, ?)`, values: [value, position] });
    await read(conditions, input.descending ? 'desc' : 'asc', input.skip);
  }
  if (rows.length < wanted && input.sort !== 'departure') {
    const from = isValueless ? position : -1;
    const skip = Math.max(0, input.skip - (counts?.valued ?? 0));
    await read([{ column, test: `${column} is null and position > ?`, values: [from] }], 'asc', skip);
  }
  const shown = rows.slice(0, input.limit);
  const last = shown.at(-1);
  return {
    results: shown.map((row) => resultOf(input.jobId, row)),
    nextCursor:
      rows.length > shown.length && last
        ? encodeCursor([of(last) === null ? 1 : 0, of(last) ?? 0, last.position])
        : null,
    total: counts?.total ?? null,
    checkpoint,
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

/** What is looked through: the combinations of a job that were stored up to a checkpoint, by the column that orders them. */
interface Scan {
  job: number;
  checkpoint: number;
  key: Column;
  filters: Condition[];
  /** Only the cheapest of each combination of this job. */
  cheapest: Pick<JobRow, 'plan'> | undefined;
}

/**
 * All combinations of a job are looked at, so of its chunks only the columns are unfolded that say something about the
 * page. A whole row of each would take ten times as long.
 */
function scanSql({ job, checkpoint, key, filters, cheapest }: Scan, conditions: Condition[]) {
  const values: unknown[] = [job, checkpoint];
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
    from job_chunk c where c.job = $1 and c.n <= $2`;
  const filtered = `select * from (${unfolded}) c where ${testsOf(filters)}`;
  const rows = cheapest ? cheapestSql(filtered, key, providerBlocksOf(cheapest.plan), values) : filtered;
  return { from: `(${rows}) c where ${testsOf(conditions)}`, values };
}

/** How many there are, and how many of them have a value to be ordered by. */
async function count(room: Pick<JobsRoom, 'pool'>, scan: Scan): Promise<{ total: number; valued: number }> {
  const { from, values } = scanSql(scan, []);
  const text = `select count(*)::int as total, count(${scan.key})::int as valued from ${from}`;
  const { rows } = await room.pool.query<{ total: number; valued: number }>({ text, values });
  return rows[0] as { total: number; valued: number };
}

/** What is shown is read for the page alone. `conditions` say where it begins. */
function pageQuery(scan: Scan, page: { conditions: Condition[]; order: 'asc' | 'desc'; skip: number; limit: number }) {
  const { from, values } = scanSql(scan, page.conditions);
  const { order, skip, limit } = page;
  const text = `
    with page as (
      select n, position, ${scan.key} as key from ${from}
      order by ${scan.key} ${order}, position ${order} limit ${limit} offset ${skip}
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
