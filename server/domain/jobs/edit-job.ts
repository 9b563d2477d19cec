import type { EditJobInput, JobView } from '../../../shared/jobs.ts';
import { arrayLiteral } from '../../platform/postgres/array-literal.ts';
import { inTransaction, type Queryable } from '../../platform/postgres/transaction.ts';
import { invalidInput, refuse } from '../../platform/runtime/failure.ts';
import { insertSteps } from './create-job.ts';
import { combinationsOf, cutSteps, editPlan, isOneWay, type JobPlan, planSize } from './job-plan.ts';
import { isOver, type JobRow, jobViewOf, readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';
import { checkSize, checkTotal, lookUpPlaces, stepCutOf } from './plan-job.ts';
import type { ClaimedStep } from './step-store.ts';

/** Locks all that are open, and whoever has one in hand has lost it. Steps come before their job, as everywhere. */
const takeStepsSql = `
  with open as materialized (select no from job_step where job = $1 and is_open order by no for update)
  update job_step s set fence = fence + 1, lease_until = null, offered_at = null from open where s.job = $1 and s.no = open.no`;
const lockSql = `select 1 from job where no = $1 and status in ('pending', 'running', 'paused') for update`;
const stepsSql = 'select no, first, last, is_open as "isOpen", done::text from job_step where job = $1 order by no';
const openSql = `
  update job_step set is_open = u.open, attempts = 0, losses = 0, waits = 0, due_at = now()
  from unnest($2::int[], $3::boolean[]) u (no, open) where job = $1 and job_step.no = u.no`;
const planSql = `
  update job set plan = $2, plan_version = plan_version + 1, total = $3, open_steps = $4 where no = $1`;
const settingsSql = `
  update job set priority = coalesce($2, priority),
    stop_amount = case when $3 then $4 else stop_amount end,
    stop_currency = case when $3 then $5 else stop_currency end,
    status = case when open_steps = 0 or ($3 and best_currency = $5 and best_amount <= $4) then 'completed' else status end,
    version = version + 1
  where no = $1 returning status`;
const finishSql = `
  update job set finished_at = now(), reason = case when done < total then 'the target price was found' end where no = $1`;

/**
 * Adds places and dates to a job that is not over, takes others away, or changes what it heeds. What was found stays;
 * what was dropped and is not asked yet is not asked any more. Steps in hand are begun again.
 *
 * Fails: NOT_FOUND, NOT_ALLOWED (it is over; a return for a job of one-ways), INVALID_INPUT (too many combinations).
 */
export async function editJob(room: JobsRoom, actor: string, input: EditJobInput): Promise<JobView> {
  const row = await inTransaction(room.pool, async (tx) => {
    const { no } = await readOwnJob(room, actor, input.id, tx);
    await tx.query(takeStepsSql, [no]);
    await tx.query(lockSql, [no]);
    const job = await readOwnJob(room, actor, input.id, tx);
    if (isOver(job.status)) {
      throw refuse('NOT_ALLOWED', { reason: `a job that is ${job.status} cannot be edited`, status: job.status });
    }
    if (input.add || input.drop) await replan(room, tx, job, input);
    const { rows } = await tx.query<{ status: string }>(settingsSql, [
      job.no,
      input.priority ?? null,
      input.stopAtPrice !== undefined,
      input.stopAtPrice?.amount ?? null,
      input.stopAtPrice?.currency ?? null,
    ]);
    await tx.query(`select tell_job($1, 'job.edited')`, [job.no]);
    if (rows[0]?.status === 'completed') {
      await tx.query(finishSql, [job.no]);
      await tx.query('update job set version = version + 1 where no = $1', [job.no]);
      await tx.query(`select tell_job($1, 'job.completed')`, [job.no]);
    }
    return readOwnJob(room, actor, input.id, tx);
  });
  room.announce({ moved: [input.id], stopped: [row.no], work: true });
  return jobViewOf(row);
}

/** The new plan, and which steps it opens and closes: those that have a combination without a result, or none. */
async function replan(
  room: JobsRoom,
  tx: Queryable,
  job: JobRow,
  { add = {}, drop = {} }: EditJobInput,
): Promise<void> {
  if (isOneWay(job.plan) && add.returnDates?.length) {
    throw refuse('NOT_ALLOWED', { reason: 'a job of one-ways has no return; make another job', jobId: job.id });
  }
  const plan = editPlan(job.plan, add, drop, lookUpPlaces(room, add));
  checkSize(plan);
  const { rows: steps } = await tx.query<EditedStep>(stepsSql, [job.no]);
  const counts = steps.map((step) => ({ ...step, left: countLeft(plan, step) }));
  const changed = counts.filter((step) => step.isOpen !== step.left > 0);
  await tx.query(openSql, [
    job.no,
    arrayLiteral(changed.map((step) => step.no)),
    `{${changed.map((step) => step.left > 0).join(',')}}`,
  ]);
  const fresh = cutSteps(plan, stepCutOf(room, job.ask, plan), planSize(job.plan));
  await insertSteps(tx, job.no, steps.at(-1)?.no ?? 0, fresh);
  const total =
    job.done + counts.reduce((sum, step) => sum + step.left, 0) + fresh.reduce((sum, step) => sum + step.count, 0);
  if (total === 0) throw invalidInput(['drop'], 'nothing would be left to ask');
  checkTotal(total);
  await tx.query(planSql, [
    job.no,
    JSON.stringify(plan),
    total,
    counts.filter((step) => step.left > 0).length + fresh.length,
  ]);
}

type EditedStep = Pick<ClaimedStep, 'no' | 'first' | 'last' | 'done'> & { isOpen: boolean };

function countLeft(plan: JobPlan, { first, last, done }: EditedStep): number {
  let count = 0;
  for (const { position } of combinationsOf(plan, first, last)) if (done?.[position - first] !== '1') count++;
  return count;
}
