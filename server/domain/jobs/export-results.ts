import type { JobResult } from '../../../shared/jobs.ts';
import { readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';
import { type ResultRow, resultColumns, resultOf } from './result-rows.ts';

const stepsPerRead = 10;
/** Steps are numbered in the order of the plan, from 1 and without a gap. */
const lastSql = 'select max(no) as last from job_step where job = $1';
const pageSql = `
  select ${resultColumns} from job_result r where r.job = $1 and r.step > $2 and r.step <= $2 + ${stepsPerRead}
  order by r.position`;

export const exportFormats = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson' } as const;
export type ExportFormat = keyof typeof exportFormats;

const columns = [
  'origin',
  'destination',
  'departDate',
  'returnDate',
  'outcome',
  'reason',
  'provider',
  'amount',
  'currency',
  'priceKind',
  'carriers',
  'stops',
  'durationMinutes',
  'offers',
  'verdict',
  'observedAt',
] as const;

/**
 * All results of a job as text, some thousand lines at a time, in the order of its plan. A reader who is slow is waited
 * for, so no more than one piece is held. Fails, before the first piece: NOT_FOUND.
 */
export async function exportResults(
  room: Pick<JobsRoom, 'pool'>,
  actor: string,
  jobId: string,
  format: ExportFormat,
): Promise<AsyncGenerator<string>> {
  const job = await readOwnJob(room, actor, jobId);
  return pieces(room, job.no, jobId, format);
}

async function* pieces(
  room: Pick<JobsRoom, 'pool'>,
  job: number,
  jobId: string,
  format: ExportFormat,
): AsyncGenerator<string> {
  if (format === 'csv') yield `${columns.join(',')}\r\n`;
  const { rows: steps } = await room.pool.query<{ last: number }>(lastSql, [job]);
  const last = steps[0]?.last ?? 0;
  for (let step = 0; step < last; step += stepsPerRead) {
    const { rows } = await room.pool.query<ResultRow>({ name: 'export-results', text: pageSql, values: [job, step] });
    if (rows.length === 0) continue;
    const results = rows.map((row) => resultOf(jobId, row));
    yield results.map((each) => (format === 'csv' ? csvLine(each) : `${JSON.stringify(each)}\n`)).join('');
  }
}

function csvLine(result: JobResult): string {
  const { price, carriers, ...rest } = result;
  const values: Record<(typeof columns)[number], unknown> = {
    ...rest,
    amount: price?.amount,
    currency: price?.currency,
    carriers: carriers.join(' '),
  };
  return `${columns.map((column) => cell(values[column])).join(',')}\r\n`;
}

/** A text that a spreadsheet would take for a formula is shown as text. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
