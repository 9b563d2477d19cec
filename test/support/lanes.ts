import type pg from 'pg';
import { openBookingStore } from '../../server/domain/booking/postgres-booking-store.ts';
import { createSellingLanes, type SellingLanes } from '../../server/domain/booking/selling-lanes.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';

/** Another process's worth of lanes on the same database. */
export function openLanes(pool: pg.Pool, url: string): { lanes: SellingLanes; close(): Promise<void> } {
  const store = openBookingStore(pool, url);
  return { lanes: createSellingLanes({ store, clock: systemClock, onSeats: () => undefined }), close: store.close };
}
