import { defineConfig } from 'vitest/config';

/**
 * One at a time, with both cores to themselves: files that kill servers or engines of their own,
 * that flush the Redis which all share, or that ask Postgres which transactions are under way: that is the same for all
 * of its databases. A house test looks for flushes elsewhere.
 */
export const alone = [
  'test/recovery/**/*.test.ts',
  'test/transport/hot-path.test.ts',
  'test/live/{relay,log}.test.ts',
  'test/simulation/equivalence.test.ts',
  'test/inventory/gate{,-scripts}.test.ts',
  'test/booking/hold-limits.test.ts',
  'test/schedules/demo-timetable.test.ts',
];

/** Two at a time, but beside nothing else: a browser is five processes, and a page that is late fails. */
const browsers = ['test/browser/**/*.test.ts'];

// Patient: whether something happens is what is tested, not how soon on a busy machine.
const common = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 10_000 } },
};

export default defineConfig({
  test: {
    // Engines once for the whole run: it is the root's, so that no project starts its own.
    globalSetup: ['test/support/engines.setup.ts'],
    reporters: process.env.CI ? ['default', 'github-actions'] : ['default'],
    projects: [
      {
        test: {
          ...common,
          name: 'beside',
          include: ['test/**/*.test.ts'],
          exclude: [...alone, ...browsers],
          // Each has databases of its own. Most of their time is waiting: for Postgres, or for the next look of a chore.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'browser',
          // The dashboard is built before, since two that found it missing would both build it.
          globalSetup: ['test/browser/dashboard.setup.ts'],
          include: browsers,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: { ...common, name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
