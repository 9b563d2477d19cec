import type { TRPCClient } from '@trpc/client';
import type { z } from 'zod';
import type { AppRouter } from '../../server/transport/app.router.ts';
import { newId } from '../../shared/ids.ts';
import type {
  CoverageCell,
  editJobInput,
  JobProgress,
  JobQuote,
  JobResult,
  JobView,
  jobResultsInput,
  listJobsInput,
  quoteJobInput,
} from '../../shared/jobs.ts';
import type { Calling, CallOptions } from './call.ts';
import { everyInbox, type Inbox, watch } from './watch.ts';

type Ask = z.input<typeof quoteJobInput>;

export interface Jobs {
  /** Combinations, requests and seconds that a job would take, and what cannot be. Fails: INVALID_INPUT. */
  quote(ask: Ask, options?: CallOptions): Promise<JobQuote>;
  /** Begins a job under a new id, or under `id`. Fails: INVALID_INPUT, NOT_ALLOWED (too many open jobs). */
  create(ask: Ask & { id?: string }, options?: CallOptions): Promise<JobView>;
  get(id: string, options?: CallOptions): Promise<JobView>;
  list(
    input?: z.input<typeof listJobsInput>,
    options?: CallOptions,
  ): Promise<{ jobs: JobView[]; nextCursor: string | null }>;
  results(
    input: z.input<typeof jobResultsInput>,
    options?: CallOptions,
  ): Promise<{ results: JobResult[]; nextCursor: string | null }>;
  /** How far each route is on each date. */
  coverage(jobId: string, options?: CallOptions): Promise<{ cells: CoverageCell[]; isCut: boolean }>;
  pause(id: string, options?: CallOptions): Promise<JobView>;
  resume(id: string, options?: CallOptions): Promise<JobView>;
  cancel(id: string, options?: CallOptions): Promise<JobView>;
  /** Takes it away with its results. */
  remove(id: string, options?: CallOptions): Promise<JobView>;
  /** Adds and drops places and dates, or changes what it heeds. Fails: NOT_ALLOWED when it is over. */
  edit(input: z.input<typeof editJobInput>, options?: CallOptions): Promise<JobView>;
  /** Another job that asks the same, under `newId` or a new id. */
  clone(id: string, options?: CallOptions & { newId?: string }): Promise<JobView>;
  /** Every state once and in order, the present one first, and numbers in between; a slow reader skips numbers only. */
  watch(id: string, options?: { signal?: AbortSignal }): AsyncGenerator<JobProgress, void>;
  /** Every result once, in the order in which they were found, from the beginning. */
  watchResults(id: string, options?: { signal?: AbortSignal }): AsyncGenerator<JobResult, void>;
}

export function createJobs(trpc: TRPCClient<AppRouter>, call: Calling, isOver: () => boolean): Jobs {
  const { jobs } = trpc;
  return {
    quote: (ask, options) => call((given) => jobs.quote.query(ask, given), options),
    create: (ask, options) => {
      // Minted once: a repeat of the call is the same job.
      const input = { id: newId(), ...ask };
      return call((given) => jobs.create.mutate(input, given), options);
    },
    get: (id, options) => call((given) => jobs.get.query({ id }, given), options),
    list: (input, options) => call((given) => jobs.list.query(input, given), options),
    results: (input, options) => call((given) => jobs.results.query(input, given), options),
    coverage: (jobId, options) => call((given) => jobs.coverage.query({ jobId }, given), options),
    pause: (id, options) => call((given) => jobs.pause.mutate({ id }, given), options),
    resume: (id, options) => call((given) => jobs.resume.mutate({ id }, given), options),
    cancel: (id, options) => call((given) => jobs.cancel.mutate({ id }, given), options),
    remove: (id, options) => call((given) => jobs.remove.mutate({ id }, given), options),
    edit: (input, options) => call((given) => jobs.edit.mutate(input, given), options),
    clone: (id, { newId: given, ...options } = {}) => {
      const input = { id, newId: given ?? newId() };
      return call((each) => jobs.clone.mutate(input, each), options);
    },
    watch: (jobId, { signal } = {}) => {
      let version = 0;
      let done = -1;
      return watch<JobProgress>({
        subscribe: (lastEventId, observer) => jobs.onProgress.subscribe({ jobId, lastEventId }, observer),
        inbox: progressInbox(),
        isNews: ({ data }) => {
          if (data.version < version || (data.version === version && data.done === done)) return false;
          version = data.version;
          done = data.done;
          return true;
        },
        isOver,
        signal,
      });
    },
    watchResults: (jobId, { signal } = {}) => {
      let seen: [number, number] = [0, -1];
      return watch<JobResult>({
        subscribe: (lastEventId, observer) => jobs.onResults.subscribe({ jobId, lastEventId }, observer),
        inbox: everyInbox(),
        isNews: ({ id }) => {
          const [checkpoint = 0, position = -1] = id.split('.').map(Number);
          if (checkpoint < seen[0] || (checkpoint === seen[0] && position <= seen[1])) return false;
          seen = [checkpoint, position];
          return true;
        },
        isOver,
        signal,
      });
    },
  };
}

/** Keeps every state, and of the numbers of each the newest. */
function progressInbox(): Inbox<JobProgress> {
  const events: JobProgress[] = [];
  return {
    put: (event) => {
      if (events.at(-1)?.version === event.version) events.pop();
      events.push(event);
    },
    take: () => events.shift(),
  };
}
