import { defineEntity, p } from '@mikro-orm/core';

/** Money that goes back. One a payment, so that nothing is refunded twice. */
const RefundSchema = defineEntity({
  name: 'Refund',
  tableName: 'refund',
  properties: {
    id: p.uuid().primary(),
    payment: p.uuid().fieldName('payment_id'),
    booking: p.uuid().fieldName('booking_id'),
    amount: p.bigint('number'),
    currency: p.string().length(3),
    status: p.enum(['pending', 'succeeded'] as const).default('pending'),
    nextCallAt: p.datetime().columnType('timestamptz(3)').nullable(),
    calls: p.smallint().default(0),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  checks: [
    { name: 'refund_amount_ck', expression: 'amount > 0' },
    { name: 'refund_currency_ck', expression: `currency ~ '^[A-Z]{3}$'` },
  ],
  uniques: [{ name: 'refund_payment_uq', properties: ['payment'] }],
  indexes: [
    { name: 'refund_booking_idx', properties: ['booking'] },
    { name: 'refund_stuck_idx', properties: ['id'], where: `((next_call_at IS NULL) AND (status = 'pending'::text))` },
    { name: 'refund_due_idx', properties: ['nextCallAt'], where: 'next_call_at is not null' },
  ],
});
export class Refund extends RefundSchema.class {}
RefundSchema.setClass(Refund);
