import type { FlightState, FlightView, OperatorFlightView } from '../../../shared/flight.ts';
import { cabinClasses } from '../../../shared/flight.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import { availableOf, cabinViewOf, type FlightPart, type SeatTruth, seatTruthColumns } from './seat-truth.ts';

/** A flight as SQL reads it, without its cabins. */
export interface FlightRow {
  id: string;
  carrier: string;
  number: string;
  origin: string;
  destination: string;
  departsAt: string;
  arrivesAt: string;
  /** Milliseconds since the epoch. */
  departsAtMs: number;
  arrivesAtMs: number;
  state: FlightPart['state'];
  version: number;
}

/** Columns of a `flight` row (aliased f) that make a FlightRow. */
export const flightColumns = `
  f.id, f.carrier, f.number, f.origin, f.destination, f.departs_at as "departsAt", f.arrives_at as "arrivesAt",
  (extract(epoch from f.departs_at_utc) * 1000)::float8 as "departsAtMs",
  (extract(epoch from f.arrives_at_utc) * 1000)::float8 as "arrivesAtMs", f.state, f.version`;

/** `departed` is what an open or closed flight becomes by the passing of time; it is never stored. */
export const stateAt = (state: FlightPart['state'], departsAtMs: number, nowMs: number): FlightState =>
  state !== 'cancelled' && departsAtMs <= nowMs ? 'departed' : state;

const byCabinClass = (a: SeatTruth, b: SeatTruth): number =>
  cabinClasses.indexOf(a.cabin) - cabinClasses.indexOf(b.cabin);

export function flightViewOf(row: FlightRow, cabins: SeatTruth[], nowMs: number): FlightView {
  return {
    id: row.id,
    carrier: row.carrier,
    number: row.number,
    origin: row.origin,
    destination: row.destination,
    departsAt: row.departsAt,
    arrivesAt: row.arrivesAt,
    departsAtUtc: new Date(row.departsAtMs).toISOString(),
    arrivesAtUtc: new Date(row.arrivesAtMs).toISOString(),
    durationMinutes: Math.round((row.arrivesAtMs - row.departsAtMs) / 60_000),
    state: stateAt(row.state, row.departsAtMs, nowMs),
    version: row.version,
    cabins: [...cabins].sort(byCabinClass).map(cabinViewOf),
  };
}

export function operatorFlightViewOf(row: FlightRow, cabins: SeatTruth[], nowMs: number): OperatorFlightView {
  return {
    ...flightViewOf(row, cabins, nowMs),
    cabins: [...cabins].sort(byCabinClass).map((truth) => ({
      ...cabinViewOf(truth),
      available: availableOf(truth),
      held: truth.held,
      sold: truth.sold,
      targetCapacity: truth.targetCapacity,
      deficit: Math.max(0, truth.held + truth.sold - truth.targetCapacity),
    })),
  };
}

/** The cabins of flights, grouped by flight id. */
export async function readCabins(db: Queryable, flightIds: string[]): Promise<Map<string, SeatTruth[]>> {
  const { rows } = await db.query<SeatTruth>({
    name: 'read-cabins',
    text: `select ${seatTruthColumns} from cabin c where c.flight_id = any($1::uuid[])`,
    values: [flightIds],
  });
  return Map.groupBy(rows, (row) => row.flightId) as Map<string, SeatTruth[]>;
}

/** Flights by id, with their cabins; ids that do not exist are left out. */
export async function readFlights(
  db: Queryable,
  flightIds: string[],
): Promise<Map<string, { row: FlightRow; cabins: SeatTruth[] }>> {
  const { rows } = await db.query<FlightRow>({
    name: 'read-flights',
    text: `select ${flightColumns} from flight f where f.id = any($1::uuid[])`,
    values: [flightIds],
  });
  const cabins = await readCabins(db, flightIds);
  return new Map(rows.map((row) => [row.id, { row, cabins: cabins.get(row.id) ?? [] }]));
}
