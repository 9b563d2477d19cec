import { expect, test } from 'vitest';
import { dealSeeds, runJobs } from '../../scripts/simulate/run-jobs.ts';

const job = { name: 'money', tells: 'payments' } as const;

test('[SIM-5] captured − refunded is what is sold, however events are repeated, shuffled and late', async () => {
  const tallies = await runJobs(dealSeeds(job, 1, 4_000, 2));
  expect(tallies.get('money')).toMatchObject({ histories: 4_000, violations: [] });
});

test('[SIM-5] the check of it can fail', async () => {
  const rules = await Promise.all(
    (['second-money-kept', 'status-falls', 'refund-not-unique'] as const).map(async (bug) => {
      const seeds = { from: 1, count: 2_000, every: 1 };
      const tallies = await runJobs([[{ ...job, bug, seeds, stopsAtFirst: true }]]);
      return tallies.get('money')?.violations.length;
    }),
  );
  expect(rules).toEqual([1, 1, 1]);
});
