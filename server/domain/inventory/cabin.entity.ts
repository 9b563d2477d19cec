import { defineEntity, p } from '@mikro-orm/core';
import { cabinClasses } from '../../../shared/flight.ts';
import { Flight } from './flight.entity.ts';

/**
 * The seat bucket. `held` and `sold` are the truth about seats; only the SQL of this room changes
 * them: the functions `hold_seats` and `move_seats` (migrations/0023_rows_of_a_hold.sql), edits and repairs.
 *
 * `targetCapacity` is what the operator asked for. `capacity` is the hard limit of the CHECK: the
 * same, unless more was already taken when the operator cut it. Free = max(0, target − held − sold).
 * The flight's state and departure are repeated here, so that selling touches this row alone.
 */
const CabinSchema = defineEntity({
  name: 'Cabin',
  tableName: 'cabin',
  properties: {
    id: p.integer().primary(),
    flight: () => p.manyToOne(Flight).fieldName('flight_id').mapToPk().deleteRule('cascade').updateRule('no action'),
    cabin: p.enum(cabinClasses),
    targetCapacity: p.integer(),
    capacity: p.integer(),
    held: p.integer().default(0),
    sold: p.integer().default(0),
    priceAmount: p.bigint('number'),
    priceCurrency: p.string().length(3),
    /** Pairs of above and amount (server/domain/offers/party-price.ts); the price is then its present step. */
    ladder: p.array().columnType('int8[]').$type<number[]>().nullable(),
    /** Its brands (`fare_family`); null: there is one, on the house's terms. */
    fareFamilyId: p.integer().nullable(),
    state: p.enum(['open', 'closed', 'cancelled'] as const).default('open'),
    departsAtUtc: p.datetime().columnType('timestamptz(0)'),
    version: p.integer().version(),
    updatedAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  checks: [
    { name: 'cabin_held_ck', expression: 'held >= 0' },
    { name: 'cabin_sold_ck', expression: 'sold >= 0' },
    { name: 'cabin_no_overbooking_ck', expression: '(held + sold) <= capacity' },
    { name: 'cabin_target_ck', expression: 'capacity >= target_capacity' },
    { name: 'cabin_capacity_ck', expression: 'target_capacity >= 0 and target_capacity <= 1000000' },
    { name: 'cabin_price_ck', expression: 'price_amount >= 0' },
    {
      name: 'cabin_ladder_ck',
      expression: 'cardinality(ladder) >= 2 and cardinality(ladder) <= 16 and (cardinality(ladder) % 2) = 0',
    },
    { name: 'cabin_currency_ck', expression: `price_currency ~ '^[A-Z]{3}$'` },
  ],
  uniques: [{ name: 'cabin_flight_cabin_uq', properties: ['flight', 'cabin'] }],
  indexes: [
    { name: 'cabin_cancelled_idx', properties: ['id'], where: `(state = 'cancelled'::text)` },
    {
      name: 'cabin_changed_idx',
      expression:
        "CREATE INDEX cabin_changed_idx ON public.cabin USING brin (updated_at) WITH (pages_per_range='8', autosummarize='on')",
    },
  ],
});
export class Cabin extends CabinSchema.class {}
CabinSchema.setClass(Cabin);
