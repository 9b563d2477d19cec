import type { Pool } from 'pg';
import type { Keyspace } from '../../platform/redis/keyspace.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import { FlightProjection } from './flight-projection.ts';
import { openRedisProjection } from './redis-projection.ts';

/** The projection of a process. It can be asked at once, and is kept true from `start` on. */
export const openProjection = (options: {
  redis: RedisConnections;
  keys: Keyspace;
  epoch: number;
  pool: Pool;
  clock: Clock;
  report: ErrorReporter;
}): FlightProjection => new FlightProjection({ ...options, redis: openRedisProjection(options) });
