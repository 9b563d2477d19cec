import type { Pool } from 'pg';
import type { Passenger } from '../../../shared/booking.ts';
import { isPoolExhausted, isRetryable, isUnavailable, violatesUnique } from '../../platform/postgres/pg-errors.ts';
import { withRetries } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { pausePoint } from '../../platform/runtime/pause-points.ts';
import { holdSeatsSql } from '../inventory/hold-seats-sql.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import type { PartyPrice } from '../offers/price-party.ts';
import type { BookingRow } from './booking-rows.ts';

/** One hold on its way to Postgres. */
export interface HoldMember {
  id: string;
  actor: string;
  bodyHash: Buffer;
  seats: number;
  passengers: Passenger[];
  contact: { email: string; phone?: string } | null;
  price: PartyPrice;
  ttlSeconds: number;
}

export type HoldOutcome =
  | { kind: 'held'; booking: BookingRow }
  /** The id is taken already: a repeat, or somebody else's. */
  | { kind: 'exists' }
  /** This cabin had too few seats, is closed, or costs something else by now. Nothing was written. */
  | { kind: 'refused'; cabinId: number };

/** Where holds become durable. Callers know nothing of how many share a transaction. */
export interface SeatLane {
  /** Fails: BUSY when too many are waiting. */
  hold(member: HoldMember): Promise<HoldOutcome>;
  /** Members that wait or are on their way. */
  depth(): number;
}

/** More than this in one call makes the first of them wait for the last without being cheaper. */
const batchMax = 256;
/** Beyond it the answer is BUSY: a queue that grows is a promise that nobody keeps. */
const waitingMax = 1_024;
/** At first sight of a full queue; about what it takes to work it off. */
const busyRetryMs = 250;

interface Waiting {
  member: HoldMember;
  resolve: (outcome: HoldOutcome) => void;
  reject: (error: unknown) => void;
}

interface Row {
  codes: string[];
  refused_by: (number | null)[];
  /** Milliseconds since the epoch, by Postgres' clock. */
  at: number;
  truths: SeatTruth[];
}

/**
 * Batches holds without a timer: an idle lane sends what comes at once; while a batch is on its way
 * the next one gathers, first come first served. One call of one function decides all members of a
 * batch, each for itself, and commits them together.
 *
 * @param onCommitted told once a batch what the touched cabins are now.
 */
export function createSeatLane(pool: Pool, onCommitted: (truths: SeatTruth[]) => void): SeatLane {
  const queue: Waiting[] = [];
  /** Ids on their way: the same id twice in one batch would fail it. */
  const inFlight = new Map<string, Promise<HoldOutcome>>();
  let running = false;

  const run = async (): Promise<void> => {
    running = true;
    // Whoever called in this same turn of the event loop rides along.
    await Promise.resolve();
    while (queue.length > 0) await settle(queue.splice(0, batchMax));
    running = false;
  };

  /** Answers every member of a batch, whatever happens. */
  const settle = async (batch: Waiting[]): Promise<void> => {
    try {
      await pausePoint('lane.before-call');
      const row = await call(batch);
      if (row.codes.includes('h')) onCommitted(row.truths);
      batch.forEach(({ member, resolve }, place) => {
        resolve(outcomeOf(member, row, place));
      });
    } catch (error) {
      if (batch.length > 1 && isPoison(error)) {
        // One member spoils the batch; halves find it, and it fails alone.
        const half = batch.length >> 1;
        await settle(batch.slice(0, half));
        await settle(batch.slice(half));
        return;
      }
      for (const { resolve, reject } of batch) {
        // Another process holds the same id just now.
        if (violatesUnique(error, 'booking_pkey')) resolve({ kind: 'exists' });
        else reject(error);
      }
    }
  };

  const call = (batch: Waiting[]): Promise<Row> =>
    withRetries(async () => {
      const { rows } = await pool.query<Row>({ name: 'hold-seats', text: holdSeatsSql, values: valuesOf(batch) });
      return rows[0] as Row;
    });

  const lane: SeatLane = {
    depth: () => inFlight.size,
    hold: (member) => {
      const same = inFlight.get(member.id);
      // Once the first is decided the second is an ordinary repeat.
      if (same)
        return same.then(
          () => lane.hold(member),
          () => lane.hold(member),
        );
      if (queue.length >= waitingMax) return Promise.reject(refuse('BUSY', { retryAfterMs: busyRetryMs }));
      const outcome = new Promise<HoldOutcome>((resolve, reject) => {
        queue.push({ member, resolve, reject });
      }).finally(() => inFlight.delete(member.id));
      inFlight.set(member.id, outcome);
      if (!running) run().catch(() => undefined);
      return outcome;
    },
  };
  return lane;
}

/** A lost race was tried again already, and with the server away nobody is to blame: anything else is a member's fault. */
const isPoison = (error: unknown): boolean => !isRetryable(error) && !isUnavailable(error) && !isPoolExhausted(error);

function outcomeOf(member: HoldMember, row: Row, place: number): HoldOutcome {
  switch (row.codes[place]) {
    case 'h':
      return { kind: 'held', booking: bookingOf(member, row.at) };
    case 'x':
      return { kind: 'exists' };
    default:
      return { kind: 'refused', cabinId: row.refused_by[place] as number };
  }
}

/** What a hold looks like that was written just now: nobody can have changed it before its maker is told. */
const bookingOf = (member: HoldMember, at: number): BookingRow => ({
  id: member.id,
  actor: member.actor,
  bodyHash: member.bodyHash,
  status: 'held',
  due: false,
  seats: member.seats,
  priceAmount: member.price.total.amount,
  priceCurrency: member.price.total.currency,
  holdExpiresAt: new Date(at + member.ttlSeconds * 1_000).toISOString(),
  locator: null,
  contact: member.contact,
  reason: null,
  version: 1,
  createdAt: new Date(at).toISOString(),
  legs: member.price.legs.map(({ flightId, cabin, cabinId }) => ({ flightId, cabin, cabinId, quantity: member.seats })),
  passengers: member.passengers,
  payment: null,
  refund: null,
});

/** The arrays of `hold_seats`, in its order. */
function valuesOf(batch: Waiting[]): unknown[] {
  const members = batch.map((each) => each.member);
  const legs = members.flatMap((member, place) =>
    member.price.legs.map((leg) => ({ ...leg, member: place + 1, quantity: member.seats })),
  );
  const travellers = members.flatMap((member, place) =>
    member.passengers.map((passenger) => ({ ...passenger, member: place + 1 })),
  );
  return [
    members.map((each) => each.id),
    members.map((each) => each.actor),
    members.map((each) => each.bodyHash),
    members.map((each) => each.seats),
    members.map((each) => each.price.total.amount),
    members.map((each) => each.price.total.currency),
    members.map((each) => each.ttlSeconds),
    members.map((each) => each.contact && JSON.stringify(each.contact)),
    legs.map((leg) => leg.member),
    legs.map((leg) => leg.flightId),
    legs.map((leg) => leg.cabinId),
    legs.map((leg) => leg.cabin),
    legs.map((leg) => leg.quantity),
    legs.map((leg) => leg.price.amount),
    travellers.map((each) => each.member),
    travellers.map((each) => each.type),
    travellers.map((each) => each.givenName),
    travellers.map((each) => each.familyName),
    travellers.map((each) => each.bornOn ?? null),
    travellers.map((each) => (each.document ? JSON.stringify(each.document) : null)),
  ];
}
