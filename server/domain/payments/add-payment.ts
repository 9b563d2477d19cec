import type { Money } from '../../../shared/money.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import { mockProvider } from './payment-event.ts';

/** Writes the intent to collect money; due at once for whoever calls the gateway. */
export async function addPayment(
  tx: Queryable,
  payment: { id: string; bookingId: string; amount: Money; method: string | null },
): Promise<void> {
  await tx.query({
    name: 'add-payment',
    text: `insert into payment (id, booking_id, provider, amount, currency, method, next_call_at)
           values ($1, $2, $3, $4, $5, $6, now())`,
    values: [
      payment.id,
      payment.bookingId,
      mockProvider,
      payment.amount.amount,
      payment.amount.currency,
      payment.method,
    ],
  });
}
