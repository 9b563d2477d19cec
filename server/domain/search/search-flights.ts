import type { FlightView, SearchFlightsInput, SearchFlightsView } from '../../../shared/flight.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import { isoNow } from '../../platform/runtime/clock.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { type FlightRow, flightColumns, flightViewOf } from '../inventory/flight-rows.ts';
import { type SeatTruth, seatTruthColumns } from '../inventory/seat-truth.ts';
import { findFlights } from './find-flights.ts';
import { catchUpMs } from './search-bounds.ts';
import type { SearchRoom } from './search-room.ts';

// The flights of a market and day come from the covering index alone; their cabins by (flight, cabin).
// A day of one market is some dozen flights, so they are sorted here by whatever was asked.
const searchSql = `
  with offered as (
    select ${flightColumns},
      (select min(c.price_amount) from cabin c where c.flight_id = f.id and ($4::text is null or c.cabin = $4)
         and c.target_capacity - c.held - c.sold >= $5)::float8 as cheapest
    from flight f
    where f.origin = any($1::text[]) and f.destination = any($2::text[]) and f.departure_date = $3
      and f.state = 'open'
  ), sorted as (
    select o.*, case $6 when 'price' then o.cheapest when 'fastest' then o."arrivesAtMs" - o."departsAtMs"
      else o."departsAtMs" end as key
    from offered o where o.cheapest is not null
  )
  select s.*, (select jsonb_agg(to_jsonb(x)) from (select ${seatTruthColumns} from cabin c where c.flight_id = s.id) x) as cabins
  from sorted s
  where $7::float8 is null or (s.key, s."departsAtMs", s.id) > ($7, $8::float8, $9::uuid)
  order by s.key, s."departsAtMs", s.id limit $10`;

/**
 * Direct flights of one local departure date that can seat the party, each with all its cabins.
 * City codes mean all their airports. Until the timetable is in memory Redis answers where it has the market and day,
 * else Postgres. Only the timetable has a version and a lag. Never decides availability: booking does.
 *
 * Fails: INVALID_INPUT for an unknown place or a cursor that is none.
 */
export async function searchFlights(
  room: Pick<SearchRoom, 'pool' | 'clock' | 'places' | 'live' | 'projection'>,
  input: SearchFlightsInput,
): Promise<SearchFlightsView> {
  const airportsOf = (field: 'origin' | 'destination'): string[] => {
    const codes = room.places.airportsOf(input[field]);
    if (codes.length === 0) throw invalidInput([field], `no place has the code ${input[field]}`);
    return codes;
  };
  const after = decodeCursor(input.cursor, ['number', 'number', 'id']);
  if (room.live.isBuilt) {
    await room.live.caughtUp(catchUpMs);
    const asOf = isoNow(room.clock);
    const { version: indexVersion, lagMs } = room.live;
    const [origins, destinations] = [airportsOf('origin'), airportsOf('destination')];
    const { flights, places } = findFlights(room, origins, destinations, input, after, input.limit + 1);
    const last = places[input.limit - 1];
    const nextCursor = flights.length > input.limit && last ? encodeCursor([...last]) : null;
    return { flights: flights.slice(0, input.limit), nextCursor, asOf, indexVersion, lagMs };
  }
  const ofNoIndex = { asOf: isoNow(room.clock), indexVersion: null, lagMs: null };
  const [origins, destinations] = [airportsOf('origin'), airportsOf('destination')];
  const found = await room.projection.search(origins, destinations, input, after, input.limit + 1);
  if (found) {
    const flights = found.slice(0, input.limit);
    const end = found.length > flights.length ? flights.at(-1) : undefined;
    const nextCursor = end ? encodeCursor([...end.place]) : null;
    return { flights: flights.map((each) => each.flight), nextCursor, ...ofNoIndex };
  }
  const { rows } = await room.pool.query<FlightRow & { key: number; cabins: SeatTruth[] }>({
    name: 'search-flights',
    text: searchSql,
    values: [
      origins,
      destinations,
      input.date,
      input.cabin ?? null,
      input.seats,
      input.sort,
      after?.[0] ?? null,
      after?.[1] ?? null,
      after?.[2] ?? null,
      input.limit + 1,
    ],
  });
  const page = rows.slice(0, input.limit);
  const last = page.at(-1);
  return {
    flights: page.map((row): FlightView => flightViewOf(row, row.cabins, room.clock.now())),
    nextCursor: rows.length > page.length && last ? encodeCursor([last.key, last.departsAtMs, last.id]) : null,
    ...ofNoIndex,
  };
}
