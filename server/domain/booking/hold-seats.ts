import { createHash } from 'node:crypto';
import { type BookingView, type HoldInput, seatsTaken } from '../../../shared/booking.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import { availableOf, seatTruthColumns } from '../inventory/seat-truth.ts';
import { priceParty } from '../offers/price-party.ts';
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
        room.announce({ seats: outcome.truths });
        room.metrics.bookingsTotal.inc();
        return bookingViewOf(outcome.booking);
      case 'exists':
        return replay(room, (await readBooking(room.pool, input.id)) as BookingRow, actor, bodyHash);
      case 'refused': {
        // Holds past their deadline still count until somebody says so; nobody else need be awaited.
        const freed = await expireDue(room, { cabinIds: price.legs.map((leg) => leg.cabinId) });
        const truth = await readCabin(room, outcome.cabinId);
        // Two legs may lie in one cabin, which then needs seats for both.
        const wanted = seats * price.legs.filter((leg) => leg.cabinId === outcome.cabinId).length;
        if (freed === 0 && truth && availableOf(truth) < wanted) {
          // Closed flights and changed prices are told by the next pricing, in that order.
          await priceParty(room.pool, input.legs, seats, input.expected);
          throw refuse('SOLD_OUT', {
            flightId: truth.flightId,
            cabin: truth.cabin,
            available: availableOf(truth),
            version: truth.version,
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

async function readCabin(room: BookingRoom, cabinId: number): Promise<SeatTruth | undefined> {
  const { rows } = await room.pool.query<SeatTruth>(`select ${seatTruthColumns} from cabin c where c.id = $1`, [
    cabinId,
  ]);
  return rows[0];
}
