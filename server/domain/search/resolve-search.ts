import { cabinClasses } from '../../../shared/flight.ts';
import {
  type ClockWindow,
  type ItineraryFilters,
  type SearchItinerariesInput,
  seatsOfParty,
} from '../../../shared/itinerary.ts';
import { limits } from '../../../shared/limits.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { greatCircleKm } from '../places/great-circle.ts';
import { dateOfDay, dayOfDate, wallToInstant } from '../places/zoned-time.ts';
import type { SearchTask } from './answer-search.ts';
import { defaultBounds, resultsMax, turnaroundMinutes } from './search-bounds.ts';
import type { SearchRoom } from './search-room.ts';
import type { SliceFilters, SliceQuestion } from './slice-question.ts';

/** A search with its places and filters as numbers of the timetable, and what is needed to show its answer. */
export interface ResolvedSearch {
  input: SearchItinerariesInput;
  seats: number;
  task: SearchTask;
  /** By slice and end: km on the ground from what was asked for, by airport of the timetable. */
  groundKm: { origin: Map<number, number>; destination: Map<number, number> }[];
}

const minuteMs = 60_000;

/** Fails: INVALID_INPUT for an unknown place, or a slice that begins before the one before it. */
export function resolveSearch(room: SearchRoom, input: SearchItinerariesInput): ResolvedSearch {
  const seats = seatsOfParty(input.passengers);
  const groundKm: ResolvedSearch['groundKm'] = [];
  const slices = input.slices.map((slice, place): SliceQuestion => {
    const before = input.slices[place - 1];
    if (before && dayOfDate(slice.date) + slice.flexDays < dayOfDate(before.date) - before.flexDays)
      throw invalidInput(['slices', place, 'date'], 'before the slice that it follows');
    const origin = airportsOf(room, slice.origin, slice.nearbyKm, ['slices', place, 'origin']);
    const destination = airportsOf(room, slice.destination, slice.nearbyKm, ['slices', place, 'destination']);
    groundKm.push({ origin, destination });
    const firstDay = dayOfDate(slice.date) - slice.flexDays;
    const days = 1 + 2 * slice.flexDays;
    return {
      origins: [...origin.keys()].map((airport) => windowOf(room, airport, firstDay, days)),
      destinations: [...destination.keys()],
      firstDay,
      days,
      cabin: cabinClasses.indexOf(input.cabin),
      seats,
      maxStops: input.maxStops as 0 | 1 | 2,
      notBefore: notBefore(room, firstDay + days),
      bounds: defaultBounds(input.filters.layover?.maxMinutes),
      filters: sliceFilters(room, input.filters, slice.departure, slice.arrival),
      keep: input.dominated ? 'all' : 'front',
    };
  });
  return {
    input,
    seats,
    groundKm,
    task: { slices, sort: input.sort, resultsMax, turnaroundMinutes, priceMax: input.filters.maxPrice?.amount ?? null },
  };
}

/** Those of these airports that the timetable knows. */
export const airportNumbers = (room: SearchRoom, codes: string[]): number[] =>
  codes.map((code) => room.live.names.airports.find(code)).filter((airport) => airport >= 0);

/** Airports of the timetable that these codes mean, with the km on the ground from the nearest that was named. */
export function airportsOf(
  room: SearchRoom,
  codes: string[],
  nearbyKm: number,
  path: (string | number)[],
): Map<number, number> {
  const found = new Map<number, number>();
  const { airports } = room.live.names;
  const named = new Set<string>();
  for (const [place, code] of codes.entries()) {
    const own = room.places.airportsOf(code);
    if (own.length === 0) throw invalidInput([...path, place], `no place has the code ${code}`);
    for (const airport of own) named.add(airport);
  }
  for (const code of named) {
    const airport = airports.find(code);
    if (airport >= 0) found.set(airport, 0);
  }
  if (nearbyKm === 0) return found;
  const centres = [...named].flatMap((code) => room.places.coordinatesOf(code) ?? []);
  for (const [airport, code] of airports.all.entries()) {
    const here = room.places.coordinatesOf(code);
    if (!here || found.has(airport)) continue;
    const km = Math.round(Math.min(...centres.map((centre) => greatCircleKm(centre, here))));
    if (km <= nearbyKm) found.set(airport, km);
  }
  // Nearest first, so that a bound on how many there are leaves out the farthest.
  return new Map([...found].sort((a, b) => a[1] - b[1]).slice(0, airportsMax));
}

/** Airports of one end of a slice; each pair of ends is a search of its own. */
const airportsMax = 3 * limits.placesPerSlice;

/** The days as minutes of UTC at an airport. An hour more at both ends: which day a flight is of its own clock says. */
export function windowOf(
  room: Pick<SearchRoom, 'places' | 'live'>,
  airport: number,
  firstDay: number,
  days: number,
): SliceQuestion['origins'][number] {
  const zone = room.places.zoneOf(room.live.names.airports.at(airport)) ?? 'UTC';
  const midnight = (day: number) => wallToInstant(`${dateOfDay(day)}T00:00`, zone) / minuteMs;
  return { airport, opens: midnight(firstDay) - 60, closes: midnight(firstDay + days) + 60 };
}

/**
 * What has departed cannot be sold. Days that are over are shown as they were, as `search.flights` shows them: two
 * days, because somewhere it is still yesterday.
 */
export function notBefore(room: SearchRoom, endDay: number): number {
  const now = Math.floor(room.clock.now() / minuteMs);
  return endDay * 1_440 < now - 2_880 ? Number.MIN_SAFE_INTEGER : now;
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** Minutes of the day. */
export const windowMinutes = ({ from, to }: ClockWindow): readonly [number, number] => [minutesOf(from), minutesOf(to)];

export function sliceFilters(
  room: SearchRoom,
  filters: ItineraryFilters,
  departure: ClockWindow | undefined,
  arrival: ClockWindow | undefined,
): SliceFilters {
  const { carriers, airports, currencies } = room.live.names;
  const { include, exclude } = filters.carriers ?? {};
  const flies = (code: string): boolean =>
    (!include || include.includes(code)) &&
    !exclude?.includes(code) &&
    (!filters.alliances || filters.alliances.includes(room.allianceOf(code) ?? ''));
  const maxPrice = filters.maxPrice && {
    max: filters.maxPrice.amount,
    currency: currencies.find(filters.maxPrice.currency),
  };
  const codesOf = (list: string[] | undefined) => list?.flatMap((code) => [code, ...room.places.airportsOf(code)]);
  const [viaOne, viaNone] = [codesOf(filters.via?.include), codesOf(filters.via?.exclude)];
  const [departs, arrives] = [departure ?? filters.departure, arrival ?? filters.arrival];
  return {
    carriers: include || exclude || filters.alliances ? maskOf(carriers.all, flies) : null,
    departs: departs ? windowMinutes(departs) : null,
    arrives: arrives ? windowMinutes(arrives) : null,
    // Of several slices none may cost more than all together; the sum is looked at when they are combined.
    price: maxPrice ?? null,
    minutesMax: filters.maxDurationMinutes ?? null,
    layoverMin: filters.layover?.minMinutes ?? null,
    layoverMax: filters.layover?.maxMinutes ?? null,
    via: viaNone ? maskOf(airports.all, (code) => !viaNone.includes(code)) : null,
    viaOne: viaOne ? maskOf(airports.all, (code) => viaOne.includes(code)) : null,
    overnight: filters.overnight ?? true,
    airportChange: filters.airportChange ?? false,
  };
}

const maskOf = (words: string[], allows: (word: string) => boolean): Uint8Array =>
  Uint8Array.from(words, (word) => (allows(word) ? 1 : 0));
