import type { Pool } from 'pg';

/** Lets holds end at another time than was agreed, so long from now. */
export async function moveDeadline(db: Pool, bookingIds: string[], fromNow: string): Promise<void> {
  await db.query(
    `with moved as (
       update booking set hold_expires_at = now() + $2::interval where id = any($1) returning id, hold_expires_at)
     insert into hold_deadline (at, batch, bookings)
     select hold_expires_at, gen_random_uuid(), array_agg(id) from moved group by hold_expires_at`,
    [bookingIds, fromNow],
  );
}
