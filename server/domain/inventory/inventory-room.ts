import type { Pool } from 'pg';

import type { Orm } from '../../platform/postgres/orm.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { PlaceDirectory } from '../places/place-directory.ts';
import type { SeatChannel } from './seat-channel.ts';

/** What the commands of this room call. Built once, in app.ts. */
export interface InventoryRoom {
  pool: Pool;
  orm: Orm;
  clock: Clock;
  metrics: Metrics;
  places: PlaceDirectory;
  seats: SeatChannel;
  /** Something was written to the log: whoever follows it may look. */
  announceLog(): void;
  /** A flight was cancelled: its bookings wait for somebody to release them. */
  nudgeReleases(): void;
}
