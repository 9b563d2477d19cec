import { Queue, Worker } from 'bullmq';
import type { RedisConnections } from '../redis/redis.ts';

/** Spreads ids over the workers of all machines. It may forget them at any moment, or hand one out twice. */
export interface WorkQueue {
  /** False while Redis is away. */
  isReady(): boolean;
  /** Puts ids at the end. Rejects while Redis is away. */
  put(ids: string[]): Promise<void>;
  counts(): Promise<{ waiting: number; active: number }>;
  /** At most so many at once, over all workers. Forgotten with a flush, so it is said again and again. */
  limitTo(concurrency: number): Promise<void>;
  /** Starts taking ids, so many at once. `run` must not reject. */
  work(concurrency: number, run: (id: string) => Promise<void>): void;
  /** Done when everything that was taken has ended. */
  close(): Promise<void>;
}

/**
 * The same everywhere: whose worker is gone is found out by the longest of these among all workers. What is found
 * stalled is only dropped, for who owns the ids puts back whatever is still to be done.
 */
const lockMs = 10_000;
const stalledMs = 5_000;

export function openWorkQueue(options: {
  redis: RedisConnections;
  /** All its keys begin with it; it holds a hash tag. */
  prefix: string;
  name: string;
  onError: (error: unknown) => void;
}): WorkQueue {
  const { redis, prefix, name, onError } = options;
  const connection = redis.open(`queue-${name}`);
  const queue = new Queue(name, {
    connection,
    prefix,
    // One attempt each, nothing kept: what became of an id is written elsewhere.
    defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
    skipVersionCheck: true,
  });
  // What a flush took away is missed when it ends; its owner puts it back.
  const onTrouble = (error: Error): void => {
    if (!/^Missing (?:key|lock) for job/.test(error.message)) onError(error);
  };
  queue.on('error', onTrouble);
  let worker: Worker | undefined;
  return {
    isReady: () => connection.status === 'ready',
    put: async (ids) => {
      if (connection.status !== 'ready') throw new Error('redis is away');
      await queue.addBulk(ids.map((id) => ({ name: 'step', data: null, opts: { jobId: id } })));
    },
    counts: async () => {
      if (connection.status !== 'ready') throw new Error('redis is away');
      const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts('waiting', 'active', 'delayed');
      return { waiting: waiting + delayed, active };
    },
    limitTo: async (concurrency) => {
      await queue.setGlobalConcurrency(concurrency);
    },
    work: (concurrency, run) => {
      worker = new Worker(name, (job) => run(job.id as string), {
        connection,
        prefix,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledMs,
        runRetryDelay: 500,
        maxStalledCount: 0,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
        skipVersionCheck: true,
      });
      worker.on('error', onTrouble);
    },
    close: async () => {
      await worker?.close().catch(onError);
      await queue.close().catch(onError);
    },
  };
}
