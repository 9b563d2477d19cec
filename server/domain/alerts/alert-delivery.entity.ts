import { defineEntity, p } from '@mikro-orm/core';
import type { FiredAlert } from '../../../shared/alert.ts';

/** A fired alert on its way out of the house: one row a crossing and channel, so that none is sent for twice. */
const AlertDeliverySchema = defineEntity({
  name: 'AlertDelivery',
  tableName: 'alert_delivery',
  properties: {
    alert: p.uuid().fieldName('alert_id').primary(),
    crossing: p.integer().primary(),
    channel: p.enum(['webhook', 'mail'] as const).primary(),
    status: p.enum(['pending', 'delivered', 'given_up'] as const).default('pending'),
    payload: p.json().$type<FiredAlert & { to: string }>(),
    tries: p.smallint().default(0),
    /** Null: nothing is to be done any more. */
    nextTryAt: p.datetime().columnType('timestamptz(3)').nullable(),
    detail: p.text().nullable(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  indexes: [
    { name: 'alert_delivery_due_idx', properties: ['nextTryAt'], where: 'next_try_at is not null' },
    { name: 'alert_delivery_mail_idx', properties: ['createdAt'], where: `(channel = 'mail'::text)` },
  ],
});
export class AlertDelivery extends AlertDeliverySchema.class {}
AlertDeliverySchema.setClass(AlertDelivery);
