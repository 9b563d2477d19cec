import { cabinClasses, type FlightView, type SearchFlightsInput } from '../../../shared/flight.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { dayOfDate } from '../places/zoned-time.ts';
import { idOf } from '../timetable/flight-index.ts';
import { bareFlightView, cabinViewsOf } from '../timetable/flight-view.ts';
import type { LiveTimetable } from '../timetable/live-timetable.ts';
import {
  type CabinColumns,
  firstFrom,
  rowPrice,
  rowsOfMarket,
  seatsForSale,
  type Timetable,
} from '../timetable/timetable.ts';

/** A flight with what it is sorted by; equal keys by departure, then by id. */
interface Found {
  key: number;
  departsAtMs: number;
  id: string;
  row: number;
}

type Place = readonly [key: number, departsAtMs: number, id: string];

const minuteMs = 60_000;
const dayMinutes = 1_440;

const compare = (a: Place, b: Place): number => a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0);

/**
 * The direct flights of markets and a local departure date that can seat the party, from the timetable in memory:
 * some dozen rows that lie side by side. Those behind `after`, at most `limit`.
 */
export function findFlights(
  { live, clock }: { live: Pick<LiveTimetable, 'timetable' | 'names'>; clock: Pick<Clock, 'now'> },
  origins: string[],
  destinations: string[],
  input: Pick<SearchFlightsInput, 'date' | 'cabin' | 'seats' | 'sort'>,
  after: Place | undefined,
  limit: number,
): { flights: FlightView[]; places: Place[] } {
  const { timetable: t, names } = live;
  const wanted = new Set(destinations.map((code) => names.airports.find(code)));
  const found: Found[] = [];
  for (const code of origins) {
    const origin = names.airports.find(code);
    if (origin < 0) continue;
    const list = t.airportOut[origin] as number;
    const end = list + 2 + 2 * (t.lists[list] as number);
    for (let at = list + 2; at < end; at += 2)
      if (wanted.has(t.lists[at + 1] as number)) collect(t, t.lists[at] as number, input, found);
  }
  const placeOf = ({ key, departsAtMs, id }: Found): Place => [key, departsAtMs, id];
  const page = found
    .filter((each) => !after || compare(placeOf(each), after) > 0)
    .sort((a, b) => compare(placeOf(a), placeOf(b)))
    .slice(0, limit);
  const nowMs = clock.now();
  return {
    flights: page.map(({ row }) => ({ ...bareFlightView(t, names, row, nowMs), cabins: cabinViewsOf(t, names, row) })),
    places: page.map(placeOf),
  };
}

function collect(
  t: Timetable,
  market: number,
  { date, cabin, seats, sort }: Pick<SearchFlightsInput, 'date' | 'cabin' | 'seats' | 'sort'>,
  found: Found[],
): void {
  const day = dayOfDate(date);
  const [start, end] = rowsOfMarket(t, market);
  const columns = cabin ? [t.cabins[cabinClasses.indexOf(cabin)] as CabinColumns] : t.cabins;
  // The clocks of an airport are at most 14 hours ahead of UTC and 12 behind it.
  for (let row = firstFrom(t.departs, start, end, day * dayMinutes - 14 * 60); row < end; row++) {
    const departs = t.departs[row] as number;
    if (departs >= (day + 1) * dayMinutes + 12 * 60) break;
    if (Math.floor((departs + (t.departsOffset[row] as number)) / dayMinutes) !== day) continue;
    let cheapest = Number.POSITIVE_INFINITY;
    for (const each of columns)
      if (seatsForSale(each, row) >= seats) cheapest = Math.min(cheapest, rowPrice(t, each, row, 1));
    if (cheapest === Number.POSITIVE_INFINITY) continue;
    const departsAtMs = departs * minuteMs;
    const key = sort === 'price' ? cheapest : sort === 'fastest' ? (t.minutes[row] as number) * minuteMs : departsAtMs;
    found.push({ key, departsAtMs, id: idOf(t, row), row });
  }
}
