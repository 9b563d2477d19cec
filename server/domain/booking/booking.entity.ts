import { defineEntity, p } from '@mikro-orm/core';
import { bookingStatuses } from '../../../shared/booking.ts';
import type { StoredFare } from '../offers/stored-fare.ts';

/** `id`, `actor` and `bodyHash` together are the memory of the request that made it. */
const BookingSchema = defineEntity({
  name: 'Booking',
  tableName: 'booking',
  properties: {
    id: p.uuid().primary(),
    actor: p.uuid(),
    bodyHash: p.blob(),
    status: p.enum(bookingStatuses),
    seats: p.smallint(),
    /** The whole party over all legs, agreed at the moment of holding. */
    priceAmount: p.bigint('number'),
    priceCurrency: p.string().length(3),
    holdExpiresAt: p.datetime().columnType('timestamptz(3)'),
    /** As in `record_locator`, which keeps it unique. */
    locator: p.string().length(6).nullable(),
    contact: p.json().$type<{ email: string; phone?: string }>().nullable(),
    /** Brand and conditions of the offer it was made from. */
    fare: p.json().$type<StoredFare>().nullable(),
    reason: p.text().nullable(),
    version: p.integer().version(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    /** From one on, all with the booking's seats and status, as Postgres writes them: `{"(flight,cabin id,cabin,price,version)"}`. */
    legs: p.string().columnType('leg[]'),
  },
  checks: [
    { name: 'booking_seats_ck', expression: 'seats >= 1 and seats <= 9' },
    { name: 'booking_legs_ck', expression: 'cardinality(legs) >= 1' },
    { name: 'booking_price_ck', expression: 'price_amount >= 0' },
    { name: 'booking_currency_ck', expression: `price_currency ~ '^[A-Z]{3}$'` },
  ],
  // Of what never changes, so that a step of a booking writes its row and nothing else.
  // Without the id: who asks for ids would be given this index for the primary key (migration 0020).
  indexes: [{ name: 'booking_actor_idx', properties: ['actor', 'createdAt'] }],
});
export class Booking extends BookingSchema.class {}
BookingSchema.setClass(Booking);
