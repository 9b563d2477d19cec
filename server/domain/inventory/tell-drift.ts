import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { type CabinDrift, publicOf } from './audit-seats.ts';
import { gapOf } from './drift-book.ts';

// Once a finding, whoever finds it and however often processes start: not again while the newest
// entry about this cabin tells of the same gap. A repair in between makes it news.
const tellSql = `
  insert into outbox (type, subject, data)
  select 'seats.drift', $1::uuid, $2::jsonb
  where ($2::jsonb -> 'gap') is distinct from (
    select (o.data -> 'gap')::jsonb from outbox o
    where o.subject = $1 and o.type in ('seats.drift', 'seats.repaired') and o.data ->> 'cabin' = $3
    order by o.xid desc, o.id desc limit 1)`;

/** Raises the alarm about cabins that were found to disagree: a line in the log, and an entry in the record's. */
export async function tellDrift(
  room: { pool: Pool; log: Logger; announceLog(): void },
  findings: CabinDrift[],
): Promise<void> {
  for (const finding of findings) {
    const data = { ...publicOf(finding), gap: gapOf(finding) };
    room.log.error(data, 'seats do not add up');
    await inTransaction(room.pool, async (tx) => {
      // One teller of a cabin at a time, or two would both find nothing said yet.
      await tx.query(`select pg_advisory_xact_lock(hashtext('airside seats.drift'), $1)`, [finding.cabinId]);
      await tx.query(tellSql, [finding.flightId, JSON.stringify(data), finding.cabin]);
    });
  }
  if (findings.length > 0) room.announceLog();
}
