import type { Pool } from 'pg';
import { callsMax, type PaymentQueue, todoOf } from './payment-queue.ts';

/** Asked again after 5 s, 10 s … and then every 30 s, each a fifth more or less. */
const stepSeconds = 5;
const pauseMaxSeconds = 30;
/** A pending payment is looked at this long after the deadline of its hold, whatever its turn is. */
const afterDeadlineSeconds = 2;

const pause = `make_interval(secs => least(${stepSeconds} * (due.calls + 1), ${pauseMaxSeconds}) * (0.8 + 0.4 * random()))`;

// Whoever is about to give up looks once more after the deadline, when it is still to come.
const claimPaymentsSql = `
  with due as materialized (
    select p.id, p.calls, case when p.status = 'pending' and b.hold_expires_at > now()
      then b.hold_expires_at + interval '${afterDeadlineSeconds} seconds' end as last_look
    from payment p left join booking b on b.id = p.booking_id
    where p.next_call_at <= now() and p.provider <> all($2::text[])
    order by p.next_call_at limit $1 for update of p skip locked)
  update payment p set calls = due.calls + 1,
    next_call_at = case when due.calls + 1 < ${callsMax} then least(now() + ${pause}, due.last_look) else due.last_look end
  from due where p.id = due.id
  returning p.id, p.booking_id as "bookingId", p.provider, p.amount::float8 as amount, p.currency, p.method, p.status,
    due.calls`;

const claimRefundsSql = `
  with due as materialized (
    select r.id, r.calls, p.provider from refund r join payment p on p.id = r.payment_id
    where r.next_call_at <= now() and p.provider <> all($2::text[])
    order by r.next_call_at limit $1 for update of r skip locked)
  update refund r set calls = due.calls + 1,
    next_call_at = case when due.calls + 1 < ${callsMax} then now() + ${pause} end
  from due where r.id = due.id
  returning r.id, r.payment_id as "paymentId", r.booking_id as "bookingId", due.provider, r.amount::float8 as amount,
    r.currency`;

const voidedSql = `update payment set status = 'voided', next_call_at = null where id = $1 and status = 'voiding'`;

interface PaymentRow {
  id: string;
  bookingId: string;
  provider: string;
  amount: number;
  currency: string;
  method: string | null;
  status: string;
  calls: number;
}

interface RefundRow {
  id: string;
  paymentId: string;
  bookingId: string;
  provider: string;
  amount: number;
  currency: string;
}

/** The queue over the rows `payment` and `refund`: due is what has `next_call_at` behind it. */
export const createPostgresPaymentQueue = (pool: Pool): PaymentQueue => ({
  claimPayments: async (limit, except = []) => {
    const claim = { name: 'claim-payments', text: claimPaymentsSql, values: [limit, except] };
    const { rows } = await pool.query<PaymentRow>(claim);
    return rows.map(({ amount, currency, status, ...row }) => ({
      ...row,
      amount: { amount, currency },
      todo: todoOf(status, row.calls),
    }));
  },
  claimRefunds: async (limit, except = []) => {
    const claim = { name: 'claim-refunds', text: claimRefundsSql, values: [limit, except] };
    const { rows } = await pool.query<RefundRow>(claim);
    return rows.map(({ amount, currency, ...row }) => ({ ...row, amount: { amount, currency } }));
  },
  voided: async (paymentId) => {
    await pool.query({ name: 'payment-voided', text: voidedSql, values: [paymentId] });
  },
});
