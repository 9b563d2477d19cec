import pg from 'pg';
import { inject } from 'vitest';
import { idleGauges } from '../../scripts/stage/idle-gauges.ts';
import { KnownSeats } from '../../server/domain/inventory/known-seats.ts';
import { pushTruths } from '../../server/domain/inventory/push-truths.ts';
import { readTruths } from '../../server/domain/inventory/read-truths.ts';
import { openRedisGate, type RedisGate } from '../../server/domain/inventory/redis-gate.ts';
import { seatGateKey } from '../../server/domain/inventory/seat-gate.keys.ts';
import { createSeatGate, type OpenSeatGate } from '../../server/domain/inventory/seat-gate.ts';
import type { SeatTruth } from '../../server/domain/inventory/seat-truth.ts';
import { createMetrics, type Metrics } from '../../server/domain/operations/metrics.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { openRedis, type RedisConnections } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import type { CabinClass } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { createTestDatabase } from '../support/test-database.ts';

/** The gate of one process. */
export interface GateProcess {
  gate: OpenSeatGate;
  known: KnownSeats;
  redisGate: RedisGate;
  /** One round of the pusher. */
  push(): Promise<void>;
  /** Of the metric `gate_verdicts_total`. */
  verdicts(): Promise<Record<string, number>>;
  count(name: 'redisDecrementsTotal' | 'redisDecrementsFailed'): Promise<number>;
}

export interface Cabin {
  flightId: string;
  cabin: CabinClass;
  cabinId: number;
}

export interface GateScene {
  clock: ManualClock;
  db: pg.Pool;
  redis: RedisConnections;
  clusterId: string;
  errors: unknown[];
  /** Another process on the same database and Redis, or on the Redis that is given. */
  process(redis?: RedisConnections): GateProcess;
  cabin(seats: number, options?: { state?: string }): Promise<Cabin>;
  /** Changes the row as a commit does, and answers what Postgres says of it then. */
  commit(cabin: Cabin, change: { free?: number; state?: string }): Promise<SeatTruth>;
  truth(cabin: Cabin): Promise<SeatTruth>;
  key(cabin: Cabin): string;
  close(): Promise<void>;
}

/** A database and the run's Redis, with time in the test's hands; Redis and Postgres keep their own. */
export async function openGateScene(): Promise<GateScene> {
  const database = await createTestDatabase();
  const db = new pg.Pool({ connectionString: database.url, max: 4 });
  const redis = openRedis(inject('redisUrl'), createLogger('fatal'));
  await new Promise((resolve) => redis.commands.once('ready', resolve));
  const clusterId = newId();
  const clock = new ManualClock();
  const errors: unknown[] = [];
  await db.query(`insert into carrier (code, name) values ('QX', 'Test')`);
  const truth = async (cabin: Cabin): Promise<SeatTruth> => (await readTruths(db, [cabin]))[0] as SeatTruth;
  return {
    clock,
    db,
    redis,
    clusterId,
    errors,
    truth,
    key: ({ cabinId }) => seatGateKey(keyspace(clusterId), cabinId),
    process: (own = redis) => {
      const known = new KnownSeats(clock);
      const redisGate = openRedisGate({ redis: own, keys: keyspace(clusterId), clock, epoch: 1 });
      const metrics: Metrics = createMetrics(idleGauges);
      const report = (error: unknown): string => {
        errors.push(error);
        return '';
      };
      const room = { known, redis: redisGate, pool: db, clock, metrics, report };
      return {
        gate: createSeatGate(room),
        known,
        redisGate,
        push: () => pushTruths(room),
        verdicts: async () => {
          const { values } = await metrics.gateVerdictsTotal.get();
          return Object.fromEntries(values.map(({ labels, value }) => [labels.verdict, value]));
        },
        count: async (name) => (await metrics[name].get()).values[0]?.value ?? 0,
      };
    },
    cabin: async (seats, options = {}) => {
      const flightId = newId();
      await db.query(
        `insert into flight (id, carrier, number, origin, destination, departs_at, arrives_at, departs_at_utc, arrives_at_utc)
         values ($1, 'QX', '1', 'JFK', 'LHR', '2030-01-01T10:00', '2030-01-01T22:00', '2030-01-01T15:00Z', '2030-01-01T22:00Z')`,
        [flightId],
      );
      const { rows } = await db.query<{ id: number }>(
        `insert into cabin (flight_id, cabin, target_capacity, capacity, price_amount, price_currency, departs_at_utc, state)
         values ($1, 'economy', $2, $2, 100, 'USD', '2030-01-01T15:00Z', $3) returning id`,
        [flightId, seats, options.state ?? 'open'],
      );
      return { flightId, cabin: 'economy', cabinId: rows[0]?.id as number };
    },
    commit: async (cabin, { free, state }) => {
      await db.query(
        `update cabin set sold = case when $2::int is null then sold else target_capacity - held - $2 end,
           state = coalesce($3, state), version = version + 1 where id = $1`,
        [cabin.cabinId, free ?? null, state ?? null],
      );
      return truth(cabin);
    },
    close: async () => {
      await redis.close();
      await db.end();
      await database.drop();
    },
  };
}
