import type { JobView } from '../../../shared/jobs.ts';
import { createJob } from './create-job.ts';
import { axesOf } from './job-plan.ts';
import { readOwnJob } from './job-rows.ts';
import type { JobsRoom } from './jobs-room.ts';

/** Another job that asks the same as this one does now. Fails as `createJob` does, and NOT_FOUND. */
export async function cloneJob(
  room: JobsRoom,
  actor: string,
  { id, newId }: { id: string; newId: string },
): Promise<JobView> {
  const job = await readOwnJob(room, actor, id);
  const ask = { ...job.ask, ...axesOf(job.plan), priority: job.priority, providers: job.ask.providers };
  return createJob(room, actor, { ...ask, id: newId });
}
