import { newId } from '../../../shared/ids.ts';
import type { Money } from '../../../shared/money.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';

/**
 * Writes the intent to give money back for the booking's succeeded payment that was not refunded
 * yet (or for the payment named). One refund a payment: the unique constraint sees to it.
 * Answers whether there is something to give back.
 */
export async function addRefund(tx: Queryable, bookingId: string, amount: Money, paymentId?: string): Promise<boolean> {
  if (amount.amount === 0) return false;
  const { rowCount } = await tx.query({
    name: 'add-refund',
    text: `insert into refund (id, payment_id, booking_id, amount, currency, next_call_at)
           select $1::uuid, p.id, p.booking_id, $3::int8, $4::text, now() from payment p
           where p.booking_id = $2 and p.status = 'succeeded' and p.currency = $4::text and p.amount >= $3::int8
             and ($5::uuid is null or p.id = $5)
             and not exists (select from refund r where r.payment_id = p.id)
           order by p.created_at, p.id limit 1
           on conflict (payment_id) do nothing`,
    values: [newId(), bookingId, amount.amount, amount.currency, paymentId ?? null],
  });
  return rowCount === 1;
}
