import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchesASeed } from '../../scripts/simulate/batches.ts';
import { type Job, runJobs } from '../../scripts/simulate/run-jobs.ts';
import { createTestDatabase } from '../support/test-database.ts';

/** The model is worth something only if Postgres decides as it does. */
describe('Postgres and the model', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  test('[SIM-6] decide random batches alike, and keep the same rows', async () => {
    const batches = 320;
    // Seeds of their own, for a seed makes the same ids in all of them.
    const seeds = { from: 1, count: batches / batchesASeed, every: 1 };
    const jobs = [
      { name: 'batches', tells: 'batches', seeds } as const,
      { name: 'histories', tells: 'histories', seeds: { from: 10_001, count: 25, every: 1 } } as const,
      { name: 'payments', tells: 'payments', seeds: { from: 20_001, count: 25, every: 1 } } as const,
    ];
    const tallies = await runJobs([jobs], { databaseUrls: [database.url] });
    for (const { name, seeds } of jobs) {
      expect(tallies.get(name), name).toMatchObject({ histories: seeds.count, violations: [] });
    }
  });

  test('[SIM-6] tell the same histories, of those that once told them apart', async () => {
    // A quote of a hold; a batch that is sealed twice; a sealed batch that could not be read.
    const told = [856, 554, 748, 124, 404];
    const jobs = told.map(
      (seed): Job => ({ name: `${seed}`, tells: 'histories', seeds: { from: seed, count: 1, every: 1 } }),
    );
    const tallies = await runJobs([jobs], { databaseUrls: [database.url] });
    expect([...tallies.values()].map(({ violations }) => violations)).toEqual(told.map(() => []));
  });

  test('[SIM-6] are compared by something that sees a difference', async () => {
    const wrong = { name: 'wrong', tells: 'batches', bug: 'release-forgets-holds', stopsAtFirst: true } as const;
    const tallies = await runJobs([[{ ...wrong, seeds: { from: 1_001, count: 20, every: 1 } }]], {
      databaseUrls: [database.url],
    });
    expect(tallies.get('wrong')?.violations).toMatchObject([{ rule: 'both stores decide alike' }]);
  });
});
