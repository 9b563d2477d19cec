import type { Pool } from 'pg';
import type { Feed } from '../../platform/feed/feed.ts';
import type { Orm } from '../../platform/postgres/orm.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Alternatives } from '../inventory/nearest-alternatives.ts';
import type { SeatGate } from '../inventory/seat-gate.ts';
import type { Acceptance, AcceptedOffer } from '../offers/accept-offer.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { WaitingRoom } from '../waiting-room/waiting-room.ts';
import type { BookingStore } from './booking-store.ts';
import type { HoldLimits } from './hold-limits.ts';
import type { RecentHolds } from './recent-holds.ts';
import type { SellingLanes } from './selling-lanes.ts';

/** Who wants seats, and from where (limits count both). */
export interface Buyer {
  actor: string;
  address: string;
}

/** What selling needs. The simulation builds one of its own, on a model of the record. */
export interface SellingRoom {
  store: BookingStore;
  lanes: SellingLanes;
  recent: RecentHolds;
  limits: HoldLimits;
  gate: SeatGate;
  waiting: WaitingRoom;
  alternatives: Alternatives;
  clock: Clock;
  metrics: Pick<Metrics, 'bookingsTotal' | 'bookingsSuccess' | 'bookingsFailed'>;
  holdTtlSeconds: number;
  /** What a hold by an offer may rely on. Fails as `acceptOffer` of the offers does. */
  acceptOffer(asked: Acceptance): Promise<AcceptedOffer>;
  /** Bookings moved (log channel). Seats that changed are told by the lanes (state channel). */
  announce(bookingIds: string[]): void;
  /** A payment or refund was written that somebody should call the gateway for. */
  nudgePayments(): void;
}

/** What the commands of this room call. Built once, in app.ts. */
export interface BookingRoom extends SellingRoom {
  pool: Pool;
  orm: Orm;
  feed: Feed;
}
