import type { BookingStatus, BookingView, Passenger } from '../../../shared/booking.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import type { Move } from '../inventory/move-seats.ts';
import { availableActions } from './booking-lifecycle.ts';

/** A booking as SQL reads it: all that makes a view, and what the view must not show. */
export interface BookingRow {
  id: string;
  actor: string;
  bodyHash: Buffer;
  status: BookingStatus;
  /** Held or paying, and past its deadline by Postgres' clock: a sweeper has yet to say so. */
  due: boolean;
  seats: number;
  priceAmount: number;
  priceCurrency: string;
  holdExpiresAt: string;
  locator: string | null;
  contact: BookingView['contact'];
  reason: string | null;
  version: number;
  createdAt: string;
  legs: { flightId: string; cabin: BookingView['legs'][number]['cabin']; cabinId: number; quantity: number }[];
  passengers: Passenger[];
  payment: BookingView['payment'];
  refund: BookingView['refund'];
}

const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Columns of a `booking` row (aliased b) with everything that belongs to it. */
export const bookingColumns = `
  b.id, b.actor, b.body_hash as "bodyHash", b.status, b.seats, b.price_amount::float8 as "priceAmount",
  b.status in ('held', 'paying') and b.hold_expires_at <= now() as due,
  b.price_currency as "priceCurrency", ${instant('b.hold_expires_at')} as "holdExpiresAt", b.locator, b.contact,
  b.reason, b.version, ${instant('b.created_at')} as "createdAt",
  (select jsonb_agg(jsonb_build_object('flightId', l.flight_id, 'cabin', l.cabin, 'cabinId', l.cabin_id,
     'quantity', l.quantity) order by l.position) from booking_leg l where l.booking_id = b.id) as legs,
  coalesce((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('type', p.type, 'givenName', p.given_name,
     'familyName', p.family_name, 'bornOn', p.born_on, 'document', p.document)) order by p.position)
     from passenger p where p.booking_id = b.id), '[]') as passengers,
  (select jsonb_build_object('id', y.id, 'status', y.status,
     'amount', jsonb_build_object('amount', y.amount, 'currency', y.currency))
     from payment y where y.booking_id = b.id order by y.created_at desc, y.id desc limit 1) as payment,
  (select jsonb_build_object('status', r.status,
     'amount', jsonb_build_object('amount', r.amount, 'currency', r.currency))
     from refund r where r.booking_id = b.id order by r.created_at desc, r.id desc limit 1) as refund`;

export async function readBooking(db: Queryable, id: string): Promise<BookingRow | undefined> {
  const { rows } = await db.query<BookingRow>({
    name: 'read-booking',
    text: `select ${bookingColumns} from booking b where b.id = $1`,
    values: [id],
  });
  return rows[0];
}

export function bookingViewOf(row: BookingRow): BookingView {
  return {
    id: row.id,
    locator: row.locator,
    status: row.status,
    legs: row.legs.map(({ flightId, cabin }) => ({ flightId, cabin })),
    seats: row.seats,
    passengers: row.passengers,
    contact: row.contact,
    price: { amount: row.priceAmount, currency: row.priceCurrency },
    holdExpiresAt: row.holdExpiresAt,
    // The price was agreed with the seats, so it lives as long as they are held.
    priceGuaranteedUntil: row.holdExpiresAt,
    availableActions: availableActions(row.status),
    version: row.version,
    createdAt: row.createdAt,
    payment: row.payment,
    refund: row.refund,
    reason: row.reason,
  };
}

export const movesOf = (row: Pick<BookingRow, 'id' | 'legs'>): Move[] =>
  row.legs.map((leg) => ({ bookingId: row.id, cabinId: leg.cabinId, quantity: leg.quantity }));
