import type { Pool } from 'pg';
import type { Acknowledged } from './load-plan.ts';
import { operatorKey } from './open-stage.ts';

export interface SalesAudit {
  /** Cabins that disagree with ledger or bookings, as the server audits itself; null where no server of ours is. */
  drift: number | null;
  /** Seats of the record, and what was acknowledged to callers. */
  record: { held: number; sold: number };
  acknowledged: { held: number; sold: number; unanswered: number };
  /** What does not fit, in words; empty is good. */
  faults: string[];
}

const countSql = `
  select (select coalesce(sum(held), 0)::float8 from cabin) as held,
    (select coalesce(sum(sold), 0)::float8 from cabin) as sold,
    (select coalesce(sum(held + sold - capacity) filter (where held + sold > capacity), 0)::float8 from cabin) as oversold,
    count(*) filter (where status = 'confirmed')::float8 as confirmed,
    count(*)::float8 as bookings,
    coalesce(sum(('x' || right(id::text, 12))::bit(48)::int8), 0)::float8 as ids,
    coalesce(sum(('x' || right(id::text, 12))::bit(48)::int8) filter (where status = 'confirmed'), 0)::float8 as confirmed_ids,
    (select coalesce(sum(d_held), 0)::float8 from ledger) as ledger_held,
    (select coalesce(sum(d_sold), 0)::float8 from ledger) as ledger_sold
  from booking`;

type Row = Record<
  'held' | 'sold' | 'oversold' | 'confirmed' | 'bookings' | 'ids' | 'confirmed_ids' | 'ledger_held' | 'ledger_sold',
  number
>;

/**
 * Compares the record with what callers were told. Calls that were left without an answer may have happened or not;
 * without any, both sides must be equal to the seat and to the id.
 */
export async function auditSales(
  pool: Pool,
  url: string | null,
  acknowledged: Acknowledged,
  legs: number,
): Promise<SalesAudit> {
  const { rows } = await pool.query<Row>(countSql);
  const row = rows[0] as Row;
  const drift = url === null ? null : await driftOf(url);
  const { held, heldIdSum, sold, soldIdSum, unanswered } = acknowledged;
  const faults: string[] = [];
  const expect = (what: string, actual: number, expected: number) => {
    const fits = unanswered > 0 ? actual >= expected && actual <= expected + unanswered * legs : actual === expected;
    if (!fits) faults.push(`${what}: ${actual} in the record, ${expected} acknowledged`);
  };
  expect('seats held', row.held + row.sold, held * legs);
  expect('seats sold', row.sold, sold * legs);
  expect('bookings', row.bookings, held);
  expect('bookings confirmed', row.confirmed, sold);
  if (unanswered === 0) {
    expect('ids', row.ids, heldIdSum);
    expect('ids confirmed', row.confirmed_ids, soldIdSum);
  }
  if (row.oversold > 0) faults.push(`${row.oversold} seats oversold`);
  if (row.ledger_held !== row.held || row.ledger_sold !== row.sold) faults.push('the ledger sums to something else');
  if (drift) faults.push(`drift ${drift}`);
  return {
    drift,
    record: { held: row.held, sold: row.sold },
    acknowledged: { held: (held - sold) * legs, sold: sold * legs, unanswered },
    faults,
  };
}

async function driftOf(url: string): Promise<number> {
  const response = await fetch(`${url}/trpc/admin.seats.audit`, { headers: { 'x-api-key': operatorKey } });
  const body = (await response.json()) as { result?: { data: { json: { drift: number } } } };
  if (!body.result) throw new Error(`the audit failed: ${JSON.stringify(body).slice(0, 500)}`);
  return body.result.data.json.drift;
}
