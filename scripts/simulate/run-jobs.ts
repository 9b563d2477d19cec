import { Worker } from 'node:worker_threads';
import type { Bug } from './bugs.ts';

/** Histories that a thread is to tell. */
export interface Job {
  name: string;
  tells: 'histories' | 'payments' | 'batches';
  seeds: { from: number; count: number; every: number };
  bug?: Bug;
  stopsAtFirst?: boolean;
  /** The texts of the histories are reported, too, as hashes. */
  isDigested?: boolean;
}

export interface Found {
  seed: number;
  rule: string;
  message: string;
}

/** What a thread has done since its last report. */
export interface WorkerReport {
  job: string;
  histories: number;
  steps: number;
  violations: Found[];
  digests: string[];
}

export interface Tally {
  histories: number;
  steps: number;
  violations: Found[];
  digests: string[];
}

/** Seeds `from`, `from + 1`, … dealt to so many threads. */
export function dealSeeds(job: Omit<Job, 'seeds'>, from: number, count: number, workers: number): Job[][] {
  return Array.from({ length: workers }, (_, place) => [
    { ...job, seeds: { from: from + place, count: Math.ceil((count - place) / workers), every: workers } },
  ]);
}

/**
 * Works lists of jobs off, each list in a thread of its own. Answers what came of each job.
 *
 * @param databaseUrls with them each thread does every step on its own database, too.
 */
export async function runJobs(
  lists: Job[][],
  options: { databaseUrls?: string[]; onReport?: (report: WorkerReport) => void } = {},
): Promise<Map<string, Tally>> {
  const tallies = new Map<string, Tally>();
  const threads = lists.map(
    (jobs, place) =>
      new Promise<void>((resolve, reject) => {
        const worker = new Worker(new URL('./worker.ts', import.meta.url), {
          workerData: { jobs, databaseUrl: options.databaseUrls?.[place] },
        });
        worker.on('message', (report: WorkerReport) => {
          const tally = tallies.get(report.job) ?? { histories: 0, steps: 0, violations: [], digests: [] };
          tally.histories += report.histories;
          tally.steps += report.steps;
          tally.violations.push(...report.violations);
          tally.digests.push(...report.digests);
          tallies.set(report.job, tally);
          options.onReport?.(report);
        });
        worker.once('error', reject);
        worker.once('exit', () => resolve());
      }),
  );
  await Promise.all(threads);
  return tallies;
}
