import type { Queryable } from '../postgres/transaction.ts';

/** One thing that happened. `version` orders the entries about one subject. */
export interface LogEntry {
  type: string;
  bookingId?: string;
  flightId?: string;
  version?: number;
  data: Record<string, unknown>;
}

const insertSql = `
  insert into outbox (type, booking_id, flight_id, version, data)
  select e.type, e.booking_id, e.flight_id, e.version, e.data
  from unnest($1::text[], $2::uuid[], $3::uuid[], $4::int4[], $5::jsonb[])
    with ordinality as e (type, booking_id, flight_id, version, data, place)
  order by e.place`;

/** Writes entries into the transaction that makes them true. They become readable with its commit. */
export async function writeLog(tx: Queryable, entries: LogEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(insertSql, [
    entries.map((each) => each.type),
    entries.map((each) => each.bookingId ?? null),
    entries.map((each) => each.flightId ?? null),
    entries.map((each) => each.version ?? null),
    entries.map((each) => JSON.stringify(each.data)),
  ]);
}
