import type { Queryable } from '../../platform/postgres/transaction.ts';

const stuckSql = `
  select (select count(*)::int from payment
      where status in ('pending', 'authorised', 'voiding') and next_call_at is null) as payments,
    (select count(*)::int from refund where status = 'pending' and next_call_at is null) as refunds`;

/** Payments and refunds without an end that nobody asks about any more: an operator must look. */
export async function countStuck(db: Queryable): Promise<{ payments: number; refunds: number }> {
  const { rows } = await db.query<{ payments: number; refunds: number }>(stuckSql);
  return rows[0] as { payments: number; refunds: number };
}
