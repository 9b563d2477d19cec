import { hash } from 'node:crypto';
import type { CreateJobInput, JobAsk, JobView } from '../../../shared/jobs.ts';
import { arrayLiteral } from '../../platform/postgres/array-literal.ts';
import { inTransaction, type Queryable } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { PlannedStep } from './job-plan.ts';
import { type JobRow, jobColumns, jobViewOf } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';
import { type Planned, planJob } from './plan-job.ts';

const knownSql = `select ${jobColumns}, j.removed_at is not null as "isRemoved" from job j where j.id = $1`;

const openSql = `
  select count(*)::int as n from job
  where actor = $1 and status in ('pending', 'running', 'paused') and removed_at is null`;

const insertSql = `
  insert into job (id, actor, body_hash, priority, providers, ask, plan, total, open_steps, stop_amount, stop_currency,
    repeat_hours, repeat_times)
  values ($1, $2, decode($3, 'hex'), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  on conflict (id) do nothing returning no`;

const stepsSql = `
  insert into job_step (job, no, provider, first, last)
  select $1, $2 + u.place, u.provider, u.first, u.last
  from unnest($3::text[], $4::int[], $5::int[]) with ordinality u (provider, first, last, place)`;

/**
 * Plans a job and writes it with its steps, a row a step. Workers begin with it at once.
 *
 * Repeating the call with the same id and body answers the same job as it is now. Fails: INVALID_INPUT (too many
 * combinations, none, a provider that is off), NOT_ALLOWED (too many open jobs), REQUEST_ID_REUSED.
 */
export async function createJob(room: JobsRoom, actor: string, input: CreateJobInput): Promise<JobView> {
  const { id, ...ask } = input;
  const bodyHash = hash('sha256', JSON.stringify(ask), 'hex');
  const known = await findKnown(room.pool, id, actor, bodyHash);
  if (known) return jobViewOf(known);
  const planned = planJob(room, ask);
  await checkOpenJobs(room, actor);
  const row = await inTransaction(room.pool, async (tx) => {
    await insertJob(tx, { id, actor, bodyHash, ask, planned });
    return (await findKnown(tx, id, actor, bodyHash)) as JobRow;
  });
  room.announce({ work: true, moved: [id] });
  return jobViewOf(row);
}

/** Fails: REQUEST_ID_REUSED for an id of another request. */
async function findKnown(tx: Queryable, id: string, actor: string, bodyHash: string): Promise<JobRow | undefined> {
  const { rows } = await tx.query<JobRow & { isRemoved: boolean }>(knownSql, [id]);
  const row = rows[0];
  if (row && (row.actor !== actor || row.bodyHash !== bodyHash || row.isRemoved)) throw refuse('REQUEST_ID_REUSED', {});
  return row;
}

/** Fails: NOT_ALLOWED. */
async function checkOpenJobs(room: JobsRoom, actor: string): Promise<void> {
  const max = room.settings.openJobsMax;
  if (max === null) return;
  const { rows } = await room.pool.query<{ n: number }>(openSql, [actor]);
  const open = rows[0]?.n ?? 0;
  if (open >= max) throw refuse('NOT_ALLOWED', { reason: `at most ${max} open jobs at a time`, open, max });
}

/** Writes a job with its steps and its first entry in the log; nothing if the id is known. */
export async function insertJob(
  tx: Queryable,
  job: { id: string; actor: string; bodyHash: string; ask: JobAsk; planned: Planned },
): Promise<void> {
  const { ask, planned } = job;
  const { rows } = await tx.query<{ no: number }>(insertSql, [
    job.id,
    job.actor,
    job.bodyHash,
    ask.priority,
    JSON.stringify(planned.providers),
    JSON.stringify(ask),
    JSON.stringify(planned.plan),
    planned.total,
    planned.steps.length,
    ask.stopAtPrice?.amount ?? null,
    ask.stopAtPrice?.currency ?? null,
    ask.repeat?.everyHours ?? null,
    ask.repeat?.times ?? null,
  ]);
  const no = rows[0]?.no;
  if (no === undefined) return;
  await insertSteps(tx, no, 0, planned.steps);
  await tx.query(`select tell_job($1, 'job.created')`, [no]);
}

/** Steps are numbered on from `after`. */
export async function insertSteps(tx: Queryable, job: number, after: number, steps: PlannedStep[]): Promise<void> {
  await tx.query(stepsSql, [
    job,
    after,
    arrayLiteral(steps.map((each) => each.provider)),
    arrayLiteral(steps.map((each) => each.first)),
    arrayLiteral(steps.map((each) => each.last)),
  ]);
}
