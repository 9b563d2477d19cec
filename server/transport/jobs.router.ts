import { tracked } from '@trpc/server';
import {
  cloneJobInput,
  createJobInput,
  editJobInput,
  jobCoverageInput,
  jobIdInput,
  jobResultsInput,
  listJobsInput,
  quoteJobInput,
  watchJobInput,
} from '../../shared/jobs.ts';
import { cloneJob } from '../domain/jobs/clone-job.ts';
import { createJob } from '../domain/jobs/create-job.ts';
import { editJob } from '../domain/jobs/edit-job.ts';
import { getJob, listJobs } from '../domain/jobs/list-jobs.ts';
import { listResults } from '../domain/jobs/list-results.ts';
import { quoteJob } from '../domain/jobs/quote-job.ts';
import { readCoverage } from '../domain/jobs/read-coverage.ts';
import { cancelJob, pauseJob, removeJob, resumeJob } from '../domain/jobs/steer-job.ts';
import { watchJob } from '../domain/jobs/watch-job.ts';
import { watchResults } from '../domain/jobs/watch-results.ts';
import { open, router, traveller } from './trpc.ts';

export const jobsRouter = router({
  /** Who can be asked here. */
  providers: open.query(({ ctx }) => ({ providers: ctx.rooms.providers.names })),
  quote: open.input(quoteJobInput).query(({ ctx, input }) => quoteJob(ctx.rooms.jobs, input)),
  create: traveller.input(createJobInput).mutation(({ ctx, input }) => createJob(ctx.rooms.jobs, ctx.actor.id, input)),
  get: traveller.input(jobIdInput).query(({ ctx, input }) => getJob(ctx.rooms.jobs, ctx.actor.id, input.id)),
  list: traveller.input(listJobsInput).query(({ ctx, input }) => listJobs(ctx.rooms.jobs, ctx.actor.id, input)),
  results: traveller.input(jobResultsInput).query(({ ctx, input }) => listResults(ctx.rooms.jobs, ctx.actor.id, input)),
  coverage: traveller
    .input(jobCoverageInput)
    .query(({ ctx, input }) => readCoverage(ctx.rooms.jobs, ctx.actor.id, input.jobId)),
  pause: traveller.input(jobIdInput).mutation(({ ctx, input }) => pauseJob(ctx.rooms.jobs, ctx.actor.id, input.id)),
  resume: traveller.input(jobIdInput).mutation(({ ctx, input }) => resumeJob(ctx.rooms.jobs, ctx.actor.id, input.id)),
  cancel: traveller.input(jobIdInput).mutation(({ ctx, input }) => cancelJob(ctx.rooms.jobs, ctx.actor.id, input.id)),
  remove: traveller.input(jobIdInput).mutation(({ ctx, input }) => removeJob(ctx.rooms.jobs, ctx.actor.id, input.id)),
  edit: traveller.input(editJobInput).mutation(({ ctx, input }) => editJob(ctx.rooms.jobs, ctx.actor.id, input)),
  clone: traveller.input(cloneJobInput).mutation(({ ctx, input }) => cloneJob(ctx.rooms.jobs, ctx.actor.id, input)),
  onProgress: traveller.input(watchJobInput).subscription(async function* ({ ctx, input, signal }) {
    const states = watchJob(ctx.rooms.jobs, ctx.actor.id, input, signal as AbortSignal);
    for await (const { eventId, progress } of states) yield tracked(eventId, progress);
  }),
  onResults: traveller.input(watchJobInput).subscription(async function* ({ ctx, input, signal }) {
    const results = watchResults(ctx.rooms.jobs, ctx.actor.id, input, signal as AbortSignal);
    for await (const { eventId, result } of results) yield tracked(eventId, result);
  }),
});
