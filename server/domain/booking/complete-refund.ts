import type { DueRefund } from '../payments/call-gateway.ts';
import type { SellingRoom } from './booking-room.ts';

/** Writes down that the gateway has given the money back; the booking is refunded when nothing is pending. */
export async function completeRefund(room: SellingRoom, refund: DueRefund): Promise<void> {
  const moved = await room.lanes.refunded.send({ id: refund.id, bookingId: refund.bookingId });
  if (moved) room.announce([refund.bookingId]);
}
