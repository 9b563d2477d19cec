import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRequestBudget } from '../../server/platform/queue/request-budget.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { openRedis } from '../../server/platform/redis/redis.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { connectGuest } from '../support/connect.ts';
import { datesFrom, jobInput, jobReaches } from '../support/jobs.ts';
import { openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ WORKER_BATCH_SIZE: '1', WORKER_CONCURRENCY: '1', PROVIDERS: 'simulator' });
});
afterAll(() => scene.close());

describe('sharing workers', () => {
  test('[JOB-14] a job that begins late does not wait for one that is long', async () => {
    const slow = { seed: 31, latencyMs: 20, failRate: 0, blockRate: 0, emptyRate: 0 };
    const long = jobInput({ departDates: datesFrom(0, 60), simulator: slow });
    await scene.guest.trpc.jobs.create.mutate(long);
    await jobReaches(scene.guest, long.id, 'running');
    const other = await connectGuest(scene.server.url);
    const short = jobInput({ origins: ['JFK'], destinations: ['LHR'], departDates: datesFrom(0, 2) });
    await other.trpc.jobs.create.mutate(short);
    await jobReaches(other, short.id, 'completed');
    const { done, total } = await scene.guest.trpc.jobs.get.query({ id: long.id });
    expect(done).toBeLessThan(total);
    await scene.guest.trpc.jobs.cancel.mutate({ id: long.id });
    await other.close();
  });

  test('[JOB-14] of one user the more urgent job goes first, and no more than a window is queued', async () => {
    const slow = { seed: 32, latencyMs: 40, failRate: 0, blockRate: 0, emptyRate: 0 };
    const calm = jobInput({ departDates: datesFrom(0, 60), simulator: slow });
    await scene.guest.trpc.jobs.create.mutate(calm);
    await jobReaches(scene.guest, calm.id, 'running');
    const offered = await scene.db.query(
      `select count(*)::int as n from job_step s join job j on j.no = s.job where j.id = $1 and s.offered_at is not null`,
      [calm.id],
    );
    expect(offered.rows[0].n).toBeLessThanOrEqual(64);
    const urgent = jobInput({ departDates: datesFrom(0, 2), priority: 5, simulator: { ...slow, seed: 33 } });
    await scene.guest.trpc.jobs.create.mutate(urgent);
    await jobReaches(scene.guest, urgent.id, 'completed');
    const { done, total } = await scene.guest.trpc.jobs.get.query({ id: calm.id });
    expect(done).toBeLessThan(total);
    await scene.guest.trpc.jobs.cancel.mutate({ id: calm.id });
  });

  test('[JOB-15] a limit holds over all processes, in every window', async () => {
    const open = () => openRedis(scene.server.engines.redisUrl, createLogger('silent'));
    const processes = [open(), open(), open()];
    const key = keyspace(crypto.randomUUID()).key('budget', 'test');
    const [requests, windowMs, forMs] = [100, 1_000, 1_500];
    const taken: number[] = [];
    const over = new AbortController();
    const startedAt = performance.now();
    const takers = processes.flatMap((redis) => {
      const budget = openRequestBudget({ redis, key, clock: systemClock, requests, windowMs });
      return Array.from({ length: 3 }, async () => {
        while (await budget.take(over.signal)) {
          taken.push(performance.now() - startedAt);
          if (performance.now() - startedAt > forMs) over.abort();
        }
      });
    });
    await Promise.all(takers);
    for (const redis of processes) await redis.close();
    // Slots are even and nobody goes before his own, however late the timers are; two may be made up for.
    const seconds = Math.max(...taken) / windowMs;
    expect(taken.length).toBeGreaterThan(requests / 2);
    expect(taken.length).toBeLessThanOrEqual(requests * seconds * 1.02 + 3);
  });
});
