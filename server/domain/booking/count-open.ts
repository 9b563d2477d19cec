import type { Queryable } from '../../platform/postgres/transaction.ts';

const openSql = `
  select count(*)::int as n from hold_deadline h cross join unnest(h.bookings) u (id)
  join booking b on b.id = u.id where b.status in ('held', 'paying')`;

/** Bookings that are held or being paid for, by their deadlines: no index of bookings has their state. */
export async function countOpen(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ n: number }>(openSql);
  return rows[0]?.n ?? 0;
}
