import type { Pool } from 'pg';
import type { FiredAlert, MailPreview } from '../../../shared/alert.ts';
import { formatMoney } from '../../../shared/money.ts';
import { PrivateAddress, postOutside } from '../../platform/http/post-outside.ts';
import type { Mailer } from '../../platform/mail/mailer.ts';
import { backoffMs } from '../../platform/runtime/backoff.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { signWebhook } from '../payments/webhook-signature.ts';

export interface DeliveryOptions {
  pool: Pool;
  clock: Clock;
  mailer: Mailer;
  secretOf: (alertId: string) => string;
  /** Whether webhooks may lead into the own network. */
  allowInside: boolean;
}

interface Delivery {
  alertId: string;
  crossing: number;
  channel: 'webhook' | 'mail';
  payload: FiredAlert & { to: string };
  tries: number;
}

const atOnce = 16;
const answerMs = 10_000;
/** Longer than any delivery takes: whoever died over it is followed by somebody else. */
const leaseSeconds = 60;
/** Over some two days, at first after seconds. */
const triesMax = 12;
const firstPauseMs = 5_000;
const longestPauseMs = 6 * 3_600_000;

const claimSql = `
  update alert_delivery d set tries = d.tries + 1, next_try_at = $1::timestamptz + make_interval(secs => $2)
  where (d.alert_id, d.crossing, d.channel) in (
    select alert_id, crossing, channel from alert_delivery
    where next_try_at <= $1::timestamptz order by next_try_at limit $3 for update skip locked
  )
  returning d.alert_id as "alertId", d.crossing, d.channel, d.payload, d.tries`;

const settleSql = `
  update alert_delivery set status = $4, next_try_at = $5, detail = $6
  where alert_id = $1 and crossing = $2 and channel = $3 and status = 'pending'`;

/**
 * Sends what is due, each by its channel, at most sixteen at once. It may be sent twice when somebody dies
 * between sending and writing that down; whoever is told can see that by its id.
 *
 * @returns whether there may be more.
 */
export async function deliverAlerts(options: DeliveryOptions, signal: AbortSignal): Promise<boolean> {
  const { pool, clock } = options;
  const now = new Date(clock.now()).toISOString();
  const { rows } = await pool.query<Delivery>(claimSql, [now, leaseSeconds, atOnce]);
  await Promise.all(
    rows.map(async (delivery) => {
      const outcome = await send(options, delivery, signal);
      if (outcome.isDone === false && signal.aborted) return;
      const isOver = outcome.isDone || outcome.isHopeless || delivery.tries >= triesMax;
      const pauseMs = firstPauseMs + backoffMs(delivery.tries, firstPauseMs, longestPauseMs);
      await pool.query(settleSql, [
        delivery.alertId,
        delivery.crossing,
        delivery.channel,
        outcome.isDone ? 'delivered' : isOver ? 'given_up' : 'pending',
        isOver ? null : new Date(clock.now() + pauseMs).toISOString(),
        outcome.detail,
      ]);
    }),
  );
  return rows.length === atOnce;
}

interface Outcome {
  isDone: boolean;
  /** Trying again is of no use. */
  isHopeless?: boolean;
  detail: string;
}

async function send(options: DeliveryOptions, delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
  const { to, ...alert } = delivery.payload;
  const id = `${delivery.alertId}-${delivery.crossing}`;
  try {
    if (delivery.channel === 'mail') {
      await options.mailer.send({ id, to, ...mailOf(alert) });
      return { isDone: true, detail: options.mailer.isReal ? 'taken by the mail server' : 'shown to the operator' };
    }
    const body = JSON.stringify({ id, type: 'alert.fired', ...alert });
    const signature = signWebhook(options.secretOf(delivery.alertId), body, options.clock.now());
    const status = await postOutside(to, {
      headers: { 'content-type': 'application/json', 'user-agent': 'Airside', 'airside-signature': signature },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      allowInside: options.allowInside,
    });
    return { isDone: status >= 200 && status < 300, isHopeless: status === 410, detail: `status ${status}` };
  } catch (error) {
    if (error instanceof PrivateAddress)
      return { isDone: false, isHopeless: true, detail: 'an address of our own network' };
    return { isDone: false, detail: 'no answer' };
  }
}

function mailOf(alert: FiredAlert): { subject: string; text: string } {
  const { origin, destination, departDate, price, was, target, dropBy, provider, at } = alert;
  const now = formatMoney(price, 'en');
  const why = target
    ? `Your target is ${formatMoney(target, 'en')}.`
    : dropBy
      ? `You asked to be told of a fall by ${formatMoney(dropBy, 'en')}.`
      : '';
  const before = was ? `It was ${formatMoney(was, 'en')} before.` : '';
  return {
    subject: `${origin} to ${destination} on ${departDate}: ${now}`,
    text: [
      `${origin} to ${destination} on ${departDate} costs ${now} for one adult (${provider}).`,
      [before, why].filter((line) => line !== '').join(' '),
      `Seen at ${at}. Prices move; what it costs is settled when you book.`,
    ].join('\n\n'),
  };
}

const previewsMax = 100;

/** The newest mails of alerts as they were composed. */
export async function listMails(pool: Pool): Promise<{ mails: MailPreview[] }> {
  const { rows } = await pool.query<Delivery & { status: MailPreview['status']; at: string }>(
    `select alert_id as "alertId", crossing, payload, status,
       to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
     from alert_delivery where channel = 'mail' order by created_at desc limit $1`,
    [previewsMax],
  );
  return {
    mails: rows.map(({ alertId, crossing, payload: { to, ...alert }, status, at }) => ({
      alertId,
      crossing,
      to,
      ...mailOf(alert),
      status,
      at,
    })),
  };
}
