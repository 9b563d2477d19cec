import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectRedis, removeKeys } from '../../scripts/stage/whole-redis.ts';
import { StepReport } from '../../server/domain/jobs/step-report.ts';
import { StepStore } from '../../server/domain/jobs/step-store.ts';
import type { FareOffer } from '../../server/domain/providers/fare-provider.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { allResults, datesFrom, jobInput, jobReaches } from '../support/jobs.ts';
import { openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ WORKER_BATCH_SIZE: '4', WORKER_CONCURRENCY: '2', PROVIDERS: 'simulator' });
});
afterAll(() => scene.close());

const disarm: (() => void)[] = [];
afterEach(() => {
  for (const each of disarm.splice(0)) each();
});

const slow = { seed: 2, latencyMs: 30_000, failRate: 0, blockRate: 0, emptyRate: 0 };
const jobNo = async (id: string): Promise<number> =>
  (await scene.db.query('select no from job where id = $1', [id])).rows[0].no;

describe('faults', () => {
  test('[JOB-6] a step whose worker is gone is taken up again, and asks what has no result yet', async () => {
    const input = jobInput({ departDates: datesFrom(0, 4) });
    let killed = 0;
    // The first two steps end as by kill -9: between the answer and the commit, and with nothing given back.
    disarm.push(
      armPausePoint('step: asked', () => {
        if (++killed <= 2) throw new Error('killed');
      }),
    );
    await scene.guest.trpc.jobs.create.mutate(input);
    await jobReaches(scene.guest, input.id, 'running');
    await expect.poll(() => killed).toBeGreaterThan(1);
    // Time passes: the leases run out.
    const no = await jobNo(input.id);
    const lapse = () =>
      scene.db.query(`update job_step set lease_until = now() - interval '1 ms' where job = $1 and is_open`, [no]);
    await lapse();
    const last = (await jobReaches(scene.guest, input.id, 'completed')).at(-1);
    expect(last).toMatchObject({ done: 16, unknown: 0 });
    expect(last?.recoveries).toBeGreaterThan(0);
    expect(await allResults(scene.guest, input.id)).toHaveLength(16);
  });

  test('[JOB-4] whoever lost the step changes nothing with it', async () => {
    // Nobody works here but the test.
    const idle = await openScene({ AIRSIDE_ROLE: 'web', PROVIDERS: 'simulator' });
    const input = jobInput();
    await idle.guest.trpc.jobs.create.mutate(input);
    const no = 1;
    const store = new StepStore(idle.db, systemClock);
    const first = await store.claim(no, 1);
    expect(await store.claim(no, 1)).toBeUndefined();
    await idle.db.query(`update job_step set lease_until = now() - interval '1 ms' where job = $1 and no = 1`, [no]);
    const second = await store.claim(no, 1);
    if (!first || !second) throw new Error('not claimed');
    expect(second.fence).toBe(first.fence + 1);
    const report = new StepReport(first);
    const question = { origin: 'JFK', destination: 'LHR', departDate: '2030-01-01', returnDate: null };
    const offer: FareOffer = {
      key: 'QX1@2030-01-01',
      price: { amount: 100, currency: 'USD' },
      priceKind: 'one_way',
      carriers: ['QX', 'ZZ'],
      stops: 0,
      durationMinutes: 60,
      departsAt: null,
    };
    report.add(
      {
        ...question,
        position: first.first,
        cabin: 'economy',
        party: { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
      },
      { outcome: 'found', offers: [offer, { ...offer, key: 'QX2@2030-01-01' }, offer] },
      'unknown',
    );
    const how = { asked: 1, tookMs: 5, at: new Date().toISOString(), isLost: false };
    expect(await store.store(first, report, { kind: 'kept' }, how)).toBeUndefined();
    expect(await store.renew([first])).toEqual(new Set());
    expect(await store.store(second, report, { kind: 'kept' }, how)).toMatchObject({ stored: 1 });
    // In doubt whether it was done, it does it again.
    expect(await store.store(second, report, { kind: 'kept' }, how)).toMatchObject({ stored: 0 });
    expect(await idle.guest.trpc.jobs.get.query({ id: input.id })).toMatchObject({ done: 1, found: 1, offers: 2 });
    const { rows } = await idle.db.query('select done::text from job_step where job = $1 and no = 1', [no]);
    expect(rows[0].done).toBe('1'.padEnd(first.last - first.first, '0'));
    await idle.close();
  });

  test('[JOB-6] a step that kills its workers ends unknown, and a job of which nobody was asked fails', async () => {
    const input = jobInput({ origins: ['JFK'], destinations: ['LHR'], departDates: datesFrom(0, 3) });
    disarm.push(
      armPausePoint('step: asked', () => {
        throw new Error('killed');
      }),
    );
    await scene.guest.trpc.jobs.create.mutate(input);
    await jobReaches(scene.guest, input.id, 'running');
    const no = await jobNo(input.id);
    await scene.db.query(
      `update job_step set losses = 8, lease_until = null, offered_at = null where job = $1 and is_open`,
      [no],
    );
    const last = (await jobReaches(scene.guest, input.id, 'failed')).at(-1);
    expect(last).toMatchObject({ unknown: 3, done: 3, reason: expect.any(String) });
    const results = await allResults(scene.guest, input.id);
    expect(results.map((each) => each.reason)).toEqual(['worker_lost', 'worker_lost', 'worker_lost']);
  });

  test('[JOB-7] a flush of Redis costs nothing but a moment', async () => {
    const redis = connectRedis(inject('redisUrl'));
    const { rows } = await scene.db.query('select id from cluster');
    // Others use the same Redis; what is ours goes as by FLUSHALL.
    const flush = () => removeKeys(redis, `airside:${rows[0].id}:*`);
    const input = jobInput({ departDates: datesFrom(0, 30), simulator: { ...slow, latencyMs: 5 } });
    let asked = 0;
    disarm.push(
      armPausePoint('step: asked', async () => {
        if (++asked % 8 === 0) await flush();
      }),
    );
    await scene.guest.trpc.jobs.create.mutate(input);
    await flush();
    await jobReaches(scene.guest, input.id, 'completed');
    expect(asked).toBeGreaterThan(15);
    expect(await allResults(scene.guest, input.id)).toHaveLength(120);
    redis.disconnect();
  });
});
