import { afterAll, beforeAll, expect, test } from 'vitest';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { type FakeDuffel, startFakeDuffel } from '../support/fake-duffel.ts';
import { allResults, datesFrom, jobInput, jobReaches } from '../support/jobs.ts';
import { openScene, type Scene } from '../support/scene.ts';

let duffel: FakeDuffel;
let scene: Scene;
beforeAll(async () => {
  duffel = await startFakeDuffel();
  scene = await openScene({
    PROVIDERS: 'duffel',
    DUFFEL_TOKEN: 'duffel_test_fake',
    DUFFEL_URL: duffel.url,
    // In order, one after the other, and each once: whoever loses an attempt ends unknown.
    WORKER_CONCURRENCY: '1',
    WORKER_BATCH_SIZE: '6',
    MAX_RETRIES: '0',
    WORKER_RATE_LIMIT: '1000',
    WORKER_TIME_WINDOW_MS: '1000',
  });
});
afterAll(async () => {
  await scene.close();
  await duffel.close();
});

test('[JOB-5] a breaker that opens in mid-job puts off what nobody was asked, and costs it no attempt', async () => {
  // The canary is asked by the same breaker, once.
  const canary = async () => (await scene.operator.trpc.admin.providers.list.query())[0]?.canary?.last;
  await expect.poll(canary, { timeout: 30_000 }).toBeTruthy();
  duffel.requests.length = 0;
  const [answered, failed] = [3, 5];
  let asked = 0;
  let putOff = 0;
  const disarm = armPausePoint('step: asked', () => {
    const requests = duffel.requests.filter(({ method }) => method === 'POST').length;
    if (requests === asked) putOff++;
    asked = requests;
    // Five failures in a row open the breaker, in the second step; by the time it lets somebody try, Duffel is well.
    const isIll = asked >= answered && asked < answered + failed;
    duffel.refusal = isIll ? { status: 502, body: 'bad gateway' } : null;
  });
  const input = { ...jobInput({ departDates: datesFrom(0, 5) }), simulator: undefined, providers: ['duffel' as const] };
  await scene.guest.trpc.jobs.create.mutate(input);
  const last = (await jobReaches(scene.guest, input.id, 'completed', 'failed')).at(-1);
  disarm();
  expect(last).toMatchObject({ status: 'completed', total: 20, done: 20, empty: 15, unknown: 5 });
  const outcomes = (await allResults(scene.guest, input.id, { sort: 'departure' })).map(
    ({ id, outcome, reason, detail }) => ({ at: Number(id.split('.')[1]), outcome, reason, detail }),
  );
  const inOrder = outcomes.toSorted((a, b) => a.at - b.at);
  // Those that Duffel failed at, and no other: nobody is blamed for an open breaker.
  expect(inOrder.filter(({ outcome }) => outcome === 'unknown')).toEqual(
    [3, 4, 5, 6, 7].map((at) => ({ at, outcome: 'unknown', reason: 'unavailable', detail: 'api_error' })),
  );
  expect(putOff).toBeGreaterThan(0);
  // Each was asked exactly once.
  const questions = duffel.requests.filter(({ method }) => method === 'POST').map(({ body }) => JSON.stringify(body));
  expect(questions).toHaveLength(20);
  expect(new Set(questions).size).toBe(20);
  // Nobody ran out of patience either: the steps that were put off were not attempts.
  const { rows } = await scene.db.query(
    'select max(attempts)::int as attempts, max(waits)::int as waits from job_step',
  );
  expect(rows[0].attempts).toBe(0);
  expect(rows[0].waits).toBeGreaterThan(0);
}, 60_000);
