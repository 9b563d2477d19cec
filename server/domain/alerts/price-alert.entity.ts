import { defineEntity, p } from '@mikro-orm/core';
import { cabinClasses } from '../../../shared/flight.ts';
import { tripKinds } from '../../../shared/price.ts';

/** A wish to be told of a price. What it fires on is decided in decide-alert.ts. */
const PriceAlertSchema = defineEntity({
  name: 'PriceAlert',
  tableName: 'price_alert',
  properties: {
    id: p.uuid().primary(),
    actor: p.uuid(),
    bodyHash: p.blob(),
    origin: p.string().length(3),
    destination: p.string().length(3),
    cabin: p.enum(cabinClasses),
    trip: p.enum(tripKinds),
    provider: p.string().length(40).nullable(),
    departFrom: p.string().columnType('date'),
    departTo: p.string().columnType('date'),
    kind: p.enum(['target', 'drop'] as const),
    amount: p.bigint('number'),
    currency: p.string().length(3),
    coolDownMinutes: p.integer().default(0),
    quietHours: p.json().$type<{ from: string; to: string; zone: string }>().nullable(),
    webhookUrl: p.text().nullable(),
    mailTo: p.text().nullable(),
    /** Of a target: the price was above it since the alert fired last, or it never fired. */
    isArmed: p.boolean().default(true),
    /** Of a drop: the height from which it is measured. Of a target: the last price above it. */
    referenceAmount: p.bigint('number').nullable(),
    priceAmount: p.bigint('number').nullable(),
    fired: p.integer().default(0),
    firedAt: p.datetime().columnType('timestamptz(3)').nullable(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  checks: [
    { name: 'price_alert_amount_ck', expression: 'amount >= 0' },
    { name: 'price_alert_dates_ck', expression: 'depart_to >= depart_from' },
  ],
  indexes: [
    { name: 'price_alert_actor_idx', properties: ['actor', 'createdAt', 'id'] },
    { name: 'price_alert_route_idx', properties: ['origin', 'destination'] },
  ],
});
export class PriceAlert extends PriceAlertSchema.class {}
PriceAlertSchema.setClass(PriceAlert);
