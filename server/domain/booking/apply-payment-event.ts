import type { PoolClient } from 'pg';
import { money } from '../../../shared/money.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { pausePoint } from '../../platform/runtime/pause-points.ts';
import { retakeSeats, settleSeats } from '../inventory/move-seats.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import { addRefund } from '../payments/add-refund.ts';
import { mergeEvent } from '../payments/merge-event.ts';
import type { PaymentEvent } from '../payments/payment-event.ts';
import { advanceBookings } from './advance-booking.ts';
import type { BookingRoom } from './booking-room.ts';
import { type BookingRow, movesOf, readBooking } from './booking-rows.ts';

/**
 * What a payment's result does to its booking: the event, the money, the seats and the booking's
 * status change in one transaction, or not at all. The same event twice has one effect, and any
 * order of events ends the same. Returns after the commit.
 *
 * Fails: NOT_FOUND (no such booking), INVALID_INPUT (amount or booking is not the payment's).
 */
export async function applyPaymentEvent(room: BookingRoom, event: PaymentEvent): Promise<void> {
  const outcome = await inTransaction(room.pool, async (tx) => {
    // Locks in the order of the house: booking, payment, cabins.
    const locked = await tx.query('select from booking where id = $1 for update', [event.bookingId]);
    if (locked.rowCount === 0) throw refuse('NOT_FOUND', { reason: 'no such booking', bookingId: event.bookingId });
    const merged = await mergeEvent(tx, event);
    if (!merged.changed) return undefined;
    const booking = (await readBooking(tx, event.bookingId)) as BookingRow;
    const truths = merged.status === 'succeeded' ? await paid(tx, booking, event) : await unpaid(tx, booking);
    await pausePoint('payment.before-commit');
    return { truths, status: merged.status };
  });
  if (!outcome) return;
  room.announce({ seats: outcome.truths, bookings: [event.bookingId] });
  room.nudgePayments();
  if (outcome.status === 'succeeded') room.metrics.bookingsSuccess.inc();
  else room.metrics.bookingsFailed.inc();
}

/** The money is there. Seats first; where there are none any more, the money goes back. */
async function paid(tx: PoolClient, booking: BookingRow, event: PaymentEvent): Promise<SeatTruth[]> {
  switch (booking.status) {
    case 'held':
    case 'paying':
      if (booking.priceAmount !== event.amount || booking.priceCurrency !== event.currency) break;
      // Even past its deadline: nobody has said so yet, so the seats are still this booking's.
      await advanceBookings(tx, [booking.id], 'confirmed', { from: ['held', 'paying'] });
      return settleSeats(tx, 'confirm', movesOf(booking));
    case 'expired':
    case 'failed': {
      if (booking.priceAmount !== event.amount || booking.priceCurrency !== event.currency) break;
      const taken = await retake(tx, booking);
      if (taken) {
        await advanceBookings(tx, [booking.id], 'confirmed', {
          from: ['expired', 'failed'],
          reason: 'The payment came late; the seats were still free and were taken again.',
        });
        return taken;
      }
      await giveBack(tx, booking, event, 'The payment came late and the seats were gone; the money goes back.');
      return [];
    }
    case 'cancelled':
      // Who cancelled does not want the seats any more.
      await giveBack(tx, booking, event, 'The payment came after the cancellation; the money goes back.');
      return [];
    case 'confirmed':
    case 'refund_pending':
    case 'refunded':
      break;
  }
  // A second payment, or one of another sum: the booking is as it was, and this money goes back.
  await addRefund(tx, booking.id, money(event.amount, event.currency), event.paymentId);
  return [];
}

async function giveBack(tx: PoolClient, booking: BookingRow, event: PaymentEvent, reason: string): Promise<void> {
  const due = await addRefund(tx, booking.id, money(event.amount, event.currency), event.paymentId);
  if (due) await advanceBookings(tx, [booking.id], 'refund_pending', { from: [booking.status], reason });
}

/** All seats again or none: a savepoint undoes what was taken before a leg refused. */
async function retake(tx: PoolClient, booking: BookingRow): Promise<SeatTruth[] | undefined> {
  await tx.query('savepoint retake');
  const truths = await retakeSeats(tx, movesOf(booking));
  if (!truths) await tx.query('rollback to savepoint retake');
  return truths;
}

/** Declined. The seats are free again at once, unless another payment of the booking may still come. */
async function unpaid(tx: PoolClient, booking: BookingRow): Promise<SeatTruth[]> {
  if (booking.status !== 'paying') return [];
  const open = await tx.query(`select from payment where booking_id = $1 and status = 'pending'`, [booking.id]);
  if (open.rowCount !== 0) return [];
  await advanceBookings(tx, [booking.id], 'failed', { reason: 'The payment was declined.' });
  return settleSeats(tx, 'release', movesOf(booking));
}
