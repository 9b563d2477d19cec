import type { BookingView, HoldInput } from '../../../shared/booking.ts';
import type { BookingRoom } from './booking-room.ts';
import { holdSeats } from './hold-seats.ts';
import { payBooking } from './pay-booking.ts';

/** Holds and starts payment. Fails as either does; a repeat goes on where the first call stopped. */
export async function createBooking(room: BookingRoom, actor: string, input: HoldInput): Promise<BookingView> {
  const held = await holdSeats(room, actor, input);
  return held.status === 'held' ? payBooking(room, actor, { id: held.id }) : held;
}
