import { money } from '../../../shared/money.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { settleSeats } from '../inventory/move-seats.ts';
import { addRefund } from '../payments/add-refund.ts';
import { advanceBookings } from './advance-booking.ts';
import type { BookingRoom } from './booking-room.ts';
import { type BookingRow, movesOf, readBooking } from './booking-rows.ts';

const batchMax = 100;

const hitSql = `
  select distinct g.booking_id as id from cabin c
  join booking_leg g on g.cabin_id = c.id
  join booking b on b.id = g.booking_id
  where c.state = 'cancelled' and (c.held > 0 or c.sold > 0) and b.status in ('held', 'confirmed')
  limit ${batchMax}`;

const reason = 'The airline cancelled a flight of this booking.';

/**
 * One round for bookings on flights that an operator cancelled: holds are given back, confirmed
 * bookings are refunded in full. Each booking is a transaction of its own, so a crash loses nothing
 * and the next round goes on. One that is paying is met once its payment is settled.
 * Answers whether there may be more.
 */
export async function releaseCancelledFlights(room: BookingRoom): Promise<boolean> {
  const { rows } = await room.pool.query<{ id: string }>(hitSql);
  for (const { id } of rows) {
    const truths = await inTransaction(room.pool, async (tx) => {
      await tx.query('select from booking where id = $1 for update', [id]);
      const booking = (await readBooking(tx, id)) as BookingRow;
      if (booking.status === 'held') {
        await advanceBookings(tx, [id], 'cancelled', { from: ['held'], reason });
        return settleSeats(tx, 'release', movesOf(booking));
      }
      if (booking.status === 'confirmed') {
        const price = money(booking.priceAmount, booking.priceCurrency);
        const refunded = price.amount > 0 && (await addRefund(tx, id, price));
        await advanceBookings(tx, [id], refunded ? 'refund_pending' : 'cancelled', { from: ['confirmed'], reason });
        return settleSeats(tx, 'return', movesOf(booking));
      }
      return [];
    });
    room.announce({ seats: truths, bookings: [id] });
  }
  if (rows.length > 0) room.nudgePayments();
  return rows.length === batchMax;
}
