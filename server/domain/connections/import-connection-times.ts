import type { Pool } from 'pg';
import { writeLog } from '../../platform/feed/write-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { inSlices } from '../places/in-slices.ts';
import type { PlaceDirectory } from '../places/place-directory.ts';
import type { ConnectionRule } from './minimum-connection.ts';
import { parseConnectionTimes } from './parse-connection-times.ts';

const columns = `arrival_airport, departure_airport, arrival_terminal, departure_terminal, status, arrival_carrier,
  departure_carrier`;
const givenSql = `
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int2[])
    as g (${columns}, minutes)`;

const changedSql = `
  with given as (${givenSql})
  select count(*) filter (where t.status is null)::int as created,
    count(*) filter (where t.status is not null and t.minutes is distinct from g.minutes)::int as updated
  from given g left join connection_time t using (${columns})`;

const saveSql = `
  insert into connection_time as t (${columns}, minutes) ${givenSql}
  on conflict (${columns}) do update set minutes = excluded.minutes where t.minutes is distinct from excluded.minutes`;

/**
 * Reads minimum connection times (`mct`) into the record; the same file again changes nothing. Whoever keeps them in
 * memory hears of `connections.imported`.
 */
export async function importConnectionTimes(
  room: { pool: Pool; places: PlaceDirectory; announceLog(): void },
  text: string,
  dryRun: boolean,
): Promise<{
  accepted: number;
  counts: { created: number; updated: number; unchanged: number };
  rejected: { line: number; reason: string }[];
}> {
  const { rules, rejected } = await inSlices(
    parseConnectionTimes(text, (code) => room.places.get(code)?.kind === 'airport'),
  );
  const any = (pick: (rule: ConnectionRule) => string | null) => rules.map((rule) => pick(rule) ?? '*');
  const values = [
    any((rule) => rule.arrivalAirport),
    any((rule) => rule.departureAirport ?? rule.arrivalAirport),
    any((rule) => rule.arrivalTerminal),
    any((rule) => rule.departureTerminal),
    any((rule) => rule.status),
    any((rule) => rule.arrivalCarrier),
    any((rule) => rule.departureCarrier),
    rules.map((rule) => rule.minutes),
  ];
  const counts = await inTransaction(room.pool, async (tx) => {
    await tx.query(`set local statement_timeout = '60s'`);
    const { rows } = await tx.query<{ created: number; updated: number }>(changedSql, values);
    const { created, updated } = rows[0] as { created: number; updated: number };
    if (!dryRun && created + updated > 0) {
      await tx.query(saveSql, values);
      await writeLog(tx, [{ type: 'connections.imported', data: { created, updated } }]);
    }
    return { created, updated, unchanged: rules.length - created - updated };
  });
  if (!dryRun) room.announceLog();
  return { accepted: rules.length, counts, rejected };
}
