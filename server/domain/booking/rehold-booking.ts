import { type BookingView, holdInput, type ReholdInput } from '../../../shared/booking.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { availableActions } from './booking-lifecycle.ts';
import type { Buyer, SellingRoom } from './booking-room.ts';
import { readOwnBooking } from './get-booking.ts';
import { holdSeats } from './hold-seats.ts';

/**
 * Holds what a booking that is over had (legs, seats, people, contact) under a new id, at today's
 * price; with `expected`, at that price or not at all. The old booking stays as it is.
 *
 * Repeating the call with the same ids answers the same booking. Fails: NOT_FOUND (somebody else's),
 * NOT_ALLOWED (not over), and as `holdSeats`.
 */
export async function reholdBooking(room: SellingRoom, buyer: Buyer, input: ReholdInput): Promise<BookingView> {
  const { status, legs, seats, passengers, contact } = await readOwnBooking(room, buyer.actor, input.id);
  // A repeat is answered from what the first call made, whatever became of the old booking since.
  const repeated = await room.store.read(input.newId);
  if (!repeated && !availableActions(status).includes('rehold')) {
    throw refuse('NOT_ALLOWED', { reason: `a booking that is ${status} cannot be held again`, status });
  }
  // Parsed as if it came from outside: its keys in the schema's order, so that a repeat is known by its hash.
  const again = holdInput.parse({
    id: input.newId,
    legs: legs.map(({ flightId, cabin }) => ({ flightId, cabin })),
    ...(passengers.length > 0 ? { passengers } : { seats }),
    ...(input.expected && { expected: input.expected }),
    ...(contact && { contact }),
  });
  return holdSeats(room, buyer, again);
}
