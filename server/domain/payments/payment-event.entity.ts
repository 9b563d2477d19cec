import { defineEntity, p } from '@mikro-orm/core';

/** What a provider told us. The key makes each event take effect once. */
const PaymentEventSchema = defineEntity({
  name: 'PaymentEvent',
  tableName: 'payment_event',
  properties: {
    event: p.string().length(100).fieldName('event_id').primary(),
    provider: p.string().length(20).primary(),
    payment: p.uuid().fieldName('payment_id'),
    type: p.string().length(40),
    receivedAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  indexes: [{ name: 'payment_event_payment_idx', properties: ['payment'] }],
});
export class PaymentEvent extends PaymentEventSchema.class {}
PaymentEventSchema.setClass(PaymentEvent);
