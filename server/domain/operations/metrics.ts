import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What `/metrics` shows. Label sets are bounded: no ids, no free text. */
export interface Metrics {
  registry: Registry;
  bookingsTotal: Counter;
  bookingsSuccess: Counter;
  bookingsFailed: Counter;
  bookingsPending: Gauge;
  flightDbUpdatesTotal: Counter;
  redisDecrementsTotal: Counter;
  redisDecrementsFailed: Counter;
  gateVerdictsTotal: Counter<'verdict'>;
  waitingHoldsTotal: Counter;
  waitingInversionsTotal: Counter;
  laneBatchMembers: Histogram<'verb'>;
  seatDrift: Gauge;
  seatRepairsTotal: Counter;
  requestLatencySeconds: Histogram<'procedure' | 'outcome'>;
  jobStepsTotal: Counter<'provider' | 'end'>;
  jobOutcomesTotal: Counter<'provider' | 'outcome'>;
  jobStepSeconds: Histogram<'provider'>;
}

export function createMetrics(gauges: {
  pool: () => { total: number; idle: number; waiting: number };
  pending: () => Promise<number>;
  stuck: () => Promise<number>;
  /** How long the oldest log entry waits for the stream (s). */
  relayLag: () => Promise<number>;
  laneDepth: () => number;
  /** Open lines, who waits in them, and who was let in and holds nothing yet. */
  waiting: () => { lines: number; waiting: number; shopping: number };
  /** Rows, the version of the index, ms that known changes wait, dates that had to be healed, searches that wait. */
  timetable: () => { rows: number; version: number; lag_ms: number; healed: number; waiting: number };
  /** Open jobs, their open steps, and how long the oldest due step has waited (s). */
  jobs: () => Promise<{ open: number; steps: number; lagSeconds: number }>;
  /** Steps in the queues of the providers. */
  queues: () => Promise<{ provider: string; waiting: number; active: number }[]>;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const poolGauge = new Gauge({
    name: 'db_pool_connections',
    help: 'Postgres connections of this process: open, idle, and callers waiting for one',
    labelNames: ['state'],
    registers,
    collect: () => {
      const { total, idle, waiting } = gauges.pool();
      poolGauge.set({ state: 'open' }, total);
      poolGauge.set({ state: 'idle' }, idle);
      poolGauge.set({ state: 'waiting' }, waiting);
    },
  });
  const bookingsPending = new Gauge({
    name: 'bookings_pending',
    help: 'Bookings that are held or paying now',
    registers,
    collect: async () => {
      // A scrape must not fail because Postgres is away.
      bookingsPending.set(await gauges.pending().catch(() => Number.NaN));
    },
  });
  const paymentsStuck = new Gauge({
    name: 'payments_stuck',
    help: 'Payments and refunds without an end that nobody asks about any more',
    registers,
    collect: async () => {
      paymentsStuck.set(await gauges.stuck().catch(() => Number.NaN));
    },
  });
  const relayLag: Gauge = new Gauge({
    name: 'log_relay_lag_seconds',
    help: 'How long the oldest entry of the log waits to be in the stream',
    registers,
    collect: async () => {
      relayLag.set(await gauges.relayLag().catch(() => Number.NaN));
    },
  });
  const laneDepth: Gauge = new Gauge({
    name: 'lane_depth',
    help: 'Holds that wait for Postgres or are on their way to it',
    registers,
    collect: () => {
      laneDepth.set(gauges.laneDepth());
    },
  });
  const waitingGauge: Gauge<'what'> = new Gauge({
    name: 'waiting_room',
    help: 'Lines that are open, who waits in them, and who was let in and holds nothing yet',
    labelNames: ['what'],
    registers,
    collect: () => {
      for (const [what, value] of Object.entries(gauges.waiting())) waitingGauge.set({ what }, value);
    },
  });
  const timetableGauge: Gauge<'what'> = new Gauge({
    name: 'timetable',
    help: 'The timetable in memory: rows, index version, ms that known changes wait, dates healed, searches waiting',
    labelNames: ['what'],
    registers,
    collect: () => {
      for (const [what, value] of Object.entries(gauges.timetable())) timetableGauge.set({ what }, value);
    },
  });
  const jobsGauge: Gauge<'what'> = new Gauge({
    name: 'jobs_open',
    help: 'Fare-search jobs that are not over, their open steps, and the seconds that the oldest due step has waited',
    labelNames: ['what'],
    registers,
    collect: async () => {
      const { open, steps, lagSeconds } = await gauges.jobs().catch(() => unreadable);
      jobsGauge.set({ what: 'jobs' }, open);
      jobsGauge.set({ what: 'steps' }, steps);
      jobsGauge.set({ what: 'lag_seconds' }, lagSeconds);
    },
  });
  const queueDepth: Gauge<'provider' | 'state'> = new Gauge({
    name: 'job_queue_depth',
    help: 'Steps in the queue of a provider',
    labelNames: ['provider', 'state'],
    registers,
    collect: async () => {
      for (const { provider, waiting, active } of await gauges.queues().catch(() => [])) {
        queueDepth.set({ provider, state: 'waiting' }, waiting);
        queueDepth.set({ provider, state: 'active' }, active);
      }
    },
  });
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  return {
    registry,
    bookingsTotal: counter('bookings_total', 'Holds that were made'),
    bookingsSuccess: counter('bookings_success', 'Payments that succeeded'),
    bookingsFailed: counter('bookings_failed', 'Bookings that failed or expired'),
    bookingsPending,
    flightDbUpdatesTotal: counter('flight_db_updates_total', 'Flights created or changed by operators and imports'),
    redisDecrementsTotal: counter('redis_decrements_total', 'Holds that the gate in Redis counted in'),
    redisDecrementsFailed: counter('redis_decrements_failed', 'Holds that asked the gate in Redis and got no answer'),
    gateVerdictsTotal: new Counter({
      name: 'gate_verdicts_total',
      help: 'Holds by what the gate said: admit, sold_out, try or cold of Redis; known, sold out without asking it',
      labelNames: ['verdict'],
      registers,
    }),
    waitingHoldsTotal: counter('waiting_room_holds_total', 'Holds by buyers who were let in from a line'),
    waitingInversionsTotal: counter(
      'waiting_room_inversions_total',
      'Of those, the ones made although somebody with an earlier ticket was refused',
    ),
    laneBatchMembers: new Histogram({
      name: 'lane_batch_members',
      help: 'Members of a batch that one call of Postgres decided',
      labelNames: ['verb'],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    seatDrift: new Gauge({
      name: 'seat_drift_cabins',
      help: 'Cabins whose counters, ledger and bookings are known to disagree; 0, always',
      registers,
    }),
    seatRepairsTotal: counter('seat_repairs_total', 'Cabins that an operator had to repair; 0, always'),
    requestLatencySeconds: new Histogram({
      name: 'request_latency_seconds',
      help: 'From the parsed request to its answer',
      labelNames: ['procedure', 'outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    jobStepsTotal: new Counter({
      name: 'job_steps_total',
      help: 'Runs of fare-search steps by how they ended: done, again, later, back',
      labelNames: ['provider', 'end'],
      registers,
    }),
    jobOutcomesTotal: new Counter({
      name: 'job_outcomes_total',
      help: 'Combinations that came to an outcome',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    jobStepSeconds: new Histogram({
      name: 'job_step_seconds',
      help: 'From taking a step to its end',
      labelNames: ['provider'],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300],
      registers,
    }),
  };
}

const unreadable = { open: Number.NaN, steps: Number.NaN, lagSeconds: Number.NaN };
