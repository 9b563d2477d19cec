import type { BookingStatus, BookingView, Passenger } from '../../../shared/booking.ts';
import type { BookingFare } from '../../../shared/offer.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import type { StoredFare } from '../offers/stored-fare.ts';
import { availableActions } from './booking-lifecycle.ts';

/** A booking as the SQL function `booking_rows` tells it: all that makes a view, and what a view must not show. */
export interface BookingRow {
  id: string;
  actor: string;
  /** SHA-256 of what was asked when it was made, in hex. */
  bodyHash: string;
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
  fare: StoredFare | null;
  version: number;
  createdAt: string;
  legs: { flightId: string; cabin: BookingView['legs'][number]['cabin']; cabinId: number; quantity: number }[];
  passengers: Passenger[];
  payment: BookingView['payment'];
  refund: BookingView['refund'];
}

/** In the order asked for; ids that are no bookings are left out. */
export async function readBookings(db: Queryable, ids: string[]): Promise<BookingRow[]> {
  const { rows } = await db.query<{ bookings: BookingRow[] }>({
    name: 'read-bookings',
    text: 'select booking_rows($1) as bookings',
    values: [ids],
  });
  return rows[0]?.bookings ?? [];
}

export const readBooking = async (db: Queryable, id: string): Promise<BookingRow | undefined> =>
  (await readBookings(db, [id]))[0];

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
    // A hold keeps its price to its end in any case; an offer may be held again at it until its own.
    priceGuaranteedUntil: row.fare?.guaranteedUntil ?? row.holdExpiresAt,
    availableActions: availableActions(row.status),
    version: row.version,
    createdAt: row.createdAt,
    payment: row.payment,
    refund: row.refund,
    reason: row.reason,
    fare: row.fare && fareViewOf(row.fare),
  };
}

const fareViewOf = ({ brand, name, legs, conditions }: StoredFare): BookingFare => ({ brand, name, legs, conditions });
