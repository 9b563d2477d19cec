import { isDeepStrictEqual } from 'node:util';
import { type BookingView, type Passenger, type SetPassengersInput, seatsTaken } from '../../../shared/booking.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { invalidInput, refuse } from '../../platform/runtime/failure.ts';
import { availableActions } from './booking-lifecycle.ts';
import type { BookingLogData } from './booking-log.ts';
import type { BookingRoom } from './booking-room.ts';
import { type BookingRow, bookingViewOf, readBooking } from './booking-rows.ts';
import { readOwnBooking } from './get-booking.ts';
import { writePassengers } from './write-passengers.ts';

const raiseSql = `
  update booking set version = version + 1, contact = coalesce($3, contact)
  where id = $1 and status = any($2::text[]) returning version`;

/**
 * Names the people of a booking, or renames them. Takes and frees no seat: the party must need as
 * many as are held. The same names again change nothing.
 *
 * Fails: NOT_FOUND, INVALID_INPUT (another number of seats), NOT_ALLOWED (in its present state).
 */
export async function setPassengers(
  room: BookingRoom,
  actor: string,
  { id, passengers, contact }: SetPassengersInput,
): Promise<BookingView> {
  const before = await readOwnBooking(room, actor, id);
  if (!availableActions(before.status).includes('set_passengers')) throw notAllowed(before);
  if (seatsTaken(passengers) !== before.seats) {
    throw invalidInput(['passengers'], `they take ${seatsTaken(passengers)} seats, the booking has ${before.seats}`);
  }
  if (isSame(before, passengers, contact)) return bookingViewOf(before);
  const after = await inTransaction(room.pool, async (tx) => {
    const raised = await tx.query<{ version: number }>(raiseSql, [
      id,
      ['held', 'paying', 'confirmed'],
      contact ? JSON.stringify(contact) : null,
    ]);
    if (!raised.rows[0]) throw notAllowed((await readBooking(tx, id)) as BookingRow);
    await tx.query('delete from passenger where booking_id = $1', [id]);
    await writePassengers(tx, id, passengers);
    const row = (await readBooking(tx, id)) as BookingRow;
    const { status, reason, locator, payment, refund } = row;
    const data: BookingLogData = { status, reason, locator, payment, refund };
    await writeLog(tx, [{ type: 'booking.passengers_changed', subject: id, version: row.version, data: { ...data } }]);
    return row;
  });
  room.announce([id]);
  return bookingViewOf(after);
}

/** A repeat after a lost answer must not look like another change to whoever follows the booking. */
const isSame = (before: BookingRow, passengers: Passenger[], contact: BookingView['contact'] | undefined): boolean =>
  isDeepStrictEqual(before.passengers, passengers) && (!contact || isDeepStrictEqual(before.contact, contact));

const notAllowed = (row: BookingRow) =>
  refuse('NOT_ALLOWED', {
    reason: `passengers cannot be changed while the booking is ${row.status}`,
    status: row.status,
  });
