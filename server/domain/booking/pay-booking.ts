import type { BookingView } from '../../../shared/booking.ts';
import { newId } from '../../../shared/ids.ts';
import { violatesUnique } from '../../platform/postgres/pg-errors.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { addPayment } from '../payments/add-payment.ts';
import { advanceBookings } from './advance-booking.ts';
import type { BookingRoom } from './booking-room.ts';
import { type BookingRow, bookingViewOf, readBooking } from './booking-rows.ts';
import { readOwnBooking } from './get-booking.ts';
import { newLocator } from './record-locator.ts';

const locatorDrawsMax = 8;

// The deadline is tested by Postgres' clock on the locked row, in the statement that decides.
const stillHeldSql = `
  select id from booking where id = $1 and actor = $2 and status = 'held' and hold_expires_at > now() for update`;

/**
 * Starts paying for a hold: `held → paying`, with the payment's row in the same transaction; the
 * gateway is called from that row afterwards. Idempotent by state: a booking whose payment was
 * started already is answered as it is.
 *
 * Fails: NOT_FOUND, HOLD_EXPIRED, NOT_ALLOWED (cancelled before it was paid).
 */
export async function payBooking(
  room: BookingRoom,
  actor: string,
  input: { id: string; method?: string },
): Promise<BookingView> {
  const started = await startPayment(room, actor, input);
  if (started) {
    room.announce({ bookings: [input.id] });
    room.nudgePayments();
    return bookingViewOf(started);
  }
  const row = await readOwnBooking(room, actor, input.id);
  if (row.payment) return bookingViewOf(row);
  if (row.status === 'expired')
    throw refuse('HOLD_EXPIRED', { reason: 'the hold has expired', bookingId: row.id, at: row.holdExpiresAt });
  throw refuse('NOT_ALLOWED', { reason: `the booking is ${row.status}`, status: row.status });
}

async function startPayment(
  room: BookingRoom,
  actor: string,
  { id, method }: { id: string; method?: string },
): Promise<BookingRow | undefined> {
  for (let draw = 1; ; draw++) {
    try {
      return await inTransaction(room.pool, async (tx) => {
        const held = await tx.query(stillHeldSql, [id, actor]);
        if (held.rowCount === 0) return undefined;
        const booking = (await readBooking(tx, id)) as BookingRow;
        await addPayment(tx, {
          id: newId(),
          bookingId: id,
          amount: { amount: booking.priceAmount, currency: booking.priceCurrency },
          method: method ?? null,
        });
        await advanceBookings(tx, [id], 'paying', { locator: newLocator() });
        return (await readBooking(tx, id)) as BookingRow;
      });
    } catch (error) {
      // Somebody has this locator already; the transaction left nothing behind.
      if (!violatesUnique(error, 'booking_locator_uq') || draw >= locatorDrawsMax) throw error;
    }
  }
}
