import type { PoolClient } from 'pg';
import type { CabinClass } from '../../../shared/flight.ts';
import { newId } from '../../../shared/ids.ts';
import type { Money } from '../../../shared/money.ts';
import { editCabins } from './edit-cabins.ts';
import { type NewFlight, writeFlights } from './write-flights.ts';

export type WantedFlight = Omit<NewFlight, 'id' | 'createdBy'>;

export interface UpsertOutcome {
  created: number;
  /** Ids of flights that were changed. */
  updated: string[];
  unchanged: number;
  /** Places in the given list of flights that the operator has cancelled here; they stay cancelled. */
  cancelled: number[];
}

interface KnownRow {
  place: number;
  id: string;
  state: string;
  departsAt: string;
  arrivesAt: string;
  cabins: { cabin: CabinClass; capacity: number; amount: number; currency: string }[];
}

// Of a ladder the first step is what a file's price is compared with: the present one moves with every sale.
// A flight is known by designator, route and local departure date: a changed time or price is an
// update of the same flight.
const knownSql = `
  select distinct on (w.place) (w.place - 1)::int as place, f.id, f.state, f.departs_at as "departsAt", f.arrives_at as "arrivesAt",
    (select jsonb_agg(jsonb_build_object('cabin', c.cabin, 'capacity', c.target_capacity, 'amount', coalesce(c.ladder[2], c.price_amount),
       'currency', c.price_currency)) from cabin c where c.flight_id = f.id) as cabins
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    with ordinality as w (carrier, number, origin, destination, date, place)
  join flight f on f.carrier = w.carrier and f.number = w.number and f.departure_date = w.date
    and f.origin = w.origin and f.destination = w.destination
  order by w.place, f.created_at, f.id`;

const moveFlightSql = `
  with moved as (
    update flight set departs_at = $2, arrives_at = $3, departs_at_utc = to_timestamp($4::float8 / 1000),
      arrives_at_utc = to_timestamp($5::float8 / 1000), version = version + 1
    where id = $1 returning departs_at_utc)
  update cabin set departs_at_utc = moved.departs_at_utc, version = version + 1 from moved
  where flight_id = $1 and cabin.departs_at_utc <> moved.departs_at_utc`;

/**
 * Brings a batch of scheduled flights into the record; the same batch again changes nothing.
 * One importer at a time: the transaction holds an advisory lock, so two files cannot both find a
 * flight missing. `dryRun` only says what would happen.
 */
export async function upsertFlights(tx: PoolClient, wanted: WantedFlight[], dryRun: boolean): Promise<UpsertOutcome> {
  await tx.query(`set local lock_timeout = '20s'; set local statement_timeout = '60s'`);
  await tx.query(`select pg_advisory_xact_lock(hashtext('airside import'))`);
  const { rows } = await tx.query<KnownRow>(knownSql, [
    wanted.map((each) => each.carrier),
    wanted.map((each) => each.number),
    wanted.map((each) => each.origin),
    wanted.map((each) => each.destination),
    wanted.map((each) => each.departsAt.slice(0, 10)),
  ]);
  const known = new Map(rows.map((row) => [row.place, row]));
  const outcome: UpsertOutcome = { created: 0, updated: [], unchanged: 0, cancelled: [] };
  const created: NewFlight[] = [];
  for (const [place, flight] of wanted.entries()) {
    const row = known.get(place);
    if (!row) {
      created.push({ ...flight, id: newId() });
      continue;
    }
    if (row.state === 'cancelled') {
      outcome.cancelled.push(place);
      continue;
    }
    const moved = row.departsAt !== flight.departsAt || row.arrivesAt !== flight.arrivesAt;
    const edited = flight.cabins.filter((cabin) => !sameCabin(row, cabin));
    if (!moved && edited.length === 0) {
      outcome.unchanged++;
      continue;
    }
    outcome.updated.push(row.id);
    if (dryRun) continue;
    await tx.query(moveFlightSql, [
      row.id,
      flight.departsAt,
      flight.arrivesAt,
      flight.departsAtUtc,
      flight.arrivesAtUtc,
    ]);
    await editCabins(tx, row.id, edited);
  }
  outcome.created = created.length;
  if (!dryRun) await writeFlights(tx, created);
  return outcome;
}

const sameCabin = (row: KnownRow, wanted: { cabin: CabinClass; capacity: number; price: Money }): boolean =>
  row.cabins.some(
    (cabin) =>
      cabin.cabin === wanted.cabin &&
      cabin.capacity === wanted.capacity &&
      cabin.amount === wanted.price.amount &&
      cabin.currency === wanted.price.currency,
  );
