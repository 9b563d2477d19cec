import { hash } from 'node:crypto';
import { type CabinClass, cabinClasses } from '../../../shared/flight.ts';
import type { ConnectionView, FlightLeg, Itinerary, ItinerarySlice } from '../../../shared/itinerary.ts';
import { isDefaultConnection } from '../connections/minimum-connection.ts';
import type { OfferLeg } from '../offers/offer-seal.ts';
import { idOf } from '../timetable/flight-index.ts';
import { bareFlightView } from '../timetable/flight-view.ts';
import { type CabinColumns, rowFamily, type Timetable } from '../timetable/timetable.ts';
import { rowsOf } from './answer-search.ts';
import { type ConnectionTimes, connectionAsked, connectionMinutes } from './connection-times.ts';
import { type Front, legsMax } from './front.ts';
import type { ResolvedSearch } from './resolve-search.ts';
import type { Answered } from './search-engine.ts';
import type { ShownWith } from './show-page.ts';

/** A search and what it found: what there is to be shown. */
export interface FoundSearch {
  search: ResolvedSearch;
  answered: Answered;
  /** When the search was made. Milliseconds since the epoch. */
  at: number;
}

/** The journey at a place of the ranking, as it is shown. */
export function itineraryView(
  { names, times, seal, nowMs }: ShownWith,
  { search, answered, at }: FoundSearch,
  place: number,
): Itinerary {
  const { fronts, timetable, versions } = answered;
  const { input, seats } = search;
  const entries = entriesOf(answered, place);
  const slices = fronts.map((front, slice): ItinerarySlice => {
    const entry = entries[slice] as number;
    const legs = rowsOf(front, entry).map(
      (row, leg): FlightLeg => ({
        ...bareFlightView(timetable, names, row, nowMs),
        cabin: input.cabin,
        price: {
          amount: front.prices[entry * legsMax + leg] as number,
          currency: names.currencies.at(front.currency[entry] as number),
        },
        cabinVersion: versions[slice]?.[entry * legsMax + leg] ?? 0,
      }),
    );
    return {
      legs,
      durationMinutes: front.minutes[entry] as number,
      stops: front.stops[entry] as number,
      connections: connectionsOf(names, timetable, times, front, entry),
      groundKm: groundKmOf(search, slice, timetable, rowsOf(front, entry)),
    };
  });
  const amount = fronts.reduce((sum, front, slice) => sum + (front.price[entries[slice] as number] as number), 0);
  const first = fronts[0] as Front;
  const currency = names.currencies.at(first.currency[entries[0] as number] as number);
  const columns = timetable.cabins[cabinClasses.indexOf(input.cabin)] as CabinColumns;
  const offered = fronts.flatMap((front, slice) =>
    rowsOf(front, entries[slice] as number).map((row, leg): OfferLeg => {
      const shown = (slices[slice] as ItinerarySlice).legs[leg] as FlightLeg;
      const familyId = rowFamily(timetable, columns, row) || null;
      return {
        flightId: shown.id,
        cabin: input.cabin,
        version: shown.cabinVersion,
        seatPrice: shown.price.amount,
        familyId,
      };
    }),
  );
  return {
    id: journeyId(answered, place, input.cabin),
    slices,
    price: { amount, currency },
    priceKind: fronts.length === 1 ? 'one_way' : 'sum_of_one_ways',
    seatsLeft: seatsLeft(timetable, input.cabin, fronts, entries, seats),
    // Guaranteed from when it was found, on whatever page it is shown.
    offerToken: seal.seal({ legs: offered, brand: null, seats, currency }, at),
  };
}

/** The entry of each slice's front that the journey at a place of the ranking is made of. */
export const entriesOf = ({ fronts, ranking }: Answered, place: number): number[] =>
  fronts.map((_, slice) => ranking.entries[place * fronts.length + slice] as number);

/** The ids of a journey's flights, by slice. */
export const flightsOf = (answered: Answered, place: number): string =>
  entriesOf(answered, place)
    .map((entry, slice) =>
      rowsOf(answered.fronts[slice] as Front, entry)
        .map((row) => idOf(answered.timetable, row))
        .join('+'),
    )
    .join('/');

/** A UUID (version 8, custom) that the same flights in the same cabin always have. */
export function journeyId(answered: Answered, place: number, cabin: CabinClass): string {
  const hex = hash('sha256', `${cabin} ${flightsOf(answered, place)}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function seatsLeft(t: Timetable, cabin: CabinClass, fronts: Front[], entries: number[], seats: number): number {
  const { available } = t.cabins[cabinClasses.indexOf(cabin)] as CabinColumns;
  let least = Number.POSITIVE_INFINITY;
  for (const [slice, front] of fronts.entries())
    for (const row of rowsOf(front, entries[slice] as number)) least = Math.min(least, available[row] as number);
  // What was sold since the search is left to the hold to say; the journey was offered to this party.
  return Math.max(seats, least);
}

function groundKmOf(
  { groundKm }: ResolvedSearch,
  slice: number,
  t: Timetable,
  rows: number[],
): ItinerarySlice['groundKm'] {
  const ends = groundKm[slice];
  const from = t.marketFrom[t.market[rows[0] as number] as number] as number;
  const to = t.marketTo[t.market[rows.at(-1) as number] as number] as number;
  return { origin: ends?.origin.get(from) ?? 0, destination: ends?.destination.get(to) ?? 0 };
}

function connectionsOf(
  names: ShownWith['names'],
  t: Timetable,
  times: ConnectionTimes,
  front: Front,
  entry: number,
): ConnectionView[] {
  const rows = rowsOf(front, entry);
  return rows.slice(1).map((row, at): ConnectionView => {
    const before = rows[at] as number;
    const [market, next] = [t.market[before] as number, t.market[row] as number];
    const [arrive, depart] = [t.marketTo[market] as number, t.marketFrom[next] as number];
    const arrives = (t.departs[before] as number) + (t.minutes[before] as number);
    const departs = t.departs[row] as number;
    const offset = t.departsOffset[row] as number;
    return {
      arrive: names.airports.at(arrive),
      depart: names.airports.at(depart),
      minutes: departs - arrives,
      minimumMinutes: connectionMinutes(times, t, before, row),
      isDefault: isDefaultConnection(times.table, connectionAsked(t, before, row)),
      overnight: Math.floor((arrives + offset) / 1_440) !== Math.floor((departs + offset) / 1_440),
    };
  });
}
