import type { Pool } from 'pg';
import type { Money } from '../../../shared/money.ts';
import type { PaymentGateway } from './payment-gateway.ts';

const batchMax = 50;
/** A result that has not come by then is asked for again; the gateway knows the id. */
const againSeconds = 5;
/** After so many calls without a result nobody is asked any more, and an operator must look. */
const callsMax = 60;

// The claim is a row change that commits before the call: no transaction is open while we wait for
// somebody else's server, and a crash in between only means that the call is made again.
const claimPaymentsSql = `
  update payment p set calls = p.calls + 1,
    next_call_at = case when p.calls + 1 >= ${callsMax} then null
      else now() + make_interval(secs => ${againSeconds} * least(p.calls + 1, 60)) end
  where p.id in (select id from payment where next_call_at <= now() order by next_call_at limit ${batchMax}
                 for update skip locked)
  returning p.id, p.booking_id as "bookingId", p.amount::float8 as amount, p.currency, p.method`;

const claimRefundsSql = `
  update refund r set calls = r.calls + 1,
    next_call_at = case when r.calls + 1 >= ${callsMax} then null
      else now() + make_interval(secs => ${againSeconds} * least(r.calls + 1, 60)) end
  where r.id in (select id from refund where next_call_at <= now() order by next_call_at limit ${batchMax}
                 for update skip locked)
  returning r.id, r.payment_id as "paymentId", r.booking_id as "bookingId", r.amount::float8 as amount, r.currency`;

export interface DueRefund {
  id: string;
  paymentId: string;
  bookingId: string;
  amount: Money;
}

/**
 * One round: submits payments and refunds that are due. Answers whether there may be more.
 * @param onRefunded writes down that a refund was accepted.
 */
export async function callGateway(
  pool: Pool,
  gateway: PaymentGateway,
  onRefunded: (refund: DueRefund) => Promise<void>,
  onError: (error: unknown) => void,
): Promise<boolean> {
  const payments = await pool.query<{
    id: string;
    bookingId: string;
    amount: number;
    currency: string;
    method: string | null;
  }>(claimPaymentsSql);
  const refunds = await pool.query<{
    id: string;
    paymentId: string;
    bookingId: string;
    amount: number;
    currency: string;
  }>(claimRefundsSql);
  const calls = [
    ...payments.rows.map(({ amount, currency, ...payment }) =>
      gateway.submitPayment({ ...payment, amount: { amount, currency } }),
    ),
    ...refunds.rows.map(async ({ amount, currency, ...row }) => {
      const refund: DueRefund = { ...row, amount: { amount, currency } };
      await gateway.submitRefund(refund);
      await onRefunded(refund);
    }),
  ];
  for (const result of await Promise.allSettled(calls)) if (result.status === 'rejected') onError(result.reason);
  return payments.rows.length === batchMax || refunds.rows.length === batchMax;
}
