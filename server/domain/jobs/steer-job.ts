import type { JobView } from '../../../shared/jobs.ts';
import { inTransaction, type Queryable } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { isOver, type JobRow, jobViewOf, readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';

const pauseSql = `
  update job set status = 'paused', version = version + 1 where no = $1 and status in ('pending', 'running') returning 1`;
const resumeSql = `
  update job set status = case when started_at is null then 'pending' else 'running' end, version = version + 1
  where no = $1 and status = 'paused' returning 1`;
const cancelSql = `
  update job set status = 'cancelled', version = version + 1, finished_at = now(), open_steps = 0, repeat_at = null
  where no = $1 and status in ('pending', 'running', 'paused') returning 1`;
/** Whoever has a step in hand has lost it. Steps come before their job, here as everywhere: else two would wait in a circle. */
const closeStepsSql = `
  with open as materialized (select no from job_step where job = $1 and is_open order by no for update)
  update job_step s set is_open = false, fence = fence + 1 from open where s.job = $1 and s.no = open.no`;
const removeSql = 'update job set removed_at = now(), repeat_at = null where no = $1';

/** Nothing more is asked until it is resumed; what is under way is stored as far as it came. Fails: NOT_FOUND, NOT_ALLOWED. */
export const pauseJob = (room: JobsRoom, actor: string, id: string): Promise<JobView> =>
  steer(room, actor, id, async (tx, job) => {
    if (job.status === 'paused') return undefined;
    if (isOver(job.status)) throw notAllowed(job, 'paused');
    return move(tx, job, pauseSql, 'job.paused');
  });

/** Goes on where it was. Fails: NOT_FOUND, NOT_ALLOWED. */
export const resumeJob = (room: JobsRoom, actor: string, id: string): Promise<JobView> =>
  steer(room, actor, id, async (tx, job) => {
    if (isOver(job.status)) throw notAllowed(job, 'resumed');
    return job.status === 'paused' ? move(tx, job, resumeSql, 'job.resumed') : undefined;
  });

/** Ends it; what was found stays. Fails: NOT_FOUND, NOT_ALLOWED. */
export const cancelJob = (room: JobsRoom, actor: string, id: string): Promise<JobView> =>
  steer(room, actor, id, async (tx, job) => {
    if (job.status === 'cancelled') return undefined;
    if (isOver(job.status)) throw notAllowed(job, 'cancelled');
    return cancel(tx, job);
  });

/** Ends it if it is not over, and takes it away with its results. Answers what it was. Fails: NOT_FOUND. */
export const removeJob = (room: JobsRoom, actor: string, id: string): Promise<JobView> =>
  steer(room, actor, id, async (tx, job) => {
    if (!isOver(job.status)) await cancel(tx, job);
    const last = await readOwnJob(room, actor, id, tx);
    await tx.query(removeSql, [job.no]);
    return last;
  });

async function steer(
  room: JobsRoom,
  actor: string,
  id: string,
  body: (tx: Queryable, job: JobRow) => Promise<JobRow | undefined>,
): Promise<JobView> {
  const row = await inTransaction(room.pool, async (tx) => {
    const job = await readOwnJob(room, actor, id, tx);
    return (await body(tx, job)) ?? (await readOwnJob(room, actor, id, tx));
  });
  room.announce({ moved: [id], stopped: [row.no], work: true });
  return jobViewOf(row);
}

async function cancel(tx: Queryable, job: JobRow): Promise<undefined> {
  await tx.query(closeStepsSql, [job.no]);
  return move(tx, job, cancelSql, 'job.cancelled');
}

/** A change of state that somebody else was faster to make is left to the next look. */
async function move(tx: Queryable, job: JobRow, sql: string, type: string): Promise<undefined> {
  const { rowCount } = await tx.query(sql, [job.no]);
  if (rowCount === 0) throw refuse('IN_PROGRESS', { retryAfterMs: 50 });
  await tx.query('select tell_job($1, $2)', [job.no, type]);
  return undefined;
}

const notAllowed = (job: JobRow, verb: string) =>
  refuse('NOT_ALLOWED', { reason: `a job that is ${job.status} cannot be ${verb}`, status: job.status });
