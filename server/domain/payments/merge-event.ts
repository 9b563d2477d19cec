import type { Queryable } from '../../platform/postgres/transaction.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { mockProvider, type PaymentEvent } from './payment-event.ts';

export type MergeOutcome =
  /** Heard before, or it changes nothing: a payment's status only ever rises. */
  { changed: false } | { changed: true; status: 'succeeded' | 'failed' };

/** pending < failed < succeeded: money that came is never un-come by a late "failed". */
const rank = { pending: 0, failed: 1, succeeded: 2 } as const;

/**
 * Merges a provider's event into its payment, once. The caller holds the booking's row lock.
 *
 * A payment that we have not heard of, for a booking that we have, is written down as well: money
 * that was collected must be confirmed or given back, whoever started it.
 * Fails: INVALID_INPUT when the amount is not the payment's.
 */
export async function mergeEvent(tx: Queryable, event: PaymentEvent): Promise<MergeOutcome> {
  const first = await tx.query({
    name: 'add-payment-event',
    text: `insert into payment_event (provider, event_id, payment_id, type) values ($1, $2, $3, $4)
           on conflict do nothing`,
    values: [mockProvider, event.id, event.paymentId, event.type],
  });
  if (first.rowCount === 0) return { changed: false };
  await tx.query({
    name: 'adopt-payment',
    text: `insert into payment (id, booking_id, provider, amount, currency) values ($1, $2, $3, $4, $5)
           on conflict (id) do nothing`,
    values: [event.paymentId, event.bookingId, mockProvider, event.amount, event.currency],
  });
  const { rows } = await tx.query<{ status: keyof typeof rank; amount: number; currency: string; bookingId: string }>({
    name: 'lock-payment',
    text: `select status, amount::float8 as amount, currency, booking_id as "bookingId" from payment where id = $1 for update`,
    values: [event.paymentId],
  });
  const payment = rows[0] as (typeof rows)[number];
  if (payment.bookingId !== event.bookingId) throw invalidInput(['bookingId'], 'the payment is for another booking');
  if (payment.amount !== event.amount || payment.currency !== event.currency) {
    throw invalidInput(['amount'], 'not the amount of the payment');
  }
  const status = event.type === 'payment.succeeded' ? 'succeeded' : 'failed';
  if (rank[status] <= rank[payment.status]) return { changed: false };
  await tx.query({
    name: 'settle-payment',
    text: `update payment set status = $2, next_call_at = null where id = $1`,
    values: [event.paymentId, status],
  });
  return { changed: true, status };
}
