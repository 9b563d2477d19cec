import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { createClient } from '../../client/sdk/create-client.ts';
import { newId } from '../../shared/ids.ts';
import { datesFrom } from './big-job.ts';
import { openJobStage } from './job-stage.ts';

export interface RateProof {
  limit: number;
  windowMs: number;
  requests: number;
  /** By worker process. */
  processes: number;
  /** Requests in a window, on average over the run and the most in any window, wherever it begins; shares of the limit. */
  average: number;
  most: number;
  faults: string[];
}

/** How far the limit may be missed, either way. */
const tolerance = 0.05;

/**
 * Three worker processes share a job of one question a request, and a provider that allows so many requests a window.
 * Counts them by the times of their answers.
 */
export async function proveJobRate(options: { limit: number; windowMs: number; seconds: number }): Promise<RateProof> {
  const { limit, windowMs, seconds } = options;
  const dir = mkdtempSync(join(tmpdir(), 'airside-job-rate-'));
  let lost: unknown;
  const stage = await openJobStage({
    dir,
    workers: 3,
    env: {
      WORKER_BATCH_SIZE: '1',
      WORKER_CONCURRENCY: '8',
      WORKER_RATE_LIMIT: String(limit),
      WORKER_TIME_WINDOW_MS: String(windowMs),
    },
    onLost: (error) => {
      lost ??= error;
    },
  });
  try {
    const client = createClient({ url: stage.web.url, WebSocket: WebSocket as never });
    await client.auth.guest();
    const requests = Math.ceil((limit * seconds * 1_000) / windowMs);
    const job = await client.jobs.create({
      id: newId(),
      origins: ['JFK'],
      destinations: ['LHR', 'CDG', 'FRA', 'AMS', 'MAD', 'FCO', 'VIE', 'ZRH', 'CPH', 'ARN'],
      departDates: datesFrom(30, Math.ceil(requests / 10)),
      simulator: { seed: 1 },
    });
    for await (const { status } of client.jobs.watch(job.id)) if (status === 'completed') break;
    await client.close();
    if (lost) throw lost;
    const { rows } = await stage.db.query<{ at: number }>(
      `select extract(epoch from r.observed_at)::float8 * 1000 as at from job_result r join job j on j.no = r.job
       where j.id = $1 order by r.observed_at`,
      [job.id],
    );
    const times = rows.map((row) => row.at);
    return judge(times, { limit, windowMs, processes: stage.workers.length });
  } finally {
    await stage.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function judge(times: number[], { limit, windowMs, processes }: Pick<RateProof, 'limit' | 'windowMs' | 'processes'>) {
  const took = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const average = ((times.length - 1) * windowMs) / took / limit;
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last++) {
    while ((times[last] as number) - (times[first] as number) >= windowMs) first++;
    most = Math.max(most, (last - first + 1) / limit);
  }
  const faults = [
    ...(average > 1 + tolerance || average < 1 - tolerance ? ['the average misses the limit'] : []),
    ...(most > 1 + tolerance ? ['a window has too many'] : []),
  ];
  return { limit, windowMs, processes, requests: times.length, average, most, faults };
}
