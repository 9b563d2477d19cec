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
    /** Its legs, side by side: cabins, one seat as agreed, and the cabins' versions as the hold left them. */
    legCabins: p.array().columnType('int4[]'),
    legPrices: p.array().columnType('int8[]'),
    legVersions: p.array().columnType('int4[]'),
  },
  checks: [
    { name: 'booking_seats_ck', expression: 'seats >= 1 and seats <= 9' },
    {
      name: 'booking_legs_ck',
      expression:
        'cardinality(leg_cabins) >= 1 and cardinality(leg_prices) = cardinality(leg_cabins) and cardinality(leg_versions) = cardinality(leg_cabins)',
    },
    { name: 'booking_price_ck', expression: 'price_amount >= 0' },
    { name: 'booking_currency_ck', expression: `price_currency ~ '^[A-Z]{3}$'` },
  ],
  // Of what never changes, so that a step of a booking writes its row and nothing else.
  // Without the id: who asks for ids would be given this index for the primary key (migration 0020).
  indexes: [{ name: 'booking_actor_idx', properties: ['actor', 'createdAt'] }],
});
export class Booking extends BookingSchema.class {}
BookingSchema.setClass(Booking);
