import { defineEntity, p } from '@mikro-orm/core';

/** Where a price became another on its way to a booking, and what the traveller pays. */
const PriceDifferenceSchema = defineEntity({
  name: 'PriceDifference',
  tableName: 'price_difference',
  properties: {
    booking: p.uuid().fieldName('booking_id').primary(),
    stage: p.enum(['offer', 'hold'] as const).primary(),
    reason: p.enum(['seats', 'price_set', 'brand_gone', 'guaranteed'] as const),
    wasAmount: p.bigint('number'),
    nowAmount: p.bigint('number'),
    chargedAmount: p.bigint('number'),
    currency: p.string().length(3),
    at: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  checks: [{ name: 'price_difference_money_ck', expression: 'was_amount <> now_amount' }],
});
export class PriceDifference extends PriceDifferenceSchema.class {}
PriceDifferenceSchema.setClass(PriceDifference);
