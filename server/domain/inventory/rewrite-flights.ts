import type { FlightFacts } from '../../../shared/schedule-import.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import { writeCabins } from './write-flights.ts';

/** A flight that is to be as `facts` say. Cabins that are not named stay as they are. */
export interface FlightRewrite {
  flightId: string;
  facts: FlightFacts;
}

// As an edit locks: flights, then cabins, in the order of their ids. Selling locks cabins in that order, too.
const lockSql = `
  select f.id, f.version, f.state from flight f where f.id = any($1::uuid[]) order by f.id for update`;
const lockCabinsSql = 'select from cabin where flight_id = any($1::uuid[]) order by id for update';

/** Locks flights with their cabins, and answers those that there are. */
export async function lockFlights(
  tx: Queryable,
  flightIds: string[],
): Promise<Map<string, { version: number; state: string }>> {
  const { rows } = await tx.query<{ id: string; version: number; state: string }>(lockSql, [flightIds]);
  await tx.query(lockCabinsSql, [flightIds]);
  return new Map(rows.map((row) => [row.id, row]));
}

const flightsSql = `
  update flight f set departs_at = u.departs_at, arrives_at = u.arrives_at,
    departs_at_utc = to_timestamp(u.departs_ms / 1000), arrives_at_utc = to_timestamp(u.arrives_ms / 1000),
    state = u.state, origin_terminal = u.origin_terminal, destination_terminal = u.destination_terminal,
    aircraft = u.aircraft, service_type = u.service_type, version = f.version + 1
  from unnest($1::uuid[], $2::text[], $3::text[], $4::float8[], $5::float8[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[]) as u (id, departs_at, arrives_at, departs_ms, arrives_ms, state, origin_terminal, destination_terminal,
    aircraft, service_type)
  where f.id = u.id returning f.id, f.version`;

const repeatSql = `
  update cabin c set state = f.state, departs_at_utc = f.departs_at_utc, version = c.version + 1
  from flight f
  where f.id = any($1::uuid[]) and c.flight_id = f.id
    and (c.state, c.departs_at_utc) is distinct from (f.state, f.departs_at_utc)`;

// Cutting capacity below what is taken keeps every seat that was promised, as in edit-cabins.ts.
const cabinsSql = `
  update cabin c set target_capacity = u.capacity, capacity = greatest(u.capacity, c.held + c.sold),
    -- Another price is that of every seat, and ends a ladder.
    ladder = case when u.amount = c.ladder[2] and u.currency = c.price_currency then c.ladder end,
    price_amount = u.amount, price_currency = u.currency, version = c.version + 1
  from unnest($1::uuid[], $2::text[], $3::int4[], $4::int8[], $5::text[]) as u (flight_id, cabin, capacity, amount, currency)
  where c.flight_id = u.flight_id and c.cabin = u.cabin returning c.flight_id as "flightId", c.cabin`;

/** Makes flights that the caller has locked what they should be. Answers their new versions. */
export async function rewriteFlights(tx: Queryable, rewrites: FlightRewrite[]): Promise<Map<string, number>> {
  if (rewrites.length === 0) return new Map();
  const ids = rewrites.map((each) => each.flightId);
  const { rows } = await tx.query<{ id: string; version: number }>(flightsSql, [
    ids,
    rewrites.map(({ facts }) => facts.departsAt),
    rewrites.map(({ facts }) => facts.arrivesAt),
    rewrites.map(({ facts }) => facts.departsAtUtc),
    rewrites.map(({ facts }) => facts.arrivesAtUtc),
    rewrites.map(({ facts }) => facts.state),
    rewrites.map(({ facts }) => facts.originTerminal),
    rewrites.map(({ facts }) => facts.destinationTerminal),
    rewrites.map(({ facts }) => facts.aircraft),
    rewrites.map(({ facts }) => facts.serviceType),
  ]);
  await tx.query(repeatSql, [ids]);
  const cabins = rewrites.flatMap(({ flightId, facts }) => facts.cabins.map((cabin) => ({ flightId, ...cabin })));
  const edited = await tx.query<{ flightId: string; cabin: string }>(cabinsSql, [
    cabins.map((each) => each.flightId),
    cabins.map((each) => each.cabin),
    cabins.map((each) => each.capacity),
    cabins.map((each) => each.price.amount),
    cabins.map((each) => each.price.currency),
  ]);
  const there = new Set(edited.rows.map((row) => `${row.flightId} ${row.cabin}`));
  const added = cabins.filter((each) => !there.has(`${each.flightId} ${each.cabin}`));
  if (added.length > 0) await writeCabins(tx, added);
  return new Map(rows.map((row) => [row.id, row.version]));
}

// A flight that anybody ever held seats on stays as a record; one that nobody touched may go.
const deleteSql = `
  delete from flight f where f.id = any($1::uuid[])
    and not exists (select from ledger g join cabin c on c.id = g.cabin_id where c.flight_id = f.id)
  returning f.id`;

/** Deletes those of locked flights of which no seat was ever touched, and answers which. */
export async function deleteUntouched(tx: Queryable, flightIds: string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>(deleteSql, [flightIds]);
  return new Set(rows.map((row) => row.id));
}
