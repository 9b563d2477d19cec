import type { AlertView } from '../../../shared/alert.ts';
import type { CabinClass } from '../../../shared/flight.ts';
import { type Money, money } from '../../../shared/money.ts';
import type { TripKind } from '../../../shared/price.ts';
import type { AlertRoom } from './alert-room.ts';
import type { QuietHours } from './quiet-hours.ts';

export interface AlertRow {
  id: string;
  actor: string;
  bodyHash: Buffer;
  origin: string;
  destination: string;
  cabin: CabinClass;
  trip: TripKind;
  provider: string | null;
  departFrom: string;
  departTo: string;
  kind: 'target' | 'drop';
  amount: number;
  currency: string;
  coolDownMinutes: number;
  quietHours: QuietHours | null;
  webhookUrl: string | null;
  mailTo: string | null;
  isArmed: boolean;
  referenceAmount: number | null;
  priceAmount: number | null;
  fired: number;
  firedAtMs: number | null;
  createdAt: string;
}

/** Columns of a `price_alert` row (aliased a) that make an AlertRow. */
export const alertColumns = `
  a.id, a.actor, a.body_hash as "bodyHash", a.origin, a.destination, a.cabin, a.trip, a.provider,
  a.depart_from::text as "departFrom", a.depart_to::text as "departTo", a.kind, a.amount::float8 as amount, a.currency,
  a.cool_down_minutes as "coolDownMinutes", a.quiet_hours as "quietHours", a.webhook_url as "webhookUrl",
  a.mail_to as "mailTo", a.is_armed as "isArmed", a.reference_amount::float8 as "referenceAmount",
  a.price_amount::float8 as "priceAmount", a.fired, (extract(epoch from a.fired_at) * 1000)::float8 as "firedAtMs",
  to_char(a.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt"`;

export function alertViewOf(row: AlertRow, secretOf: AlertRoom['secretOf']): AlertView {
  const of = (amount: number | null): Money | null => (amount === null ? null : money(amount, row.currency));
  const { id, origin, destination, departFrom, departTo, cabin, trip, provider, coolDownMinutes, quietHours } = row;
  return {
    id,
    origin,
    destination,
    departFrom,
    departTo,
    cabin,
    trip,
    provider,
    target: row.kind === 'target' ? of(row.amount) : null,
    dropBy: row.kind === 'drop' ? of(row.amount) : null,
    coolDownMinutes,
    quietHours,
    webhook: row.webhookUrl === null ? null : { url: row.webhookUrl, secret: secretOf(id) },
    mail: row.mailTo !== null,
    price: of(row.priceAmount),
    isArmed: row.isArmed,
    fired: row.fired,
    lastFiredAt: row.firedAtMs === null ? null : new Date(row.firedAtMs).toISOString(),
    createdAt: row.createdAt,
  };
}
