import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { failureOf } from '../support/connect.ts';
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

/** Every step waits where it has asked and not stored, until it is let go. */
function holdSteps(): { reached: Promise<void>; release: () => void } {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  disarm.push(
    armPausePoint('step: asked', () => {
      reached.resolve();
      return released.promise;
    }),
    released.resolve,
  );
  return { reached: reached.promise, release: released.resolve };
}

const slow = { seed: 2, latencyMs: 30_000, failRate: 0, blockRate: 0, emptyRate: 0 };
const stepsInHand = async (jobId: string): Promise<number> => {
  const { rows } = await scene.db.query(
    `select count(*)::int as n from job_step s join job j on j.no = s.job
     where j.id = $1 and s.is_open and s.lease_until > now()`,
    [jobId],
  );
  return rows[0].n;
};

describe('steering', () => {
  test('[JOB-8] a pause keeps what was learnt and gives the step back without an attempt; resuming goes on', async () => {
    const { trpc } = scene.guest;
    const input = jobInput({ departDates: datesFrom(0, 5) });
    const steps = holdSteps();
    await trpc.jobs.create.mutate(input);
    await steps.reached;
    expect(await trpc.jobs.pause.mutate({ id: input.id })).toMatchObject({ status: 'paused' });
    expect(await trpc.jobs.pause.mutate({ id: input.id })).toMatchObject({ status: 'paused' });
    steps.release();
    await expect.poll(() => stepsInHand(input.id)).toBe(0);
    const paused = await trpc.jobs.get.query({ id: input.id });
    expect(paused).toMatchObject({ status: 'paused', availableActions: expect.arrayContaining(['resume']) });
    expect(paused.done).toBeGreaterThan(0);
    expect(paused.done).toBeLessThan(20);
    const { rows } = await scene.db.query(
      'select coalesce(sum(attempts), 0)::int as n from job_step s join job j on j.no = s.job where j.id = $1',
      [input.id],
    );
    expect(rows[0].n).toBe(0);
    await trpc.jobs.resume.mutate({ id: input.id });
    const seen = await jobReaches(scene.guest, input.id, 'completed');
    expect(seen.at(-1)).toMatchObject({ done: 20, total: 20 });
    expect(await allResults(scene.guest, input.id)).toHaveLength(20);
    expect(await failureOf(trpc.jobs.pause.mutate({ id: input.id }))).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await failureOf(trpc.jobs.resume.mutate({ id: input.id }))).toMatchObject({ code: 'NOT_ALLOWED' });
  });

  test('[JOB-8] a pause ends a question that takes long', async () => {
    const { trpc } = scene.guest;
    const input = jobInput({ simulator: slow });
    await trpc.jobs.create.mutate(input);
    await jobReaches(scene.guest, input.id, 'running');
    await expect.poll(() => stepsInHand(input.id)).toBeGreaterThan(0);
    await trpc.jobs.pause.mutate({ id: input.id });
    // Far less than the thirty seconds that the question takes.
    await expect.poll(() => stepsInHand(input.id), { timeout: 5_000 }).toBe(0);
    expect(await trpc.jobs.cancel.mutate({ id: input.id })).toMatchObject({ status: 'cancelled' });
  });

  test('[JOB-4] [JOB-8] after a cancellation nothing more is stored', async () => {
    const { trpc } = scene.guest;
    const input = jobInput({ departDates: datesFrom(0, 5) });
    const steps = holdSteps();
    await trpc.jobs.create.mutate(input);
    await steps.reached;
    const cancelled = await trpc.jobs.cancel.mutate({ id: input.id });
    expect(cancelled).toMatchObject({ status: 'cancelled', finishedAt: expect.any(String) });
    expect(await trpc.jobs.cancel.mutate({ id: input.id })).toMatchObject({ status: 'cancelled' });
    steps.release();
    // A job that is created later runs through the same workers, so what was in hand has ended then.
    const after = jobInput();
    await trpc.jobs.create.mutate(after);
    await jobReaches(scene.guest, after.id, 'completed');
    expect(await trpc.jobs.get.query({ id: input.id })).toMatchObject({ done: cancelled.done, status: 'cancelled' });
    expect(await allResults(scene.guest, input.id)).toHaveLength(cancelled.done);
    expect(await failureOf(trpc.jobs.edit.mutate({ id: input.id, priority: 2 }))).toMatchObject({
      code: 'NOT_ALLOWED',
    });
  });

  test('[JOB-9] an edit adds and drops while the job runs, and nothing is asked twice', async () => {
    const { trpc } = scene.guest;
    const [first, second, third, fourth] = datesFrom(0, 4) as [string, string, string, string];
    const input = jobInput({ departDates: [first, second, third] });
    const steps = holdSteps();
    await trpc.jobs.create.mutate(input);
    await steps.reached;
    const edited = await trpc.jobs.edit.mutate({
      id: input.id,
      add: { origins: ['EWR'], destinations: ['CDG', 'FRA'], departDates: [fourth] },
      drop: { departDates: [second], origins: ['BOS'] },
      priority: 4,
    });
    // JFK and EWR, to LHR, CDG and FRA, on three dates.
    expect(edited).toMatchObject({ total: 18, priority: 4 });
    expect(edited.ask.departDates).toEqual([first, third, fourth]);
    steps.release();
    await jobReaches(scene.guest, input.id, 'completed');
    const results = await allResults(scene.guest, input.id);
    const keys = results.map((each) => `${each.origin}${each.destination}${each.departDate}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toHaveLength(18);
    expect(results.some((each) => each.departDate === second || each.origin === 'BOS')).toBe(false);
  });

  test('[JOB-9] what was dropped can come back, and is asked only where it has no outcome', async () => {
    const { trpc } = scene.guest;
    const dates = datesFrom(0, 6);
    const input = jobInput({ origins: ['JFK'], destinations: ['LHR'], departDates: dates });
    const steps = holdSteps();
    await trpc.jobs.create.mutate(input);
    await steps.reached;
    await trpc.jobs.pause.mutate({ id: input.id });
    const dropped = { id: input.id, drop: { departDates: dates.slice(3) } };
    expect(await trpc.jobs.edit.mutate(dropped)).toMatchObject({ total: 3, status: 'paused' });
    expect(await trpc.jobs.edit.mutate({ id: input.id, add: { departDates: dates.slice(4) } })).toMatchObject({
      total: 5,
    });
    steps.release();
    await trpc.jobs.resume.mutate({ id: input.id });
    await jobReaches(scene.guest, input.id, 'completed');
    const results = await allResults(scene.guest, input.id);
    expect(results.map((each) => each.departDate).sort()).toEqual([...dates.slice(0, 3), ...dates.slice(4)]);
    const add = { returnDates: datesFrom(10, 1) };
    const other = jobInput({ simulator: slow });
    await trpc.jobs.create.mutate(other);
    expect(await failureOf(trpc.jobs.edit.mutate({ id: other.id, add }))).toMatchObject({ code: 'NOT_ALLOWED' });
    await trpc.jobs.cancel.mutate({ id: other.id });
  });

  test('[JOB-10] an edit may set a target that was found already', async () => {
    const { trpc } = scene.guest;
    const input = jobInput({ departDates: datesFrom(0, 40) });
    await trpc.jobs.create.mutate(input);
    const seen = await jobReaches(scene.guest, input.id, 'running', 'completed');
    expect(seen.length).toBeGreaterThan(0);
    await trpc.jobs.pause.mutate({ id: input.id }).catch(() => undefined);
    const stopAtPrice = { amount: 100_000_000, currency: 'USD' };
    const edited = await trpc.jobs.edit.mutate({ id: input.id, stopAtPrice }).catch(() => undefined);
    if (edited && edited.done > 0) expect(edited.status).toBe('completed');
  });

  test('[JOB-11] every state is told once and in order, also to who comes back', async () => {
    const { trpc } = scene.guest;
    const input = jobInput();
    const steps = holdSteps();
    await trpc.jobs.create.mutate(input);
    await steps.reached;
    await trpc.jobs.pause.mutate({ id: input.id });
    await trpc.jobs.resume.mutate({ id: input.id });
    steps.release();
    await jobReaches(scene.guest, input.id, 'completed');
    const follow = (lastEventId: string) =>
      new Promise<{ id: string; status: string }[]>((resolve, reject) => {
        const seen: { id: string; status: string }[] = [];
        const subscription = trpc.jobs.onProgress.subscribe(
          { jobId: input.id, lastEventId },
          {
            onData: ({ id, data }) => {
              seen.push({ id, status: data.status });
              if (data.status !== 'completed') return;
              subscription.unsubscribe();
              resolve(seen);
            },
            onError: reject,
          },
        );
      });
    const whole = await follow('0');
    const states = whole.map((each) => each.status).filter((status, at, all) => status !== all[at - 1]);
    expect(states).toEqual(['pending', 'running', 'paused', 'running', 'completed']);
    const paused = whole.find((each) => each.status === 'paused') as { id: string };
    const rest = (await follow(paused.id)).map((each) => each.status);
    expect(rest.filter((status, at, all) => status !== all[at - 1])).toEqual(['running', 'completed']);
    await expect(follow('999.1')).rejects.toMatchObject({ data: { failure: { code: 'INVALID_INPUT' } } });
  });
});
