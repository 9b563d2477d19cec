import type { JobResult, JobResultsInput } from '../../../shared/jobs.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import { readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';
import { type ResultRow, resultColumns, resultOf } from './result-rows.ts';

/** What each order goes by; the position decides between equals. */
const sortKeys = {
  price: { column: 'r.price_amount', type: 'int8', of: (row: ResultRow) => row.priceAmount },
  duration: { column: 'r.duration_minutes', type: 'int4', of: (row: ResultRow) => row.durationMinutes },
  departure: { column: 'r.depart_date', type: 'date', of: (row: ResultRow) => row.departDate },
} as const;

const filtersSql = `r.job = $1
    and ($2::text is null or r.outcome = $2) and ($3::text is null or r.origin = $3)
    and ($4::text is null or r.destination = $4) and ($5::date is null or r.depart_date = $5)
    and ($6::text is null or r.provider = $6) and ($7::text is null or $7 = any(string_to_array(r.carriers, ' ')))
    and ($8::int is null or r.stops <= $8) and ($9::int8 is null or r.price_amount <= $9)
    and ($10::int is null or r.duration_minutes <= $10) and ($11::text is null or r.verdict = $11)`;

/**
 * A page of what a job came to, in the asked order; what has no such value (unknown and empty have no price) comes last.
 *
 * Fails: NOT_FOUND, INVALID_INPUT for a cursor of another list.
 */
export async function listResults(
  room: Pick<JobsRoom, 'pool'>,
  actor: string,
  input: JobResultsInput,
): Promise<{ results: JobResult[]; nextCursor: string | null }> {
  const job = await readOwnJob(room, actor, input.jobId);
  const key = sortKeys[input.sort];
  const after = decodeCursor(input.cursor, ['number', 'number', 'number']);
  // A date travels as the number of its digits.
  const [isValueless = 0, value = 0, position = -1] = after ?? [];
  const { filters } = input;
  const given = [
    job.no,
    input.outcome ?? null,
    filters.origin ?? null,
    filters.destination ?? null,
    filters.departDate ?? null,
    filters.provider ?? null,
    filters.carrier ?? null,
    filters.maxStops ?? null,
    filters.maxPrice ?? null,
    filters.maxDurationMinutes ?? null,
    filters.verdict ?? null,
  ];
  const [beyond, order] = input.descending ? ['<', 'desc'] : ['>', 'asc'];
  const rows: ResultRow[] = [];
  const wanted = input.limit + 1;
  if (!isValueless) {
    const page = await room.pool.query<ResultRow>(
      `select ${resultColumns} from job_result r where ${filtersSql} and ${key.column} is not null
         and ($12::${key.type} is null or (${key.column}, r.position) ${beyond} ($12, $13::int))
       order by ${key.column} ${order}, r.position ${order} limit $14`,
      [...given, after ? keyFrom(input.sort, value) : null, position, wanted],
    );
    rows.push(...page.rows);
  }
  if (rows.length < wanted && input.sort !== 'departure') {
    const page = await room.pool.query<ResultRow>(
      `select ${resultColumns} from job_result r where ${filtersSql} and ${key.column} is null and r.position > $12
       order by r.position limit $13`,
      [...given, isValueless ? position : -1, wanted - rows.length],
    );
    rows.push(...page.rows);
  }
  const shown = rows.slice(0, input.limit);
  const last = shown.at(-1);
  return {
    results: shown.map((row) => resultOf(input.jobId, row)),
    nextCursor:
      rows.length > shown.length && last
        ? encodeCursor([key.of(last) === null ? 1 : 0, numberOf(key.of(last)), last.position])
        : null,
  };
}

const numberOf = (value: number | string | null): number =>
  typeof value === 'string' ? Number(value.replaceAll('-', '')) : (value ?? 0);

const keyFrom = (sort: JobResultsInput['sort'], value: number): string =>
  sort === 'departure' ? String(value).replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3') : String(value);
