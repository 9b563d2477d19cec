import { newId } from '../../shared/ids.ts';
import type { CreateJobInput, JobProgress, JobResult, JobStatus } from '../../shared/jobs.ts';
import type { Connected } from './connect.ts';

/** Dates from tomorrow in a month on: never in the past. */
export function datesFrom(days: number, count: number): string[] {
  return Array.from({ length: count }, (_, at) =>
    new Date(Date.now() + (30 + days + at) * 86_400_000).toISOString().slice(0, 10),
  );
}

let seed = 1_000;

/** A job for the simulator: two origins, two destinations, three dates. Each has a seed of its own: nothing is shared. */
export const jobInput = (given: Partial<CreateJobInput> = {}) => ({
  id: newId(),
  origins: ['JFK', 'BOS'],
  destinations: ['LHR', 'CDG'],
  departDates: datesFrom(0, 3),
  simulator: { seed: ++seed, latencyMs: 0, failRate: 0, blockRate: 0, emptyRate: 0.2 },
  ...given,
});

/** Follows a job until it has a status; answers every event on the way. */
export function jobReaches(who: Connected, jobId: string, ...statuses: JobStatus[]): Promise<JobProgress[]> {
  const seen: JobProgress[] = [];
  return new Promise((resolve, reject) => {
    const subscription = who.trpc.jobs.onProgress.subscribe(
      { jobId },
      {
        onData: ({ data }) => {
          seen.push(data);
          if (!statuses.includes(data.status)) return;
          subscription.unsubscribe();
          resolve(seen);
        },
        onError: reject,
      },
    );
  });
}

/** Every result of a job, page by page. */
export async function allResults(
  who: Connected,
  jobId: string,
  how: Partial<Parameters<Connected['trpc']['jobs']['results']['query']>[0]> = {},
): Promise<JobResult[]> {
  const results: JobResult[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: { results: JobResult[]; nextCursor: string | null } = await who.trpc.jobs.results.query({
      jobId,
      ...how,
      cursor,
    });
    results.push(...page.results);
    if (!page.nextCursor) return results;
    cursor = page.nextCursor;
  }
}
