import type { Queryable } from '../postgres/transaction.ts';

/** One thing that happened: `NOUN.verb`, what it is about, and a version that orders the entries about that. */
export interface LogEntry {
  type: string;
  subject?: string;
  version?: number;
  data: Record<string, unknown>;
}

const insertSql = `
  insert into outbox (type, subject, version, data, rare)
  select e.type, e.subject, e.version, e.data, true
  from unnest($1::text[], $2::uuid[], $3::int4[], $4::jsonb[]) with ordinality as e (type, subject, version, data, place)
  order by e.place`;

/**
 * Writes entries into the transaction that makes them true. They become readable with its commit. They are marked as rare:
 * what happens a thousand times a second is written by functions of the record.
 */
export async function writeLog(tx: Queryable, entries: LogEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(insertSql, [
    entries.map((each) => each.type),
    entries.map((each) => each.subject ?? null),
    entries.map((each) => each.version ?? null),
    entries.map((each) => JSON.stringify(each.data)),
  ]);
}
