import type { BookingView, ListBookingsInput } from '../../../shared/booking.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import type { BookingRoom } from './booking-room.ts';
import { bookingViewOf, readBookings } from './booking-rows.ts';

const listSql = `
  select b.id from booking b
  where b.actor = $1 and ($2::text is null or b.status = $2)
    and ($3::timestamptz is null or (b.created_at, b.id) < ($3, $4::uuid))
  order by b.created_at desc, b.id desc limit $5`;

/** The caller's bookings, newest first. Fails: INVALID_INPUT for a cursor that is none. */
export async function listBookings(
  room: BookingRoom,
  actor: string,
  input: ListBookingsInput,
): Promise<{ bookings: BookingView[]; nextCursor: string | null }> {
  const after = decodeCursor(input.cursor, ['instant', 'id']);
  const { rows } = await room.pool.query<{ id: string }>(listSql, [
    actor,
    input.status ?? null,
    after?.[0] ?? null,
    after?.[1] ?? null,
    input.limit + 1,
  ]);
  const page = await readBookings(
    room.pool,
    rows.slice(0, input.limit).map((row) => row.id),
  );
  const last = page.at(-1);
  return {
    bookings: page.map(bookingViewOf),
    nextCursor: rows.length > page.length && last ? encodeCursor([last.createdAt, last.id]) : null,
  };
}
