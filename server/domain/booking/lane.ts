import type { Pool } from 'pg';
import type { Passenger } from '../../../shared/booking.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { pausePoint } from '../../platform/runtime/pause-points.ts';
import { takeSeats } from '../inventory/move-seats.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import type { PartyPrice } from '../offers/price-party.ts';
import { type BookingRow, readBooking } from './booking-rows.ts';
import { writePassengers } from './write-passengers.ts';

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
  | { kind: 'held'; booking: BookingRow; truths: SeatTruth[] }
  /** The id is taken already: a repeat, or somebody else's. */
  | { kind: 'exists' }
  /** This cabin had too few seats, is closed, or costs something else by now. Nothing was written. */
  | { kind: 'refused'; cabinId: number };

/** Where holds become durable. Callers know nothing of how many share a transaction. */
export interface SeatLane {
  hold(member: HoldMember): Promise<HoldOutcome>;
}

const insertBookingSql = `
  insert into booking (id, actor, body_hash, status, seats, price_amount, price_currency, hold_expires_at, contact)
  values ($1, $2, $3, 'held', $4, $5, $6, now() + make_interval(secs => $7), $8)
  on conflict (id) do nothing`;

const insertLegsSql = `
  insert into booking_leg (booking_id, position, flight_id, cabin_id, cabin, quantity, price_amount)
  select $1, l.position, l.flight_id, l.cabin_id, l.cabin, $6, l.price_amount
  from unnest($2::uuid[], $3::int4[], $4::text[], $5::int8[])
    with ordinality as l (flight_id, cabin_id, cabin, price_amount, position)`;

/** Thrown to roll back; never leaves this file. */
class Refused extends Error {
  readonly cabinId: number;
  constructor(cabinId: number) {
    super('refused');
    this.cabinId = cabinId;
  }
}

/** The simplest right lane: one transaction a request. Locks: the booking's id first, then cabins by id. */
export function createSeatLane(pool: Pool): SeatLane {
  const holdInTransaction = (member: HoldMember) =>
    inTransaction(pool, async (tx): Promise<HoldOutcome> => {
      const { legs, total } = member.price;
      const inserted = await tx.query({
        name: 'insert-booking',
        text: insertBookingSql,
        values: [
          member.id,
          member.actor,
          member.bodyHash,
          member.seats,
          total.amount,
          total.currency,
          member.ttlSeconds,
          member.contact && JSON.stringify(member.contact),
        ],
      });
      if (inserted.rowCount === 0) return { kind: 'exists' };
      await pausePoint('lane.before-take');
      const moves = legs.map((leg) => ({ bookingId: member.id, cabinId: leg.cabinId, quantity: member.seats }));
      const prices = new Map(legs.map((leg) => [leg.cabinId, leg.price]));
      const outcome = await takeSeats(tx, 'hold', moves, prices);
      if (!outcome.taken) throw new Refused(outcome.cabinId);
      await tx.query({
        name: 'insert-legs',
        text: insertLegsSql,
        values: [
          member.id,
          legs.map((leg) => leg.flightId),
          legs.map((leg) => leg.cabinId),
          legs.map((leg) => leg.cabin),
          legs.map((leg) => leg.price.amount),
          member.seats,
        ],
      });
      await writePassengers(tx, member.id, member.passengers);
      // Read before the commit: whoever is told of the hold needs nothing more from Postgres.
      const booking = (await readBooking(tx, member.id)) as BookingRow;
      await pausePoint('lane.before-commit');
      return { kind: 'held', booking, truths: outcome.truths };
    });
  return {
    hold: async (member) => {
      try {
        return await holdInTransaction(member);
      } catch (error) {
        if (error instanceof Refused) return { kind: 'refused', cabinId: error.cabinId };
        throw error;
      }
    },
  };
}
