import type { Pool } from 'pg';
import type { CabinClass } from '../../../shared/flight.ts';
import { leastId } from '../../../shared/ids.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import type { CabinRecord, FlightRecord } from './flight-record.ts';
import type { DateDigest } from './timetable-digest.ts';

// Times as minutes, offsets as what the wall shows beyond UTC; cabins as arrays, which are half the bytes of objects.
const recordColumns = `
  f.id, f.carrier, f.number, f.origin, f.destination, (extract(epoch from f.departs_at_utc) / 60)::int4 as departs,
  (extract(epoch from f.arrives_at_utc - f.departs_at_utc) / 60)::int4 as minutes,
  (extract(epoch from f.departs_at::timestamp - f.departs_at_utc at time zone 'UTC') / 60)::int4 as departs_offset,
  (extract(epoch from f.arrives_at::timestamp - f.arrives_at_utc at time zone 'UTC') / 60)::int4 as arrives_offset,
  f.state, f.version, f.origin_terminal, f.destination_terminal,
  (select json_agg(json_build_array(c.cabin, c.price_amount, c.price_currency, c.ladder, coalesce(c.fare_family_id, 0),
      greatest(0, c.target_capacity - c.held - c.sold), c.target_capacity, c.version))
   from cabin c where c.flight_id = f.id) as cabins`;

const pageSql = `
  select ${recordColumns}, f.departure_date as date from flight f
  where (f.departure_date, f.id) > ($1, $2::uuid) order by f.departure_date, f.id limit $3`;

const byIdSql = `select ${recordColumns} from flight f where f.id = any($1::uuid[])`;

const byDateSql = `select ${recordColumns} from flight f where f.departure_date = $1`;

// What differs in any way differs in one of these: a change raises a version, a flight more or less the count.
const digestSql = `
  select count(distinct f.id)::int as flights, count(c.id)::int as cabins, coalesce(sum(c.version), 0)::float8 as cabin_versions,
    (select coalesce(sum(g.version), 0)::float8 from flight g where g.departure_date = $1) as flight_versions
  from flight f left join cabin c on c.flight_id = f.id where f.departure_date = $1`;

type CabinTuple = [CabinClass, number, string, number[] | null, number, number, number, number];
interface Row {
  id: string;
  carrier: string;
  number: string;
  origin: string;
  destination: string;
  departs: number;
  minutes: number;
  departs_offset: number;
  arrives_offset: number;
  state: FlightRecord['state'];
  version: number;
  origin_terminal: string | null;
  destination_terminal: string | null;
  cabins: CabinTuple[] | null;
}

const cabinOf = ([cabin, price, currency, ladder, family, available, capacity, version]: CabinTuple): CabinRecord => ({
  cabin,
  price,
  currency,
  ladder,
  family,
  available,
  capacity,
  version,
});

const recordOf = (row: Row): FlightRecord => ({
  id: row.id,
  carrier: row.carrier,
  number: row.number,
  origin: row.origin,
  destination: row.destination,
  departs: row.departs,
  minutes: row.minutes,
  departsOffset: row.departs_offset,
  arrivesOffset: row.arrives_offset,
  state: row.state,
  version: row.version,
  departsTerminal: row.origin_terminal,
  arrivesTerminal: row.destination_terminal,
  cabins: (row.cabins ?? []).map(cabinOf),
});

const pageSize = 5_000;

/** All flights, in pages. */
export async function* readAllRecords(pool: Pool): AsyncGenerator<FlightRecord[]> {
  let after = { date: '', id: leastId };
  for (;;) {
    const { rows } = await pool.query<Row & { date: string }>({
      name: 'timetable-page',
      text: pageSql,
      values: [after.date, after.id, pageSize],
    });
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(recordOf);
    after = { date: last.date, id: last.id };
  }
}

/** How many flights there are, about. */
export async function countFlights(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>('select count(*)::int as n from flight');
  return rows[0]?.n ?? 0;
}

export async function readRecords(db: Queryable, flightIds: string[]): Promise<FlightRecord[]> {
  const { rows } = await db.query<Row>({ name: 'timetable-flights', text: byIdSql, values: [flightIds] });
  return rows.map(recordOf);
}

export async function readRecordsOfDate(db: Queryable, date: string): Promise<FlightRecord[]> {
  const { rows } = await db.query<Row>({ name: 'timetable-date', text: byDateSql, values: [date] });
  return rows.map(recordOf);
}

export async function readDateDigest(db: Queryable, date: string): Promise<DateDigest> {
  const { rows } = await db.query<{ flights: number; cabins: number; cabin_versions: number; flight_versions: number }>(
    {
      name: 'timetable-digest',
      text: digestSql,
      values: [date],
    },
  );
  const row = rows[0];
  return {
    flights: row?.flights ?? 0,
    flightVersions: row?.flight_versions ?? 0,
    cabins: row?.cabins ?? 0,
    cabinVersions: row?.cabin_versions ?? 0,
  };
}

/** The local departure dates that have flights. */
export async function readDates(db: Queryable): Promise<string[]> {
  // A loose scan of flight_departure_idx: one look a date instead of one a flight.
  const { rows } = await db.query<{ date: string }>(`
    with recursive d as (
      (select departure_date as date from flight order by departure_date limit 1) union all
      select (select f.departure_date from flight f where f.departure_date > d.date order by f.departure_date limit 1)
      from d where d.date is not null)
    select date from d where date is not null`);
  return rows.map((row) => row.date);
}
