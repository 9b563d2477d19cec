import { defineEntity, p } from '@mikro-orm/core';

const paymentStatuses = ['pending', 'failed', 'authorised', 'voiding', 'voided', 'succeeded'] as const;

/**
 * One attempt to collect money. The row is the intent: it is written with the booking's change, and
 * whoever calls the gateway reads it from here, so a crash between the two loses nothing.
 */
const PaymentSchema = defineEntity({
  name: 'Payment',
  tableName: 'payment',
  properties: {
    id: p.uuid().primary(),
    booking: p.uuid().fieldName('booking_id'),
    provider: p.string().length(20),
    amount: p.bigint('number'),
    currency: p.string().length(3),
    method: p.string().length(40).nullable(),
    /**
     * A lattice: pending < failed < authorised < succeeded. It only ever rises. An authorisation that
     * nobody needs is given up: authorised → voiding → voided.
     */
    status: p.enum(paymentStatuses).default('pending'),
    /** When the gateway is to be called (again); null once nothing is left to ask. */
    nextCallAt: p.datetime().columnType('timestamptz(3)').nullable(),
    calls: p.smallint().default(0),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  checks: [
    { name: 'payment_amount_ck', expression: 'amount >= 0' },
    { name: 'payment_currency_ck', expression: `currency ~ '^[A-Z]{3}$'` },
  ],
  indexes: [
    { name: 'payment_booking_idx', properties: ['booking'] },
    {
      name: 'payment_stuck_idx',
      properties: ['id'],
      where: `((next_call_at IS NULL) AND (status = ANY (ARRAY['pending'::text, 'authorised'::text, 'voiding'::text])))`,
    },
    { name: 'payment_due_idx', properties: ['nextCallAt'], where: 'next_call_at is not null' },
  ],
});
export class Payment extends PaymentSchema.class {}
PaymentSchema.setClass(Payment);
