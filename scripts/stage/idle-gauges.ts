import type { createMetrics } from '../../server/domain/operations/metrics.ts';

/** What the gauges of a process read of which only a part is there. */
export const idleGauges: Parameters<typeof createMetrics>[0] = {
  pool: () => ({ total: 0, idle: 0, waiting: 0 }),
  pending: async () => 0,
  stuck: async () => 0,
  relayLag: async () => 0,
  laneDepth: () => 0,
  waiting: () => ({ lines: 0, waiting: 0, shopping: 0 }),
  timetable: () => ({ rows: 0, version: 0, lag_ms: 0, healed: 0, waiting: 0 }),
  jobs: async () => ({ open: 0, steps: 0, lagSeconds: 0 }),
  queues: async () => [],
};
