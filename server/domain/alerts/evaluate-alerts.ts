import type { PoolClient } from 'pg';
import type { FiredAlert } from '../../../shared/alert.ts';
import { leastId } from '../../../shared/ids.ts';
import { money } from '../../../shared/money.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { isoNow } from '../../platform/runtime/clock.ts';
import { pausePoint } from '../../platform/runtime/pause-points.ts';
import type { AlertRoom } from './alert-room.ts';
import { type AlertRow, alertColumns } from './alert-rows.ts';
import { decideAlert } from './decide-alert.ts';
import { afterQuietHours } from './quiet-hours.ts';
import { type PriceNow, readPricesNow } from './read-prices-now.ts';

const pageSize = 200;

const pageSql = `
  select ${alertColumns} from price_alert a
  where a.depart_to >= $1::date and a.id > $2 order by a.id limit $3`;

// What was decided is written only where nobody else has decided meanwhile: the alert is as it was read.
const decideSql = `
  update price_alert set is_armed = $2, reference_amount = $3, price_amount = $4,
    fired = fired + $5::int4, fired_at = case when $5::int4 = 1 then $6::timestamptz else fired_at end
  where id = $1 and fired = $7 and is_armed = $8 and reference_amount is not distinct from $9::int8
  returning fired`;

const deliverSql = `
  insert into alert_delivery (alert_id, crossing, channel, payload, next_try_at)
  select $1, $2, d.channel, $3::jsonb || jsonb_build_object('to', d.address), $4
  from unnest($5::text[], $6::text[]) as d (channel, address)`;

/**
 * Looks at every alert that may still fire. One that fires does so in one transaction: its new state, the
 * log's entry and what is to be sent. Two processes may do this at once and any may die in the middle: a
 * crossing fires once. Answers how many fired.
 */
export async function evaluateAlerts(room: AlertRoom, signal: AbortSignal): Promise<number> {
  let fired = 0;
  let after = leastId;
  while (!signal.aborted) {
    const today = isoNow(room.clock).slice(0, 10);
    const { rows } = await room.pool.query<AlertRow>(pageSql, [today, after, pageSize]);
    const prices = await readPricesNow(room, rows);
    for (const [index, row] of rows.entries()) {
      const price = prices[index];
      if (price && (await settle(room, row, price))) fired++;
    }
    if (rows.length < pageSize) break;
    after = (rows.at(-1) as AlertRow).id;
  }
  return fired;
}

/** Decides one alert at one price. True: it has fired, and it was this call that fired it. */
async function settle(room: AlertRoom, row: AlertRow, price: PriceNow): Promise<boolean> {
  const nowMs = room.clock.now();
  const decision = decideAlert(row, price.amount, nowMs);
  const isSame =
    !decision.fires &&
    decision.isArmed === row.isArmed &&
    decision.referenceAmount === row.referenceAmount &&
    price.amount === row.priceAmount;
  if (isSame) return false;
  await pausePoint('alerts.settle');
  const subject = await inTransaction(room.pool, async (tx) => {
    const { rowCount } = await tx.query(decideSql, [
      row.id,
      decision.isArmed,
      decision.referenceAmount,
      price.amount,
      decision.fires ? 1 : 0,
      new Date(nowMs).toISOString(),
      row.fired,
      row.isArmed,
      row.referenceAmount,
    ]);
    if (rowCount === 0 || !decision.fires) return undefined;
    return tell(tx, row, firedOf(row, price, decision.wasAmount, nowMs), nowMs);
  });
  if (subject) room.announce([subject]);
  return subject !== undefined;
}

function firedOf(row: AlertRow, price: PriceNow, was: number | null, nowMs: number): FiredAlert {
  const of = (amount: number) => money(amount, row.currency);
  const { id, origin, destination, cabin, trip } = row;
  return {
    alertId: id,
    crossing: row.fired + 1,
    origin,
    destination,
    departDate: price.departDate,
    cabin,
    trip,
    provider: price.provider,
    price: of(price.amount),
    was: was === null ? null : of(was),
    target: row.kind === 'target' ? of(row.amount) : null,
    dropBy: row.kind === 'drop' ? of(row.amount) : null,
    at: new Date(nowMs).toISOString(),
  };
}

/** Writes the log's entry under the owner's inbox, whose lock numbers them, and what is to be sent. */
async function tell(tx: PoolClient, row: AlertRow, alert: FiredAlert, nowMs: number): Promise<string | undefined> {
  const { rows } = await tx.query<{ subject: string; version: number }>(
    'update alert_inbox set version = version + 1 where actor = $1 returning subject, version',
    [row.actor],
  );
  const inbox = rows[0];
  if (!inbox) return undefined;
  await writeLog(tx, [{ type: 'alert.fired', subject: inbox.subject, version: inbox.version, data: { ...alert } }]);
  const channels = [
    ...(row.webhookUrl === null ? [] : [['webhook', row.webhookUrl] as const]),
    ...(row.mailTo === null ? [] : [['mail', row.mailTo] as const]),
  ];
  if (channels.length > 0) {
    await tx.query(deliverSql, [
      row.id,
      alert.crossing,
      JSON.stringify(alert),
      new Date(afterQuietHours(row.quietHours, nowMs)).toISOString(),
      channels.map(([channel]) => channel),
      channels.map(([, address]) => address),
    ]);
  }
  return inbox.subject;
}
