import { inTransaction } from '../../platform/postgres/transaction.ts';
import type { DueRefund } from '../payments/call-gateway.ts';
import { advanceBookings } from './advance-booking.ts';
import type { BookingRoom } from './booking-room.ts';

/** Writes down that the gateway has given the money back; the booking is refunded when nothing is pending. */
export async function completeRefund(room: BookingRoom, refund: DueRefund): Promise<void> {
  await inTransaction(room.pool, async (tx) => {
    await tx.query('select from booking where id = $1 for update', [refund.bookingId]);
    const settled = await tx.query(
      `update refund set status = 'succeeded', next_call_at = null where id = $1 and status = 'pending'`,
      [refund.id],
    );
    if (settled.rowCount === 0) return;
    const open = await tx.query(`select from refund where booking_id = $1 and status = 'pending'`, [refund.bookingId]);
    if (open.rowCount === 0) {
      const reason = await tx.query<{ reason: string | null }>('select reason from booking where id = $1', [
        refund.bookingId,
      ]);
      await advanceBookings(tx, [refund.bookingId], 'refunded', { reason: reason.rows[0]?.reason ?? undefined });
    }
  });
  room.announce({ bookings: [refund.bookingId] });
}
