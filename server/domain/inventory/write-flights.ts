import type { CabinClass } from '../../../shared/flight.ts';
import type { Money } from '../../../shared/money.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import type { StoredFares } from '../offers/store-fares.ts';

export interface NewFlight {
  id: string;
  carrier: string;
  number: string;
  origin: string;
  destination: string;
  departsAt: string;
  arrivesAt: string;
  /** Milliseconds since the epoch. */
  departsAtUtc: number;
  arrivesAtUtc: number;
  createdBy?: Buffer;
  /** Open unless it says otherwise. */
  state?: 'open' | 'closed' | 'cancelled';
  originTerminal?: string | null;
  destinationTerminal?: string | null;
  aircraft?: string | null;
  serviceType?: string | null;
  cabins: NewCabin[];
}

export interface NewCabin extends StoredFares {
  cabin: CabinClass;
  capacity: number;
  /** With a ladder: what it says for an empty cabin. */
  price: Money;
}

const carriersSql = `insert into carrier (code, name) select c, c from unnest($1::text[]) c on conflict do nothing`;

const flightsSql = `
  insert into flight (id, carrier, number, origin, destination, departs_at, arrives_at, departs_at_utc, arrives_at_utc,
    created_by, state, origin_terminal, destination_terminal, aircraft, service_type)
  select f.id, f.carrier, f.number, f.origin, f.destination, f.departs_at, f.arrives_at,
    to_timestamp(f.departs_ms / 1000), to_timestamp(f.arrives_ms / 1000), f.created_by, f.state, f.origin_terminal,
    f.destination_terminal, f.aircraft, f.service_type
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::float8[],
    $10::bytea[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
    as f (id, carrier, number, origin, destination, departs_at, arrives_at, departs_ms, arrives_ms, created_by, state,
      origin_terminal, destination_terminal, aircraft, service_type)
  on conflict (id) do nothing`;

const cabinsSql = `
  insert into cabin (flight_id, cabin, target_capacity, capacity, price_amount, price_currency, departs_at_utc, state, ladder,
    fare_family_id)
  select c.flight_id, c.cabin, c.capacity, c.capacity, c.amount, c.currency, f.departs_at_utc, f.state, c.ladder::int8[], c.family
  from unnest($1::uuid[], $2::text[], $3::int4[], $4::int8[], $5::text[], $6::text[], $7::int4[])
    as c (flight_id, cabin, capacity, amount, currency, ladder, family)
  join flight f on f.id = c.flight_id
  on conflict (flight_id, cabin) do nothing`;

/** Inserts flights with their cabins and carriers that are new. Answers how many flights were not there yet. */
export async function writeFlights(tx: Queryable, flights: NewFlight[]): Promise<number> {
  if (flights.length === 0) return 0;
  await tx.query(carriersSql, [[...new Set(flights.map((each) => each.carrier))]]);
  const { rowCount } = await tx.query(flightsSql, [
    flights.map((each) => each.id),
    flights.map((each) => each.carrier),
    flights.map((each) => each.number),
    flights.map((each) => each.origin),
    flights.map((each) => each.destination),
    flights.map((each) => each.departsAt),
    flights.map((each) => each.arrivesAt),
    flights.map((each) => each.departsAtUtc),
    flights.map((each) => each.arrivesAtUtc),
    flights.map((each) => each.createdBy ?? null),
    flights.map((each) => each.state ?? 'open'),
    flights.map((each) => each.originTerminal ?? null),
    flights.map((each) => each.destinationTerminal ?? null),
    flights.map((each) => each.aircraft ?? null),
    flights.map((each) => each.serviceType ?? null),
  ]);
  if (rowCount !== 0)
    await writeCabins(
      tx,
      flights.flatMap((each) => each.cabins.map((cabin) => ({ flightId: each.id, ...cabin }))),
    );
  return rowCount ?? 0;
}

/** Adds cabins to flights that are there. */
export async function writeCabins(tx: Queryable, cabins: ({ flightId: string } & NewCabin)[]): Promise<void> {
  await tx.query(cabinsSql, [
    cabins.map((each) => each.flightId),
    cabins.map((each) => each.cabin),
    cabins.map((each) => each.capacity),
    cabins.map((each) => each.price.amount),
    cabins.map((each) => each.price.currency),
    cabins.map((each) => (each.ladder ? `{${each.ladder.join()}}` : null)),
    cabins.map((each) => each.familyId ?? null),
  ]);
}
