import type { ExportFlightsInput, ExportView } from '../../../shared/schedule-import.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import { isoNow } from '../../platform/runtime/clock.ts';
import type { ImportRoom } from './import-room.ts';
import {
  carrierRecord,
  type HeldFlight,
  headerRecord,
  legRecords,
  numbered,
  trailerRecord,
  zeroRecord,
} from './write-ssim.ts';

/** Flight numbers in one part of an export; each is read and written whole. */
const numbersPerPart = 40;
const recordsPerBlock = 5;

// $1 carrier, $2 origin, $3 from, $4 to.
const chosen = `
  f.state <> 'cancelled' and ($1::text is null or f.carrier = $1) and ($2::text is null or f.origin = $2)
  and ($3::text is null or f.departure_date >= $3) and ($4::text is null or f.departure_date <= $4)`;

const numbersSql = `
  select distinct f.carrier, f.number from flight f where ${chosen} and (f.carrier, f.number) > ($5, $6)
  order by f.carrier, f.number limit $7`;

// Of two flights with one designator, route and date the importer knows the first, too.
const flightsSql = `
  select distinct on (f.carrier, f.number, f.origin, f.destination, f.departure_date) f.carrier, f.number, f.origin,
    f.destination, f.departs_at as "departsAt", f.arrives_at as "arrivesAt",
    (extract(epoch from f.departs_at_utc) * 1000)::float8 as "departsAtUtc",
    (extract(epoch from f.arrives_at_utc) * 1000)::float8 as "arrivesAtUtc",
    f.origin_terminal as "originTerminal", f.destination_terminal as "destinationTerminal", f.aircraft,
    f.service_type as "serviceType",
    (select jsonb_agg(jsonb_build_object('cabin', c.cabin, 'capacity', c.target_capacity))
     from cabin c where c.flight_id = f.id) as cabins
  from unnest($5::text[], $6::text[]) as n (carrier, number)
  join flight f on f.carrier = n.carrier and f.number = n.number
  where ${chosen}
  order by f.carrier, f.number, f.origin, f.destination, f.departure_date, f.created_at, f.id`;

const datesSql = `
  select min(f.departure_date) as first, max(f.departure_date) as last from flight f where ${chosen}`;

/**
 * What we hold as SSIM chapter 7, part by part: a part is some flight numbers, and the parts one after the other are
 * the file. Cancelled flights are left out; prices and states have no place in the format.
 * Fails: INVALID_INPUT (cursor).
 */
export async function exportTimetable(room: ImportRoom, input: ExportFlightsInput): Promise<ExportView> {
  const { pool, places, clock } = room.inventory;
  const { carrier = null, origin = null, from = null, to = null } = input;
  const choice = [carrier, origin, from, to];
  // Where the part before ended: its carrier and number, its last serial number and that of the carrier record.
  const after = decodeCursor(input.cursor, ['text', 'text', 'number', 'number']);
  const [afterCarrier, afterNumber] = after ?? ['', ''];
  const numbers = await pool.query<{ carrier: string; number: string }>(numbersSql, [
    ...choice,
    afterCarrier,
    afterNumber,
    numbersPerPart + 1,
  ]);
  const part = numbers.rows.slice(0, numbersPerPart);
  const isLast = numbers.rows.length === part.length;
  const flights = await pool.query<HeldFlight>(flightsSql, [
    ...choice,
    part.map((each) => each.carrier),
    part.map((each) => each.number),
  ]);
  const byNumber = Map.groupBy(flights.rows, (row) => `${row.carrier} ${row.number}`);

  const file = openFile(after?.[2] ?? 0, after?.[3] ?? 0);
  if (!after) file.add(headerRecord(), true);
  let current = afterCarrier;
  let written = 0;
  for (const each of part) {
    if (each.carrier !== current) {
      if (current !== '') file.end(current);
      const dates = await pool.query<{ first: string; last: string }>(datesSql, [each.carrier, ...choice.slice(1)]);
      const { first = '', last = '' } = dates.rows[0] ?? {};
      file.begin(carrierRecord(each.carrier, first, last, isoNow(clock).slice(0, 10)));
      current = each.carrier;
    }
    const held = byNumber.get(`${each.carrier} ${each.number}`) ?? [];
    const legs = legRecords(held, (code) => places.zoneOf(code) ?? 'UTC');
    for (const record of legs.records) file.add(record);
    written += legs.written;
  }
  if (isLast && current !== '') file.end(current);
  const last = part.at(-1);
  return {
    text: file.text(),
    flights: written,
    leftOut: flights.rows.length - written,
    nextCursor: isLast || !last ? null : encodeCursor([last.carrier, last.number, file.serial(), file.carrierSerial()]),
  };
}

/** Records with their serial numbers, in blocks that lines of zeros fill. */
function openFile(lastSerial: number, ofCarrier: number) {
  const lines: string[] = [];
  let serial = lastSerial;
  let carrierSerial = ofCarrier;
  const fill = (records: number): void => {
    for (let at = records; at % recordsPerBlock !== 0; at++) lines.push(zeroRecord);
  };
  const add = (record: string, isAlone = false): void => {
    serial += 1;
    lines.push(numbered(record, serial));
    if (isAlone) fill(1);
  };
  return {
    add,
    begin: (record: string): void => {
      add(record, true);
      carrierSerial = serial;
    },
    end: (carrier: string): void => {
      add(trailerRecord(carrier, serial));
      fill(serial - carrierSerial);
    },
    serial: () => serial,
    carrierSerial: () => carrierSerial,
    text: () => lines.map((line) => `${line}\n`).join(''),
  };
}
