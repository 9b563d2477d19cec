import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { AuditStatusView } from '../../../shared/operations.ts';
import type { Orm } from '../../platform/postgres/orm.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { PlaceDirectory } from '../places/place-directory.ts';
import type { DriftBook } from './drift-book.ts';
import type { SeatChannel } from './seat-channel.ts';

/** What the commands of this room call. Built once, in app.ts. */
export interface InventoryRoom {
  pool: Pool;
  orm: Orm;
  clock: Clock;
  metrics: Metrics;
  places: PlaceDirectory;
  seats: SeatChannel;
  log: Logger;
  /** What is known of cabins that disagree. */
  drift: DriftBook;
  /** The newest round of the audit, whichever process made it. */
  auditStatus(): Promise<AuditStatusView | null>;
  /** Something was written to the log: whoever follows it may look. */
  announceLog(): void;
  /** A flight was cancelled: its bookings wait for somebody to release them. */
  nudgeReleases(): void;
}
