import { defineEntity, p } from '@mikro-orm/core';

/** The newest quote of a booking; an older one is simply overwritten, so it can no longer be used. */
const CancelQuoteSchema = defineEntity({
  name: 'CancelQuote',
  tableName: 'cancel_quote',
  properties: {
    booking: p.uuid().fieldName('booking_id').primary(),
    quote: p.uuid().fieldName('quote_id'),
    refundAmount: p.bigint('number'),
    penaltyAmount: p.bigint('number'),
    expiresAt: p.datetime().columnType('timestamptz(3)'),
  },
  checks: [{ name: 'cancel_quote_money_ck', expression: 'refund_amount >= 0 and penalty_amount >= 0' }],
});
export class CancelQuote extends CancelQuoteSchema.class {}
CancelQuoteSchema.setClass(CancelQuote);
