import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { allResults, datesFrom, jobInput, jobReaches } from '../support/jobs.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ WORKER_BATCH_SIZE: '5', PROVIDERS: 'simulator' });
});
afterAll(() => scene.close());

describe('a job', () => {
  test('[JOB-1] asks every combination once and ends with as many outcomes', async () => {
    const { trpc } = scene.guest;
    const input = jobInput();
    const created = await trpc.jobs.create.mutate(input);
    expect(created).toMatchObject({ id: input.id, status: 'pending', total: 12, done: 0 });
    const last = (await jobReaches(scene.guest, input.id, 'completed')).at(-1);
    expect(last).toMatchObject({ done: 12, total: 12, etaSeconds: 0 });
    const results = await allResults(scene.guest, input.id);
    expect(new Set(results.map((each) => `${each.origin}${each.destination}${each.departDate}`)).size).toBe(12);
    expect(results.length).toBe(12);
    const view = await trpc.jobs.get.query({ id: input.id });
    expect(view.found + view.empty + view.unknown).toBe(12);
    expect(view.bestPrice).toEqual(results[0]?.price);
  });
});
