import type { JobView, ListJobsInput } from '../../../shared/jobs.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import { type JobRow, jobColumns, jobViewOf, readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';

const listSql = `
  select ${jobColumns} from job j
  where j.actor = $1 and j.removed_at is null and ($2::text is null or j.status = $2)
    and ($3::timestamptz is null or (j.created_at, j.id) < ($3, $4::uuid))
  order by j.created_at desc, j.id desc limit $5`;

/** The caller's jobs, newest first. Fails: INVALID_INPUT for a cursor that is none. */
export async function listJobs(
  room: JobsRoom,
  actor: string,
  input: ListJobsInput,
): Promise<{ jobs: JobView[]; nextCursor: string | null }> {
  const after = decodeCursor(input.cursor, ['instant', 'id']);
  const { rows } = await room.pool.query<JobRow>(listSql, [
    actor,
    input.status ?? null,
    after?.[0] ?? null,
    after?.[1] ?? null,
    input.limit + 1,
  ]);
  const page = rows.slice(0, input.limit);
  const last = page.at(-1);
  return {
    jobs: page.map(jobViewOf),
    nextCursor: rows.length > page.length && last ? encodeCursor([last.createdAt, last.id]) : null,
  };
}

/** Fails: NOT_FOUND. */
export const getJob = async (room: JobsRoom, actor: string, id: string): Promise<JobView> =>
  jobViewOf(await readOwnJob(room, actor, id));
