import type { BookingView } from '../../../shared/booking.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { BookingRoom } from './booking-room.ts';
import { type BookingRow, bookingViewOf, readBooking } from './booking-rows.ts';
import { expireDue } from './expire-holds.ts';

/**
 * The caller's own booking, expired first if its time is over, so that nobody is shown a dead hold.
 * Somebody else's is NOT_FOUND, like one that does not exist.
 */
export async function readOwnBooking(room: BookingRoom, actor: string, id: string): Promise<BookingRow> {
  const row = await readBooking(room.pool, id);
  if (!row || row.actor !== actor) throw refuse('NOT_FOUND', { reason: 'no such booking', bookingId: id });
  if (row.due && (await expireDue(room, { bookingId: id })) === 0) await untilDecided(room, id);
  return row.due ? ((await readBooking(room.pool, id)) as BookingRow) : row;
}

/** Somebody else is ending or paying it at this moment: what they make of it is what the caller is told. */
const untilDecided = (room: BookingRoom, id: string): Promise<unknown> =>
  inTransaction(room.pool, (tx) => tx.query('select from booking where id = $1 for share', [id]));

export const getBooking = async (room: BookingRoom, actor: string, id: string): Promise<BookingView> =>
  bookingViewOf(await readOwnBooking(room, actor, id));
