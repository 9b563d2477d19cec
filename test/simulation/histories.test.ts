import { describe, expect, test } from 'vitest';
import { type Bug, bugs } from '../../scripts/simulate/bugs.ts';
import { type Job, runJobs, type Tally } from '../../scripts/simulate/run-jobs.ts';
import seeds from './seeds.json' with { type: 'json' };

const histories = (name: string, from: number, count: number, more: Partial<Job> = {}): Job => ({
  name,
  tells: 'histories',
  seeds: { from, count, every: 1 },
  ...more,
});

const run = async (...jobs: Job[]): Promise<Map<string, Tally>> => runJobs([jobs]);

describe('simulated histories', () => {
  test('[SIM-1] no promise is broken in any of two thousand, whatever goes wrong in them', async () => {
    const half = (place: number) => [
      histories('slice', 1 + place, 1_000, { seeds: { from: 1 + place, count: 1_000, every: 2 } }),
    ];
    const tallies = await runJobs([half(0), half(1)]);
    expect(tallies.get('slice')).toMatchObject({ histories: 2_000, violations: [] });
  });

  test('[SIM-1] those that once broke one hold', async () => {
    const jobs = Object.entries(seeds).map(([name, seed]) => histories(name, seed, 1));
    const tallies = await run(...jobs);
    expect([...tallies.keys()].sort()).toEqual(Object.keys(seeds).sort());
    expect([...tallies].filter(([, { violations }]) => violations.length > 0)).toEqual([]);
  });

  test('[SIM-2] the same seed tells the same history, to the letter; another seed another one', async () => {
    const [first, second] = await Promise.all([
      run(histories('text', 1, 60, { isDigested: true })),
      run(histories('text', 1, 60, { isDigested: true })),
    ]);
    const texts = first.get('text')?.digests ?? [];
    expect(texts).toEqual(second.get('text')?.digests);
    expect(new Set(texts).size).toBe(60);
  });

  // What is left out is found at the latest in the 700th history; a change of the histories moves that.
  test('[SIM-3] each of the wrong twins is found out', async () => {
    const names = Object.keys(bugs) as Bug[];
    const list = (odd: number) =>
      names.filter((_, place) => place % 2 === odd).map((bug) => histories(bug, 1, 5_000, { bug, stopsAtFirst: true }));
    const tallies = await runJobs([list(0), list(1)]);
    expect(names.filter((bug) => tallies.get(bug)?.violations.length !== 1)).toEqual([]);
  }, 60_000);
});
