import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { greatCircleKm } from '../../server/domain/places/great-circle.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { isZone, offsetAt } from '../../server/domain/places/zoned-time.ts';
import { fareByDistance } from '../../server/domain/schedules/fare-by-distance.ts';
import { btsFormat } from '../../server/domain/schedules/parse-bts.ts';
import { readSchedule } from '../../server/domain/schedules/schedule-format.ts';
import type { AirportFact, FlightRecord } from '../../server/domain/timetable/flight-record.ts';
import { cabinClasses } from '../../shared/flight.ts';

/** Timetables to search in: flights as the record would have them, and the airports that they touch. */
export interface World {
  /** Where it comes from, in words. */
  name: string;
  airports: Map<string, AirportFact & { zone: string }>;
  flights: FlightRecord[];
  /** Local days since the epoch that have flights: the first, and how many. */
  firstDay: number;
  days: number;
}

const data = new URL('../../../shared/data/', import.meta.url);
const networkFile = new URL('world/optd_airline_por_rcld.csv', data);
const geonamesFile = new URL('world/geonames_airports_iata.tsv', data);
const dayFile = new URL('bts2008/us-flights-2008-01-18-day.csv.gz', data);
const planesFile = new URL('bts2008/planes.csv', data);

export const hasRealDay = existsSync(dayFile);

/** Mulberry32: numbers in [0, 1) that a seed decides. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** An id that tells its number in its last twelve digits. */
const idOfNumber = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

function knownAirports(): World['airports'] {
  const airports: World['airports'] = new Map();
  for (const place of worldPlaces())
    if (place.kind === 'airport') airports.set(place.code, { ...place, city: place.cityCode ?? place.code });
  if (!existsSync(geonamesFile)) return airports;
  const [, ...lines] = readFileSync(geonamesFile, 'utf8').trim().split('\n');
  // Asking Intl takes a tenth of a millisecond, and there are eight thousand lines.
  const zones = new Map<string, boolean>();
  const isKnown = (zone: string): boolean => {
    const known = zones.get(zone) ?? isZone(zone);
    zones.set(zone, known);
    return known;
  };
  for (const line of lines) {
    const [, , , country = '', , , zone = '', latitude, longitude, code = ''] = line.split('\t');
    if (!/^[A-Z]{3}$/.test(code) || airports.has(code) || !isKnown(zone)) continue;
    airports.set(code, { latitude: Number(latitude), longitude: Number(longitude), country, zone, city: code });
  }
  return airports;
}

/** Airline, origin, destination, flights a month. */
type Route = readonly [carrier: string, origin: string, destination: string, monthly: number];

function realRoutes(): Route[] {
  const [, ...lines] = readFileSync(networkFile, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [carrier = '', origin = '', destination = '', , monthly] = line.split('^');
    return [carrier, origin, destination, Number(monthly)];
  });
}

/** About as many routes and flights between the large airports, drawn by their places in the list. */
function drawnRoutes(codes: string[], random: () => number): Route[] {
  const pick = () => codes[Math.floor(codes.length * random() ** 2)] as string;
  const carriers = Array.from({ length: 300 }, (_, n) => `${String.fromCharCode(65 + (n % 26))}${Math.floor(n / 26)}`);
  return Array.from({ length: 94_000 }, (): Route => {
    const carrier = carriers[Math.floor(carriers.length * random() ** 2)] as string;
    return [carrier.slice(0, 2), pick(), pick(), 2 + 62 * random() ** 2];
  }).filter(([, origin, destination]) => origin !== destination);
}

/** The routes between the busiest airports, such a share of all: a small world that is as dense as the large one. */
function busiest(routes: Route[], share: number): Route[] {
  if (share === 1) return routes;
  const flights = new Map<string, number>();
  for (const [, origin, , monthly] of routes) flights.set(origin, (flights.get(origin) ?? 0) + monthly);
  const ranked = [...flights].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const kept = new Set(ranked.slice(0, Math.ceil(ranked.length * share)).map(([code]) => code));
  return routes.filter(([, origin, destination]) => kept.has(origin) && kept.has(destination));
}

/**
 * A week of the world from a local day on: who flies where how often is real where the file is at hand; when and for
 * how much is drawn.
 */
export function worldWeek(share = 1, firstDay = 20_822): World {
  const random = randomOf(7);
  const airports = knownAirports();
  const isReal = existsSync(networkFile);
  const routes = busiest(isReal ? realRoutes() : drawnRoutes([...airports.keys()], random), share);
  const flights: FlightRecord[] = [];
  for (const [carrier, origin, destination, monthly] of routes) {
    const [from, to] = [airports.get(origin), airports.get(destination)];
    if (!from || !to || !/^[A-Z0-9]{2}$/.test(carrier)) continue;
    const km = greatCircleKm(from, to);
    const minutes = Math.round((30 + km / 13.5) / 5) * 5;
    const weekly = Math.floor((monthly * 7) / 30.44 + random());
    const departs = Array.from({ length: Math.ceil(weekly / 7) }, () => 360 + 5 * Math.floor(random() * 198));
    for (let n = 0; n < weekly; n++) {
      const day = firstDay + (n % 7);
      const local = day * 1_440 + (departs[Math.floor(n / 7)] as number);
      const departsOffset = offsetAt(local * 60_000, from.zone) / 60_000;
      const at = local - departsOffset;
      const percent = 60 + Math.floor(random() * 100);
      flights.push({
        id: idOfNumber(flights.length),
        carrier,
        number: String(1 + (flights.length % 9_999)),
        origin,
        destination,
        departs: at,
        minutes,
        departsOffset,
        arrivesOffset: offsetAt((at + minutes) * 60_000, to.zone) / 60_000,
        state: 'open',
        version: 1,
        departsTerminal: null,
        arrivesTerminal: null,
        cabins: cabinClasses.map((cabin) => ({
          cabin,
          price: Math.round((fareByDistance(km, cabin).amount * percent) / 10_000) * 100,
          currency: 'USD',
          ladder: null,
          family: 0,
          available: Math.max(0, Math.floor(random() * 10) - 1),
          capacity: 200,
          version: 1,
        })),
      });
    }
  }
  return {
    name: isReal ? 'a world week after the network of OpenTravelData' : 'a synthetic world week',
    airports,
    flights,
    firstDay,
    days: 7,
  };
}

/** The US flights of 18 January 2008; seats that are left are drawn, prices come from the distance. */
export function realDay(): World {
  const airports = knownAirports();
  const random = randomOf(18);
  const reading = readSchedule(btsFormat, gunzipSync(readFileSync(dayFile)).toString(), {
    zoneOf: (code) => airports.get(code)?.zone,
    coordinatesOf: (code) => airports.get(code),
    seats: readFileSync(planesFile, 'utf8'),
  });
  let step = reading.next();
  while (!step.done) step = reading.next();
  const flights = step.value.flights.map((flight, n): FlightRecord => {
    const wall = (text: string) => Date.parse(`${text}Z`) / 60_000;
    const [departs, arrives] = [flight.departsAtUtc / 60_000, flight.arrivesAtUtc / 60_000];
    return {
      ...flight,
      id: idOfNumber(n),
      departs,
      minutes: arrives - departs,
      departsOffset: wall(flight.departsAt) - departs,
      arrivesOffset: wall(flight.arrivesAt) - arrives,
      state: 'open',
      version: 1,
      departsTerminal: null,
      arrivesTerminal: null,
      cabins: flight.cabins.map(({ cabin, capacity, price }) => ({
        cabin,
        price: price.amount,
        currency: price.currency,
        ladder: null,
        family: 0,
        available: Math.max(0, Math.floor(random() * 10) - 1),
        capacity,
        version: 1,
      })),
    };
  });
  return { name: 'the US flights of 18 January 2008 (BTS)', airports, flights, firstDay: 13_896, days: 1 };
}
