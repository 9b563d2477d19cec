import type { BookingView, HoldInput } from '../../../shared/booking.ts';
import type { Buyer, SellingRoom } from './booking-room.ts';
import { holdSeats } from './hold-seats.ts';
import { payBooking } from './pay-booking.ts';

/** Holds and starts payment. Fails as either does; a repeat goes on where the first call stopped. */
export async function createBooking(room: SellingRoom, buyer: Buyer, input: HoldInput): Promise<BookingView> {
  const held = await holdSeats(room, buyer, input);
  return held.status === 'held' ? payBooking(room, buyer, { id: held.id }) : held;
}
