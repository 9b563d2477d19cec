import type { Pool } from 'pg';
import { limits } from '../shared/limits.ts';
import type { Environment } from './config.ts';
import { startJobChores } from './domain/jobs/job-chores.ts';
import { JobWatchers } from './domain/jobs/job-watchers.ts';
import type { JobHint, JobsRoom } from './domain/jobs/jobs-room.ts';
import { type JobWorkers, startWorkers } from './domain/jobs/start-workers.ts';
import type { PlaceDirectory } from './domain/places/place-directory.ts';
import { judgeAnswers } from './domain/prices/judge-prices.ts';
import type { FareProvider } from './domain/providers/fare-provider.ts';
import type { FareRooms } from './fare-rooms.ts';
import type { Feed } from './platform/feed/feed.ts';
import { openBroadcast } from './platform/redis/broadcast.ts';
import type { Keyspace } from './platform/redis/keyspace.ts';
import type { Lease } from './platform/redis/lease.ts';
import type { RedisConnections } from './platform/redis/redis.ts';
import type { Clock } from './platform/runtime/clock.ts';
import type { ErrorReporter } from './platform/telemetry/error-reporter.ts';

export interface Jobs {
  room: JobsRoom;
  /** Steps in the queues, where there are workers. Rejects while Redis is away. */
  counts(): ReturnType<JobWorkers['counts']>;
  /** Starts workers and chores; answers what ends them. */
  startWork(lease: Lease): () => Promise<void>;
  close(): Promise<void>;
}

/** Composes the room of fare-search jobs, and the workers of a process that has any. */
export async function openJobs(options: {
  config: Readonly<Environment>;
  pool: Pool;
  redis: RedisConnections;
  keys: Keyspace;
  processId: string;
  clock: Clock;
  feed: Feed;
  places: PlaceDirectory;
  metrics: JobsRoom['metrics'];
  fares: Pick<FareRooms, 'providers' | 'prices'>;
  report: ErrorReporter;
}): Promise<Jobs> {
  const { config, redis, keys, processId, fares, ...shared } = options;
  const watchers = new JobWatchers();
  let workers: JobWorkers | undefined;
  const broadcast = await openBroadcast<JobHint>({
    redis,
    channel: keys.channel('jobs'),
    processId,
    onMessage: ({ moved, stopped, work }) => {
      if (moved) watchers.wake(moved);
      if (stopped) workers?.release(stopped);
      if (work) workers?.nudge();
    },
  });
  const { providers, prices } = fares;
  const room: JobsRoom = {
    ...shared,
    providers: Object.fromEntries(providers.names.map((name) => [name, providers.get(name) as FareProvider])),
    budgetOf: providers.budgetOf,
    watchers,
    announce: broadcast.send,
    judge: (provider, questions, answers) => judgeAnswers(prices, provider, questions, answers),
    settings: {
      batchSize: config.WORKER_BATCH_SIZE,
      maxRetries: config.MAX_RETRIES,
      concurrency: config.WORKER_CONCURRENCY,
      openJobsMax: config.RATE_LIMITS ? limits.openJobsPerUser : null,
    },
  };
  return {
    room,
    counts: async () => (await workers?.counts()) ?? [],
    startWork: (lease) => {
      const chores = startJobChores(room, lease);
      const started = startWorkers(room, { redis, keys });
      workers = started;
      return async () => {
        await Promise.all([chores.stop(), started.stop()]);
      };
    },
    close: broadcast.close,
  };
}
