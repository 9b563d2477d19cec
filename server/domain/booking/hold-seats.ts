import { hash } from 'node:crypto';
import { type BookingView, type HoldInput, seatsTaken } from '../../../shared/booking.ts';
import type { Money } from '../../../shared/money.ts';
import { violatesUnique } from '../../platform/postgres/pg-errors.ts';
import { Failure, invalidInput, refuse } from '../../platform/runtime/failure.ts';
import type { SoldOut } from '../inventory/seat-gate.ts';
import { availableOf } from '../inventory/seat-truth.ts';
import type { AcceptedOffer } from '../offers/accept-offer.ts';
import type { Buyer, SellingRoom } from './booking-room.ts';
import { type BookingRow, bookingViewOf } from './booking-rows.ts';
import type { HoldMember, HoldOutcome } from './booking-store.ts';
import { getBooking } from './get-booking.ts';
import type { Shed } from './selling-lanes.ts';

/** Somebody edits the flight; that takes no longer. */
const lockedRetryMs = 100;

/**
 * Holds seats on all legs, or on none: those that are named, or those of an offer at its price.
 *
 * Repeating the call with the same id and body answers the same booking. Fails: NOT_FOUND, CLOSED,
 * PRICE_CHANGED (only when `expected` or an offer was given), SOLD_OUT with the refusing cabin's counts and
 * alternatives, REQUEST_ID_REUSED, RATE_LIMITED (too many open holds), BUSY. A failure has written
 * nothing.
 */
export async function holdSeats(room: SellingRoom, buyer: Buyer, input: HoldInput): Promise<BookingView> {
  const { actor } = buyer;
  const offer = input.offerToken === undefined ? undefined : await accept(room, input, input.offerToken);
  const member: HoldMember = {
    id: input.id,
    actor,
    bodyHash: hashOf(input),
    seats: offer?.seats ?? (seatsOf(input) as number),
    legs: offer?.legs ?? (input.legs as HoldMember['legs']),
    passengers: input.passengers ?? [],
    contact: input.contact ?? null,
    // An agreed price is in the offer's currency, whatever the cabin's is by now.
    expected: input.expected ?? offer?.price ?? null,
    ttlSeconds: room.holdTtlSeconds,
    ...(offer && { fare: offer.fare }),
  };
  const isInLine = room.waiting.keeps(member.legs);
  const known = isInLine ? await standInLine(room, member, input.waitingToken) : undefined;
  const outcome = known ?? (await decide(room, buyer, member));
  switch (outcome.kind) {
    case 'held':
      room.metrics.bookingsTotal.inc();
      room.recent.keep(outcome.booking);
      if (isInLine) room.waiting.left(member, 'held');
      return bookingViewOf(outcome.booking);
    case 'exists': {
      const known = (await room.store.read(input.id)) as BookingRow;
      // What it counted for has ended, or was never this buyer's.
      if (known.actor !== actor || known.status !== 'held') {
        room.limits.left({ ...buyer, bookingId: input.id, abandoned: false });
      }
      if (known.actor !== actor || known.bodyHash !== member.bodyHash) throw refuse('REQUEST_ID_REUSED', {});
      return getBooking(room, actor, input.id);
    }
    default:
      room.limits.left({ ...buyer, bookingId: input.id, abandoned: false });
      if (isInLine && isSoldOut(outcome)) room.waiting.left(member, 'refused');
      throw await refusalOf(room, member, outcome, offer);
  }
}

const accept = (room: SellingRoom, input: HoldInput, offerToken: string): Promise<AcceptedOffer> =>
  room.acceptOffer({
    offerToken,
    legs: input.legs,
    seats: seatsOf(input),
    expected: input.expected,
    isRepeat: () => room.lanes.known.send(input.id),
  });

const seatsOf = ({ passengers, seats }: HoldInput): number | undefined => (passengers ? seatsTaken(passengers) : seats);

const isSoldOut = (outcome: Refusal): boolean =>
  outcome.kind === 'shed' || (outcome.kind === 'refused' && outcome.why === 'sold_out');

/**
 * Whoever is not let in yet is told his place (BUSY) or that nothing is free (SOLD_OUT). Undefined: go on. A repeat of
 * a hold that was made before there was a line needs no place.
 */
async function standInLine(
  room: SellingRoom,
  member: HoldMember,
  token: string | undefined,
): Promise<HoldOutcome | undefined> {
  const told = await room.waiting.admit(member, token);
  if (!told) return undefined;
  // Asked once a place, and not with each of its calls; with the lane full, the next call finds it out.
  if (told.isNew && (await room.lanes.known.send(member.id).catch(() => false))) return { kind: 'exists' };
  throw told.failure;
}

/** The gate sheds whom it can; the record decides about everybody else. */
async function decide(room: SellingRoom, buyer: Buyer, member: HoldMember): Promise<HoldOutcome | Shed> {
  const wants = member.legs.map((leg) => ({ ...leg, quantity: member.seats }));
  // A repeat of one that is under way waits for it, whatever the gate says.
  const known = room.lanes.hold.has(member.id) ? undefined : room.gate.refuses(wants);
  let outcome: HoldOutcome | Shed | undefined = known && { kind: 'shed', soldOut: known };
  if (!outcome) {
    // Whoever lets many holds go unpaid is given shorter ones.
    member.ttlSeconds = (
      await room.limits.enter({ ...buyer, bookingId: member.id, ttlSeconds: member.ttlSeconds })
    ).ttlSeconds;
    outcome = await queue(room, member, wants).catch(async (error: unknown): Promise<HoldOutcome> => {
      // Another process holds the same id just now, for another flight.
      if (violatesUnique(error, 'booking_pkey')) return { kind: 'exists' };
      room.limits.left({ ...buyer, bookingId: member.id, abandoned: false });
      // So many of these open a line, and then this one has a place in it.
      throw (error instanceof Failure && error.code === 'BUSY' && (await room.waiting.pressed(member))) || error;
    });
  }
  // The gate knows of cabins, not of requests: whoever repeats a hold that was made gets his booking.
  if (outcome.kind === 'shed' && (await room.lanes.known.send(member.id))) return { kind: 'exists' };
  return outcome;
}

/** Nobody waits for the gate: it is asked beside the way to the record, and sheds who still waits for it. */
function queue(room: SellingRoom, member: HoldMember, wants: Parameters<SellingRoom['gate']['asks']>[0]) {
  const { hold } = room.lanes;
  const isWaiting = hold.depth() > 0;
  const decided = hold.send(member);
  const asked = isWaiting ? room.gate.asks(wants) : undefined;
  if (asked) {
    void asked.then((soldOut) => {
      if (soldOut) hold.withdraw(member, { kind: 'shed', soldOut });
    });
  }
  return decided;
}

/** SHA-256 of what was asked, with the keys in the schema's order. */
function hashOf({ legs, seats, passengers, expected, contact, offerToken }: HoldInput): string {
  return hash('sha256', JSON.stringify({ legs, seats, passengers, expected, contact, offerToken }), 'hex');
}

async function soldOut(room: SellingRoom, member: HoldMember, { leg, available, version }: SoldOut): Promise<Failure> {
  const { flightId, cabin } = member.legs[leg] as HoldMember['legs'][number];
  const wanted = { flightId, cabin, seats: member.seats };
  const alternatives = room.alternatives.peek(wanted) ?? (await room.alternatives.nearest(wanted));
  const told = { flightId, cabin, available, version };
  return refuse('SOLD_OUT', alternatives.length > 0 ? { ...told, alternatives } : told);
}

type Refusal = Exclude<HoldOutcome | Shed, { kind: 'held' | 'exists' }>;

async function refusalOf(
  room: SellingRoom,
  member: HoldMember,
  outcome: Refusal,
  offer: AcceptedOffer | undefined,
): Promise<Failure> {
  if (outcome.kind === 'shed') return soldOut(room, member, outcome.soldOut);
  if (outcome.kind === 'repriced') return repricedFailure(member.expected as Money, outcome.now, offer);
  const { leg, why, cabin } = outcome;
  const refused = member.legs[leg] as HoldMember['legs'][number];
  switch (why) {
    case 'sold_out':
      return soldOut(room, member, {
        leg,
        available: cabin ? availableOf(cabin) : 0,
        version: cabin?.version ?? 0,
      });
    case 'closed': {
      const state = cabin?.state === 'open' ? 'departed' : (cabin?.state ?? 'closed');
      return refuse('CLOSED', { reason: `the flight is ${state}`, ...refused, state });
    }
    case 'unknown':
      return refuse('NOT_FOUND', { reason: 'no such flight, or no such cabin on it', ...refused });
    case 'foreign':
      return invalidInput(['legs', leg], 'all legs of a booking must be priced in one currency');
    case 'range':
      return invalidInput(['legs'], 'the price is out of range');
    case 'locked':
      return refuse('BUSY', { retryAfterMs: lockedRetryMs });
  }
}

/** An agreed price says nothing in another currency; then the offer is priced again. */
async function repricedFailure(was: Money, now: Money, offer: AcceptedOffer | undefined): Promise<Failure> {
  const isForeign = offer !== undefined && offer.price.currency !== now.currency;
  return refuse('PRICE_CHANGED', { was, now: isForeign ? await offer.priceNow() : now });
}
