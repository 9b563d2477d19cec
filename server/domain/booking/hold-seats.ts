import { createHash } from 'node:crypto';
import { type BookingView, type HoldInput, seatsTaken } from '../../../shared/booking.ts';
import type { Money } from '../../../shared/money.ts';
import { type Failure, invalidInput, refuse } from '../../platform/runtime/failure.ts';
import { availableOf } from '../inventory/seat-truth.ts';
import type { SellingRoom } from './booking-room.ts';
import { type BookingRow, bookingViewOf } from './booking-rows.ts';
import type { HoldMember, HoldOutcome } from './booking-store.ts';
import { getBooking } from './get-booking.ts';

/** Somebody edits the flight; that takes no longer. */
const lockedRetryMs = 100;

/**
 * Holds seats on all legs, or on none.
 *
 * Repeating the call with the same id and body answers the same booking. Fails: NOT_FOUND, CLOSED,
 * PRICE_CHANGED (only when `expected` was given), SOLD_OUT with the refusing cabin's counts,
 * REQUEST_ID_REUSED, BUSY. A failure has written nothing.
 */
export async function holdSeats(room: SellingRoom, actor: string, input: HoldInput): Promise<BookingView> {
  const member: HoldMember = {
    id: input.id,
    actor,
    bodyHash: hashOf(input),
    seats: input.passengers ? seatsTaken(input.passengers) : (input.seats as number),
    legs: input.legs,
    passengers: input.passengers ?? [],
    contact: input.contact ?? null,
    expected: input.expected ?? null,
    ttlSeconds: room.holdTtlSeconds,
  };
  const outcome = await room.lanes.hold.send(member);
  if (outcome.kind === 'held') {
    room.metrics.bookingsTotal.inc();
    room.recent.keep(outcome.booking);
    return bookingViewOf(outcome.booking);
  }
  if (outcome.kind === 'exists') {
    const known = (await room.store.read(input.id)) as BookingRow;
    if (known.actor !== actor || known.bodyHash !== member.bodyHash) throw refuse('REQUEST_ID_REUSED', {});
    return getBooking(room, actor, input.id);
  }
  throw refusalOf(member, outcome);
}

/** SHA-256 of what was asked; zod has put the keys in the schema's order. */
function hashOf({ id: _, ...body }: HoldInput): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex');
}

function refusalOf(member: HoldMember, outcome: Extract<HoldOutcome, { kind: 'refused' | 'repriced' }>): Failure {
  if (outcome.kind === 'repriced') return refuse('PRICE_CHANGED', { was: member.expected as Money, now: outcome.now });
  const leg = member.legs[outcome.leg] as HoldMember['legs'][number];
  const { cabin } = outcome;
  switch (outcome.why) {
    case 'sold_out':
      return refuse('SOLD_OUT', {
        flightId: leg.flightId,
        cabin: leg.cabin,
        available: cabin ? availableOf(cabin) : 0,
        version: cabin?.version ?? 0,
      });
    case 'closed': {
      const state = cabin?.state === 'open' ? 'departed' : (cabin?.state ?? 'closed');
      return refuse('CLOSED', { reason: `the flight is ${state}`, ...leg, state });
    }
    case 'unknown':
      return refuse('NOT_FOUND', { reason: 'no such flight, or no such cabin on it', ...leg });
    case 'foreign':
      return invalidInput(['legs', outcome.leg], 'all legs of a booking must be priced in one currency');
    case 'range':
      return invalidInput(['legs'], 'the price is out of range');
    case 'locked':
      return refuse('BUSY', { retryAfterMs: lockedRetryMs });
  }
}
