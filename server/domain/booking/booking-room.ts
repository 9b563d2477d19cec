import type { Pool } from 'pg';
import type { Feed } from '../../platform/feed/feed.ts';
import type { Orm } from '../../platform/postgres/orm.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { SeatLane } from './lane.ts';

/** What the commands of this room call. Built once, in app.ts. */
export interface BookingRoom {
  pool: Pool;
  orm: Orm;
  clock: Clock;
  metrics: Metrics;
  feed: Feed;
  lane: SeatLane;
  holdTtlSeconds: number;
  /** Called after a commit: cabins that changed (state channel) and bookings that moved (log channel). */
  announce(changes: { seats?: SeatTruth[]; bookings?: string[] }): void;
  /** A payment or refund was written that somebody should call the gateway for. */
  nudgePayments(): void;
}
