import { createHash } from 'node:crypto';
import { type BookingView, type HoldInput, seatsTaken } from '../../../shared/booking.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import { availableOf, seatTruthColumns } from '../inventory/seat-truth.ts';
import { type PricedLeg, priceParty } from '../offers/price-party.ts';
import type { BookingRoom } from './booking-room.ts';
import { type BookingRow, bookingViewOf, readBooking } from './booking-rows.ts';
import { expireDue } from './expire-holds.ts';
import { getBooking } from './get-booking.ts';

/** A refused hold is tried again when seats came free, or a price moved, in between. */
const attemptsMax = 3;

/**
 * Holds seats on all legs, or on none.
 *
 * Repeating the call with the same id and body answers the same booking. Fails: NOT_FOUND, CLOSED,
 * PRICE_CHANGED (only when `expected` was given), SOLD_OUT with the refusing cabin's counts,
 * REQUEST_ID_REUSED, BUSY. A failure has written nothing.
 */
export async function holdSeats(room: BookingRoom, actor: string, input: HoldInput): Promise<BookingView> {
  const seats = input.passengers ? seatsTaken(input.passengers) : (input.seats as number);
  const bodyHash = hashOf(input);
  const known = await readBooking(room.pool, input.id);
  if (known) return replay(room, known, actor, bodyHash);

  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const price = await priceParty(room.pool, input.legs, seats, input.expected);
    const outcome = await room.lane.hold({
      id: input.id,
      actor,
      bodyHash,
      seats,
      passengers: input.passengers ?? [],
      contact: input.contact ?? null,
      price,
      ttlSeconds: room.holdTtlSeconds,
    });
    switch (outcome.kind) {
      case 'held':
        room.metrics.bookingsTotal.inc();
        return bookingViewOf(outcome.booking);
      case 'exists':
        return replay(room, (await readBooking(room.pool, input.id)) as BookingRow, actor, bodyHash);
      case 'refused': {
        const leg = price.legs.find(({ cabinId }) => cabinId === outcome.cabinId) as PricedLeg;
        const cabin = await readRefusing(room, leg);
        // Holds past their deadline still count until somebody says so; nobody else need be awaited.
        if (cabin?.due) await expireDue(room, { cabinIds: [leg.cabinId] });
        // Gone, closed or repriced: the next pricing says which, or goes on with the new price.
        if (!cabin || cabin.due || !cabin.asPriced) break;
        // Two legs may lie in one cabin, which then needs seats for both.
        const wanted = seats * price.legs.filter(({ cabinId }) => cabinId === leg.cabinId).length;
        if (availableOf(cabin) < wanted) {
          throw refuse('SOLD_OUT', {
            flightId: leg.flightId,
            cabin: leg.cabin,
            available: availableOf(cabin),
            version: cabin.version,
          });
        }
      }
    }
  }
  throw refuse('BUSY', { retryAfterMs: 50 });
}

/** SHA-256 of what was asked; zod has put the keys in the schema's order. */
function hashOf({ id: _, ...body }: HoldInput): Buffer {
  return createHash('sha256').update(JSON.stringify(body)).digest();
}

async function replay(room: BookingRoom, known: BookingRow, actor: string, bodyHash: Buffer): Promise<BookingView> {
  if (known.actor !== actor || !known.bodyHash.equals(bodyHash)) throw refuse('REQUEST_ID_REUSED', {});
  return getBooking(room, actor, known.id);
}

// Holds that are over are few, and an index has just them; asked the other way round, every booking a
// full cabin ever had would be looked at for each refusal. The limit keeps the planner to it.
const refusingSql = `
  select ${seatTruthColumns},
    c.state = 'open' and c.departs_at_utc > now() and c.price_amount = $2 and c.price_currency = $3 as "asPriced",
    exists (
      select from (
        select b.id from booking b where b.status in ('held', 'paying') and b.hold_expires_at <= now() limit 500
      ) over_now join booking_leg l on l.booking_id = over_now.id where l.cabin_id = c.id
    ) as due
  from cabin c where c.id = $1`;

/** The cabin that refused, as it is now: still what was priced, and are there holds in it that are over? */
async function readRefusing(
  room: BookingRoom,
  leg: PricedLeg,
): Promise<(SeatTruth & { asPriced: boolean; due: boolean }) | undefined> {
  const { rows } = await room.pool.query<SeatTruth & { asPriced: boolean; due: boolean }>({
    name: 'read-refusing-cabin',
    text: refusingSql,
    values: [leg.cabinId, leg.price.amount, leg.price.currency],
  });
  return rows[0];
}
