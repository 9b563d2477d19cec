import type { JobAsk } from '../../../shared/jobs.ts';
import { openWorkQueue, type WorkQueue } from '../../platform/queue/work-queue.ts';
import type { Keyspace } from '../../platform/redis/keyspace.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import { startChore } from '../../platform/runtime/periodic.ts';
import { startFeeding, stepOfEntry, windowOf } from './feed-steps.ts';
import type { JobPlan } from './job-plan.ts';
import type { JobsRoom } from './jobs-room.ts';
import { runStep, type StepTools } from './run-step.ts';
import { type ClaimedStep, leaseMs, StepStore } from './step-store.ts';

export interface JobWorkers {
  /** There may be steps to do. */
  nudge(): void;
  /** Gives up the steps in hand of these jobs. */
  release(jobs: readonly number[]): void;
  /** Of each provider's queue. Rejects while Redis is away. */
  counts(): Promise<{ provider: string; waiting: number; active: number }[]>;
  /** Stores what was learnt, gives every step back, and ends. */
  stop(): Promise<void>;
}

const movedMs = 100;
const plansKept = 50;

/** Feeds the queues, and runs the steps that come out of them: so many at once of each provider. */
export function startWorkers(room: JobsRoom, options: { redis: RedisConnections; keys: Keyspace }): JobWorkers {
  const { redis, keys } = options;
  const { clock, report } = room;
  const stopping = new AbortController();
  const inHand = new Map<string, { step: ClaimedStep; lost: AbortController }>();
  const store = new StepStore(room.pool, clock);
  const queues = new Map<string, WorkQueue>();
  for (const name of Object.keys(room.providers)) {
    const onError = (error: unknown): void => void report(error, { queue: name });
    queues.set(name, openWorkQueue({ redis, prefix: keys.key('queue', name), name, onError }));
  }

  const plans = new Map<number, { version: number; plan: JobPlan; ask: JobAsk }>();
  async function planOf({ job, planVersion }: ClaimedStep): Promise<{ plan: JobPlan; ask: JobAsk }> {
    const known = plans.get(job);
    if (known?.version === planVersion) return known;
    const { rows } = await room.pool.query<{ version: number; plan: JobPlan; ask: JobAsk }>(
      'select plan_version as version, plan, ask from job where no = $1',
      [job],
    );
    const read = rows[0];
    if (!read) throw new Error(`job ${job} is gone`);
    plans.delete(job);
    plans.set(job, read);
    if (plans.size > plansKept) plans.delete(plans.keys().next().value as number);
    return read;
  }

  // What moves many times a second is told some times a second.
  let moved = new Set<string>();
  function onStored(jobId: string, isOver: boolean): void {
    if (moved.add(jobId).size === 1) {
      void clock.sleep(isOver ? 0 : movedMs).then(() => {
        room.announce({ moved: [...moved] });
        moved = new Set();
      });
    }
  }

  const tools: StepTools = { store, planOf, onStored };

  /** One entry of a queue. Never rejects: what goes wrong is reported, and the step's lease runs out. */
  async function run(id: string): Promise<void> {
    const named = stepOfEntry(id);
    if (!named || stopping.signal.aborted) return;
    try {
      const step = await store.claim(named.job, named.no);
      if (!step) return;
      const key = `${step.job}-${step.no}`;
      const lost = new AbortController();
      inHand.set(key, { step, lost });
      const startedAt = clock.now();
      try {
        await runStep(room, tools, step, AbortSignal.any([stopping.signal, lost.signal]));
      } finally {
        inHand.delete(key);
        room.metrics.jobStepSeconds.observe({ provider: step.provider }, (clock.now() - startedAt) / 1_000);
      }
    } catch (error) {
      report(error, { step: id });
    } finally {
      // As often as the queue may have become short, not after each of a thousand steps a second.
      if (++ended >= nudgeEvery || inHand.size === 0) {
        ended = 0;
        feeding.nudge();
      }
    }
  }
  const nudgeEvery = windowOf(room) / 4;
  let ended = 0;

  const renewing = startChore({
    name: 'renew steps',
    everyMs: leaseMs / 3,
    clock,
    report,
    run: async () => {
      const held = [...inHand.values()];
      if (held.length === 0) return false;
      const ours = await store.renew(held.map((each) => each.step));
      for (const { step, lost } of held) if (!ours.has(`${step.job}-${step.no}`)) lost.abort('lost');
      return false;
    },
  });
  const feeding = startFeeding(room, queues);
  for (const queue of queues.values()) queue.work(room.settings.concurrency, run);

  return {
    nudge: feeding.nudge,
    release: (jobs) => {
      for (const { step, lost } of inHand.values()) if (jobs.includes(step.job)) lost.abort('stopped');
    },
    counts: () => Promise.all([...queues].map(async ([provider, queue]) => ({ provider, ...(await queue.counts()) }))),
    stop: async () => {
      stopping.abort('stopping');
      await feeding.stop();
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await renewing.stop();
    },
  };
}
