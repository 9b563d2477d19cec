import type { ListFlightsInput, OperatorFlightView } from '../../../shared/flight.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import { type FlightRow, flightColumns, operatorFlightViewOf, readCabins } from './flight-rows.ts';
import type { InventoryRoom } from './inventory-room.ts';

const listSql = `
  select ${flightColumns} from flight f
  where ($1::text[] is null or f.origin = any($1)) and ($2::text[] is null or f.destination = any($2))
    and ($3::text is null or f.departure_date = $3)
    and ($4::float8 is null or (f.departs_at_utc, f.id) > (to_timestamp($4 / 1000), $5::uuid))
  order by f.departs_at_utc, f.id limit $6`;

/** Flights for an operator, with the counters, in the order of departure. Fails: INVALID_INPUT (cursor). */
export async function listFlights(
  room: InventoryRoom,
  input: ListFlightsInput,
): Promise<{ flights: OperatorFlightView[]; nextCursor: string | null }> {
  const after = decodeCursor(input.cursor, ['number', 'id']);
  const { rows } = await room.pool.query<FlightRow>(listSql, [
    input.origin ? room.places.airportsOf(input.origin) : null,
    input.destination ? room.places.airportsOf(input.destination) : null,
    input.date ?? null,
    after?.[0] ?? null,
    after?.[1] ?? null,
    input.limit + 1,
  ]);
  const page = rows.slice(0, input.limit);
  const cabins = await readCabins(
    room.pool,
    page.map((row) => row.id),
  );
  const last = page.at(-1);
  return {
    flights: page.map((row) => operatorFlightViewOf(row, cabins.get(row.id) ?? [], room.clock.now())),
    nextCursor: rows.length > page.length && last ? encodeCursor([last.departsAtMs, last.id]) : null,
  };
}
