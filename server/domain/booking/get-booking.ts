import type { BookingView } from '../../../shared/booking.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { SellingRoom } from './booking-room.ts';
import { type BookingRow, bookingViewOf } from './booking-rows.ts';
import { expireHold } from './expire-holds.ts';

/**
 * The caller's own booking, expired first if its time is over, so that nobody is shown a dead hold.
 * Somebody else's is NOT_FOUND, like one that does not exist.
 */
export async function readOwnBooking(room: SellingRoom, actor: string, id: string): Promise<BookingRow> {
  const row = await room.store.read(id);
  if (!row || row.actor !== actor) throw refuse('NOT_FOUND', { reason: 'no such booking', bookingId: id });
  if (!row.due) return row;
  // Where somebody else is ending or paying it at this moment, what they make of it is what the caller is told.
  if (!(await expireHold(room, id))) await room.store.untilDecided(id);
  return (await room.store.read(id)) as BookingRow;
}

export const getBooking = async (room: SellingRoom, actor: string, id: string): Promise<BookingView> =>
  bookingViewOf(await readOwnBooking(room, actor, id));
