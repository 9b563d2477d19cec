import { inTransaction } from '../../platform/postgres/transaction.ts';
import { settleSeats } from '../inventory/move-seats.ts';
import { advanceBookings } from './advance-booking.ts';
import type { BookingRoom } from './booking-room.ts';

const batchMax = 500;

// SKIP LOCKED: whoever holds a booking's row is paying, cancelling or expiring it right now, and any
// number of sweepers may run beside each other.
const dueSql = `
  select b.id from booking b
  where b.status in ('held', 'paying') and b.hold_expires_at <= now()
    and ($1::uuid is null or b.id = $1)
    and ($2::int4[] is null or exists (
      select from booking_leg l where l.booking_id = b.id and l.cabin_id = any($2)))
  order by b.hold_expires_at limit ${batchMax} for update of b skip locked`;

const legsSql = `
  select booking_id as "bookingId", cabin_id as "cabinId", quantity from booking_leg where booking_id = any($1::uuid[])`;

/**
 * Ends holds that are past their deadline by Postgres' clock: all of them, those that take seats of
 * some cabins, or one booking. Expiry itself is in the WHERE of whoever uses a hold; this tidies and
 * tells. Answers how many ended (at most 500 a call).
 */
export async function expireDue(
  room: BookingRoom,
  only: { bookingId?: string; cabinIds?: number[] } = {},
): Promise<number> {
  const { expired, truths } = await inTransaction(room.pool, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(dueSql, [only.bookingId ?? null, only.cabinIds ?? null]);
    const ids = rows.map((row) => row.id);
    if (ids.length === 0) return { expired: ids, truths: [] };
    const legs = await tx.query<{ bookingId: string; cabinId: number; quantity: number }>(legsSql, [ids]);
    await advanceBookings(tx, ids, 'expired', { reason: 'The seats were not paid for in time.' });
    return { expired: ids, truths: await settleSeats(tx, 'release', legs.rows) };
  });
  room.announce({ seats: truths, bookings: expired });
  room.metrics.bookingsFailed.inc(expired.length);
  return expired.length;
}
