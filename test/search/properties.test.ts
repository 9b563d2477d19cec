import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import {
  buildConnectionTable,
  type ConnectionRule,
  codeNumber,
  connectionForbidden,
  minimumConnection,
  statusNumber,
} from '../../server/domain/connections/minimum-connection.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { dayOfDate, offsetAt } from '../../server/domain/places/zoned-time.ts';
import { connectionTimes } from '../../server/domain/search/connection-times.ts';
import { findFront } from '../../server/domain/search/find-front.ts';
import type { Front } from '../../server/domain/search/front.ts';
import { noFilters, type SliceQuestion } from '../../server/domain/search/slice-question.ts';
import type { FlightRecord } from '../../server/domain/timetable/flight-record.ts';
import { wallAt } from '../../server/domain/timetable/flight-view.ts';
import { TimetableWriter } from '../../server/domain/timetable/timetable-writer.ts';

// Two cities with several airports, both sides of the date line, half and quarter hours, and both hemispheres' changes
// of the clocks: the days are those on which somebody's clocks change, and one on which nobody's do.
const codes = ['JFK', 'EWR', 'LHR', 'LGW', 'CDG', 'SYD', 'AKL', 'HNL', 'APW', 'LAX', 'KTM', 'YYT'];
const days = ['2026-03-08', '2026-03-29', '2026-04-05', '2026-09-27', '2026-10-04', '2026-10-25', '2026-11-01'];
const known = new Map(worldPlaces().map((place) => [place.code, place]));
const placeOf = (code: string) => {
  const place = known.get(code);
  if (place?.kind !== 'airport') throw new Error(`${code} is not known`);
  return { ...place, city: place.cityCode ?? code };
};

const flight = fc.record({
  from: fc.nat(3),
  to: fc.nat(3),
  departs: fc.integer({ min: -120, max: 340 }).map((each) => each * 5),
  minutes: fc.integer({ min: 6, max: 90 }).map((each) => each * 5),
  carrier: fc.constantFrom('QX', 'QY', 'QZ'),
  price: fc.integer({ min: 1, max: 9 }).map((each) => each * 10_000),
  available: fc.constantFrom(0, 1, 2, 3, 9, 9),
  currency: fc.constantFrom('USD', 'USD', 'USD', 'EUR'),
  isOpen: fc.constantFrom(true, true, true, false),
});

const rule: fc.Arbitrary<ConnectionRule> = fc.record({
  arrivalAirport: fc.constantFrom(null, ...codes),
  departureAirport: fc.constant(null),
  arrivalTerminal: fc.constant(null),
  departureTerminal: fc.constant(null),
  status: fc.constantFrom(null, 'DD', 'II'),
  arrivalCarrier: fc.constantFrom(null, null, 'QX'),
  departureCarrier: fc.constantFrom(null, null, 'QY'),
  minutes: fc.constantFrom(null, 25, 45, 110),
});

/** Mostly nothing: filters that all hold at once leave nothing to compare. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

// Without fast-check's liking for the ends of a range: flights that all depart at once join with nothing.
const caseOf = fc.noBias(
  fc.record({
    day: fc.constantFrom(...days),
    airports: fc
      .constantFrom(codes, codes, ['JFK', 'EWR', 'LHR', 'LGW', 'SYD'])
      .chain((from) => fc.shuffledSubarray(from, { minLength: 4, maxLength: 4 })),
    flights: fc.array(flight, { minLength: 60, maxLength: 120 }),
    rules: fc.array(rule, { maxLength: 4 }),
    seats: fc.integer({ min: 1, max: 3 }),
    maxStops: fc.constantFrom(1, 2, 2),
    window: seldom(fc.tuple(fc.nat(1_439), fc.nat(1_439))),
    arrival: seldom(fc.tuple(fc.nat(1_439), fc.nat(1_439))),
    layoverMin: seldom(fc.integer({ min: 0, max: 200 })),
    layoverMax: seldom(fc.integer({ min: 60, max: 700 })),
    minutesMax: seldom(fc.integer({ min: 200, max: 2_500 })),
    overnight: fc.constantFrom(true, true, false),
    airportChange: fc.boolean(),
    via: seldom(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })),
    viaOne: seldom(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })),
    carrier: seldom(fc.constantFrom('QX', 'QY')),
  }),
);
type Case = typeof caseOf extends fc.Arbitrary<infer T> ? T : never;

function recordsOf({ day, airports, flights }: Case): FlightRecord[] {
  const midnight = dayOfDate(day) * 1_440;
  return flights.flatMap((each, n): FlightRecord[] => {
    const [origin, destination] = [airports[each.from] as string, airports[each.to] as string];
    if (origin === destination) return [];
    const departs = midnight + each.departs;
    const offset = (minute: number, code: string) => offsetAt(minute * 60_000, placeOf(code).zone) / 60_000;
    return [
      {
        id: `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
        carrier: each.carrier,
        number: String(n + 1),
        origin,
        destination,
        departs,
        minutes: each.minutes,
        departsOffset: offset(departs, origin),
        arrivesOffset: offset(departs + each.minutes, destination),
        state: each.isOpen ? 'open' : 'closed',
        version: 1,
        departsTerminal: null,
        arrivesTerminal: null,
        cabins: [
          {
            cabin: 'economy',
            price: each.price,
            currency: each.currency,
            ladder: null,
            family: 0,
            available: each.available,
            capacity: 9,
            version: 1,
          },
        ],
      },
    ];
  });
}

/** Minutes on the clock of an airport since its first midnight of 1970, as Temporal knows it. */
function clockAt(minute: number, code: string): number {
  const zoned = Temporal.Instant.fromEpochMilliseconds(minute * 60_000).toZonedDateTimeISO(placeOf(code).zone);
  return minute + zoned.offsetNanoseconds / 60e9;
}

const isWithin = ([from, to]: readonly [number, number], clock: number): boolean =>
  from <= to ? clock >= from && clock <= to : clock >= from || clock <= to;
const clockOf = (local: number) => ((local % 1_440) + 1_440) % 1_440;

const connectionMinutesMax = 480;

/** Whether one flight may follow another, by the words of the question alone. */
function follows(
  given: Case,
  table: ReturnType<typeof buildConnectionTable>,
  before: FlightRecord,
  after: FlightRecord,
) {
  const [hub, from] = [placeOf(before.destination), placeOf(after.origin)];
  if (hub.code !== from.code && !(given.airportChange && hub.city === from.city)) return false;
  const isAbroad = (each: FlightRecord) => placeOf(each.origin).country !== placeOf(each.destination).country;
  const least = minimumConnection(table, {
    arrivalAirport: codeNumber(hub.code),
    departureAirport: codeNumber(from.code),
    arrivalTerminal: 0,
    departureTerminal: 0,
    status: statusNumber(isAbroad(before), isAbroad(after)),
    arrivalCarrier: codeNumber(before.carrier),
    departureCarrier: codeNumber(after.carrier),
  });
  const arrives = before.departs + before.minutes;
  const wait = after.departs - arrives;
  if (least === connectionForbidden || wait < Math.max(least, given.layoverMin ?? 0)) return false;
  if (wait > Math.min(connectionMinutesMax, given.layoverMax ?? connectionMinutesMax)) return false;
  const dayAt = (minute: number) => Math.floor((minute + after.departsOffset) / 1_440);
  if (!given.overnight && dayAt(arrives) !== dayAt(after.departs)) return false;
  const mayChange = (code: string) => given.via === null || given.via[given.airports.indexOf(code)] === true;
  return mayChange(hub.code) && mayChange(from.code);
}

/** Every journey that the question allows, by trying all flights with all flights. */
function tryAll(given: Case, records: FlightRecord[]): FlightRecord[][] {
  const [origin, destination] = given.airports as [string, string];
  const table = buildConnectionTable(given.rules);
  const sold = records.filter(
    ({ state, carrier, cabins }) =>
      state === 'open' &&
      (cabins[0]?.available ?? 0) >= given.seats &&
      (given.carrier === null || carrier === given.carrier),
  );
  const firsts = sold.filter((each) => {
    const local = clockAt(each.departs, origin);
    if (each.origin !== origin || Math.floor(local / 1_440) !== dayOfDate(given.day)) return false;
    return given.window === null || isWithin(given.window, clockOf(local));
  });
  const found: FlightRecord[][] = [];
  const walk = (legs: FlightRecord[]): void => {
    const last = legs.at(-1) as FlightRecord;
    if (last.destination === destination) {
      if (isWanted(given, legs)) found.push(legs);
      return;
    }
    if (legs.length > given.maxStops) return;
    for (const next of sold) {
      if (next.origin === origin || next.origin === destination || next.destination === origin) continue;
      // Nobody comes back to where the first change was.
      if (legs.length === 2 && last.destination === legs[0]?.destination) return;
      if (next.cabins[0]?.currency === legs[0]?.cabins[0]?.currency && follows(given, table, last, next))
        walk([...legs, next]);
    }
  };
  for (const first of firsts) walk([first]);
  return found;
}

function isWanted(given: Case, legs: FlightRecord[]): boolean {
  const [first, last] = [legs[0] as FlightRecord, legs.at(-1) as FlightRecord];
  const arrives = last.departs + last.minutes;
  if (given.minutesMax !== null && arrives - first.departs > given.minutesMax) return false;
  if (given.arrival && !isWithin(given.arrival, clockOf(clockAt(arrives, last.destination)))) return false;
  if (given.viaOne === null) return true;
  const changes = legs.slice(1).flatMap((leg, at) => [(legs[at] as FlightRecord).destination, leg.origin]);
  return changes.some((code) => given.viaOne?.[given.airports.indexOf(code)] === true);
}

function search(given: Case, records: FlightRecord[], keep: SliceQuestion['keep']) {
  const writer = new TimetableWriter({ airport: placeOf });
  // Half of it is read at the start, half comes later.
  writer.load(records.slice(0, records.length / 2));
  writer.rearrange();
  writer.put(records.slice(records.length / 2));
  const t = writer.timetable;
  const { names } = writer;
  const [origin = '', destination = ''] = given.airports;
  const midnight = dayOfDate(given.day) * 1_440;
  const maskOf = (flags: boolean[] | null) =>
    flags && Uint8Array.from(names.airports.all, (code) => Number(flags[given.airports.indexOf(code)]));
  const question: SliceQuestion = {
    origins: [{ airport: names.airports.find(origin), opens: midnight - 15 * 60, closes: midnight + 37 * 60 }],
    destinations: [names.airports.find(destination)],
    firstDay: dayOfDate(given.day),
    days: 1,
    cabin: 0,
    seats: given.seats,
    maxStops: given.maxStops as 1 | 2,
    notBefore: Number.MIN_SAFE_INTEGER,
    bounds: { connectionMinutesMax, detour: 0, detourSlackKm: 0, bucketMinutes: 120, looksMax: 1e9 },
    filters: {
      ...noFilters,
      carriers:
        given.carrier === null ? null : Uint8Array.from(names.carriers.all, (code) => Number(code === given.carrier)),
      departs: given.window,
      arrives: given.arrival,
      minutesMax: given.minutesMax,
      layoverMin: given.layoverMin,
      layoverMax: given.layoverMax,
      via: maskOf(given.via),
      viaOne: maskOf(given.viaOne),
      overnight: given.overnight,
      airportChange: given.airportChange,
    },
    keep,
  };
  if (question.origins[0]?.airport === -1 || question.destinations[0] === -1) return undefined;
  return { t, writer, front: findFront(t, connectionTimes(t, buildConnectionTable(given.rules)), question) };
}

const rowsOf = (front: Front, entry: number) =>
  [...front.rows.slice(entry * 3, entry * 3 + 3)].filter((row) => row >= 0);

describe('the engine, on timetables that chance has made', () => {
  it('[SEARCH-7] [SEARCH-12] finds what trying everything finds, with every filter, and nothing is too short to change', () => {
    let journeys = 0;
    fc.assert(
      fc.property(caseOf, (given) => {
        const records = recordsOf(given);
        const found = search(given, records, 'all');
        if (!found) return;
        const { t, front } = found;
        const ours = Array.from({ length: front.count }, (_, entry) =>
          rowsOf(front, entry)
            .map((row) => t.number[row])
            .join(' '),
        );
        const theirs = tryAll(given, records).map((legs) => legs.map((leg) => leg.number).join(' '));
        expect(ours.sort()).toEqual(theirs.sort());
        journeys += ours.length;
      }),
      { numRuns: 300 },
    );
    expect(journeys).toBeGreaterThan(100);
  });

  it('[SEARCH-8] shows nothing that is beaten, and all that is not', () => {
    fc.assert(
      fc.property(caseOf, (given) => {
        const records = recordsOf(given);
        const [all, best] = [search(given, records, 'all'), search(given, records, 'front')];
        if (!all || !best) return;
        const entriesOf = ({ t, front }: typeof all) =>
          Array.from({ length: front.count }, (_, entry) => {
            const rows = rowsOf(front, entry);
            const local = (front.departs[entry] as number) + (t.departsOffset[rows[0] as number] as number);
            return {
              rows: rows.map((row) => t.number[row]).join(' '),
              group: `${front.currency[entry]} ${Math.floor(local / 120)}`,
              worth: [front.price[entry] as number, front.minutes[entry] as number, rows.length],
            };
          });
        const every = entriesOf(all);
        const isBeaten = (one: (typeof every)[number]) =>
          every.some(
            (other) =>
              other.group === one.group &&
              other.worth.every((value, at) => value <= (one.worth[at] as number)) &&
              other.worth.some((value, at) => value < (one.worth[at] as number)),
          );
        const unbeaten = every.filter((each) => !isBeaten(each)).map((each) => each.rows);
        expect(
          entriesOf(best)
            .map((each) => each.rows)
            .sort(),
        ).toEqual(unbeaten.sort());
      }),
      { numRuns: 200 },
    );
  });

  it('[SEARCH-6] a journey lasts as long as its clocks say, over the date line and when clocks change', () => {
    fc.assert(
      fc.property(caseOf, (given) => {
        const found = search({ ...given, minutesMax: null, arrival: null }, recordsOf(given), 'all');
        if (!found) return;
        const { t, front, writer } = found;
        for (let entry = 0; entry < front.count; entry++) {
          const rows = rowsOf(front, entry);
          const [first, last] = [rows[0] as number, rows.at(-1) as number];
          const airport = (column: Uint16Array, row: number) =>
            writer.names.airports.at(column[t.market[row] as number] as number);
          const leaves = wallAt(t.departs[first] as number, t.departsOffset[first] as number);
          const lands = wallAt(
            (t.departs[last] as number) + (t.minutes[last] as number),
            t.arrivesOffset[last] as number,
          );
          // An hour that a clock shows twice is read both ways.
          const instants = (wall: string, code: string) =>
            (['earlier', 'later'] as const).map(
              (disambiguation) =>
                Temporal.PlainDateTime.from(wall).toZonedDateTime(placeOf(code).zone, { disambiguation })
                  .epochMilliseconds,
            );
          const lasts = instants(lands, airport(t.marketTo, last)).flatMap((end) =>
            instants(leaves, airport(t.marketFrom, first)).map((start) => (end - start) / 60_000),
          );
          expect(lasts).toContain(front.minutes[entry]);
        }
      }),
      { numRuns: 200 },
    );
  });
});
