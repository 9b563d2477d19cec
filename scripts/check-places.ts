import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { greatCircleKm } from '../server/domain/places/great-circle.ts';
import type { PlaceFact } from '../server/domain/places/place-fact.ts';
import { columnsOf, fieldAt, readDelimited } from '../server/domain/places/read-delimited.ts';
import { worldPlaces } from '../server/domain/places/world-places.ts';
import { isZone, offsetAt } from '../server/domain/places/zoned-time.ts';

/**
 * Compares world-places.csv with public data that stand beside the project: GeoNames and opentraveldata for airports,
 * a list of metropolitan codes for cities. Exit 1 if anything disagrees that is not explained below, or if an
 * explanation has nothing to explain any more.
 */
export interface Disagreement {
  code: string;
  about: 'coordinates' | 'zone' | 'country' | 'city code' | 'presence';
  ours: string;
  theirs: string;
  /** Why ours stands all the same; undefined: nobody knows, so it is a mistake. */
  explanation: string | undefined;
}

export const worldData = new URL('../../shared/data/world/', import.meta.url);

/** Airports are large, and their reference points differ by a runway. */
const airportToleranceKm = 5;
/** Where a city is, is a matter of taste. */
const cityToleranceKm = 15;
const cityToAirportKm = 120;

const moved = 'the airport moved; the reference still has the old site';
const olderZones = 'the reference is older than this zone, or names a neighbour’s';
const formerAirport = 'the reference groups it under a former or smaller airport of the same town';

const explanations: Record<string, Partial<Record<Disagreement['about'], string>>> = {
  ISG: { coordinates: moved },
  NKC: { coordinates: moved },
  SGU: { coordinates: moved },
  TAO: { coordinates: moved },
  BSZ: { country: 'GeoNames still lists the Alaskan airstrip that had this code', zone: 'the same' },
  ZIA: { country: 'GeoNames lists an Italian airfield under this code', zone: 'the same' },
  CCK: { zone: olderZones },
  CJS: { zone: olderZones },
  BDJ: { zone: 'the south of Borneo keeps central Indonesian time; the reference says Jakarta' },
  DPS: { zone: 'Bali keeps central Indonesian time; the reference says Jakarta' },
  IUE: { zone: olderZones },
  NHV: { zone: olderZones },
  ODS: { zone: olderZones },
  PUQ: { zone: olderZones },
  WLS: { zone: 'the reference says Paris' },
  OOL: { zone: 'the runway crosses the state border; timetables keep the time of Queensland' },
  URC: { zone: 'timetables in Xinjiang keep Beijing time' },
  KHG: { zone: 'timetables in Xinjiang keep Beijing time' },
  BQK: { 'city code': formerAirport },
  CWA: { 'city code': formerAirport },
  FLG: { 'city code': 'the reference groups it with the Grand Canyon, 120 km away' },
  GRK: { 'city code': formerAirport },
  GTR: { 'city code': formerAirport },
  MDT: { 'city code': formerAirport },
  XNA: { 'city code': formerAirport },
  PFN: { 'city code': 'closed in 2010; the reference has dropped it' },
  NCP: { presence: 'stands for no airport with airline traffic' },
};

interface Reference {
  geonames: Map<string, { latitude: number; longitude: number; country: string; zone: string }>;
  /** By code: airports and cities apart, because one code may be both. */
  airports: Map<string, { latitude: number; longitude: number; cityCodes: string[] }[]>;
  cities: Map<string, { latitude: number; longitude: number }[]>;
  metropolitan: Map<string, { latitude: number; longitude: number; country: string; zone: string }>;
}

/** Every disagreement between our places and the data in that directory, explained or not. */
export function checkPlaces(data: URL = worldData): Disagreement[] {
  const reference = readReference(data);
  const places = worldPlaces();
  const found: Disagreement[] = [];
  const report = (code: string, about: Disagreement['about'], ours: string, theirs: string): void => {
    found.push({ code, about, ours, theirs, explanation: explanations[code]?.[about] });
  };
  for (const place of places) {
    if (place.kind === 'airport') checkAirport(place, reference, report);
    else checkCity(place, places, reference, report);
  }
  const codes = new Set(places.map((each) => each.code));
  for (const code of reference.metropolitan.keys())
    if (!codes.has(code)) report(code, 'presence', 'no row', 'a metropolitan code');
  return found;
}

/** Explanations that no disagreement needs any more. */
export function staleExplanations(found: Disagreement[]): string[] {
  const needed = new Set(found.map((each) => `${each.code} ${each.about}`));
  return Object.entries(explanations)
    .flatMap(([code, topics]) => Object.keys(topics).map((about) => `${code} ${about}`))
    .filter((key) => !needed.has(key));
}

type Report = (code: string, about: Disagreement['about'], ours: string, theirs: string) => void;

function checkAirport(place: PlaceFact, reference: Reference, report: Report): void {
  const geonames = reference.geonames.get(place.code);
  const airports = reference.airports.get(place.code) ?? [];
  checkDistance(place, [...(geonames ? [geonames] : []), ...airports], airportToleranceKm, report);
  if (geonames && geonames.country !== place.country) report(place.code, 'country', place.country, geonames.country);
  if (geonames && !sameClocks(place.zone, geonames.zone)) report(place.code, 'zone', place.zone, geonames.zone);
  const cityCodes = new Set(airports.flatMap((each) => each.cityCodes));
  const group = place.cityCode ?? place.code;
  if (!cityCodes.has(group)) report(place.code, 'city code', group, [...cityCodes].join(',') || 'none');
}

function checkCity(place: PlaceFact, places: PlaceFact[], reference: Reference, report: Report): void {
  const metropolitan = reference.metropolitan.get(place.code);
  const cities = reference.cities.get(place.code) ?? [];
  checkDistance(place, [...(metropolitan ? [metropolitan] : []), ...cities], cityToleranceKm, report);
  if (metropolitan && metropolitan.country !== place.country)
    report(place.code, 'country', place.country, metropolitan.country);
  if (metropolitan && !sameClocks(place.zone, metropolitan.zone))
    report(place.code, 'zone', place.zone, metropolitan.zone);
  const own = places.filter((each) => each.cityCode === place.code);
  if (!own.some((each) => each.zone === place.zone && greatCircleKm(each, place) < cityToAirportKm))
    report(place.code, 'presence', 'a city', 'no airport of its own nearby on its clocks');
}

function checkDistance(
  place: PlaceFact,
  points: { latitude: number; longitude: number }[],
  toleranceKm: number,
  report: Report,
): void {
  const distances = points.map((each) => greatCircleKm(place, each));
  const nearest = Math.min(...distances);
  if (nearest <= toleranceKm) return;
  const theirs = points.map((each) => `${each.latitude.toFixed(4)} ${each.longitude.toFixed(4)}`).join(' or ');
  const ours = `${place.latitude} ${place.longitude}`;
  report(place.code, 'coordinates', ours, theirs ? `${theirs}, ${nearest.toFixed(1)} km away` : 'none');
}

const comparedFrom = Date.UTC(2026, 0, 1);
const comparedTo = Date.UTC(2028, 0, 1);
const sixHoursMs = 6 * 3_600_000;
const compared = new Map<string, boolean>();

/** Whether two zones show the same time all through two years. */
function sameClocks(a: string, b: string): boolean {
  if (a === b) return true;
  const key = `${a} ${b}`;
  let same = compared.get(key);
  if (same === undefined) {
    same = isZone(b);
    for (let ms = comparedFrom; same && ms < comparedTo; ms += sixHoursMs) same = offsetAt(ms, a) === offsetAt(ms, b);
    compared.set(key, same);
  }
  return same;
}

function readReference(data: URL): Reference {
  const rows = function* <Key extends string>(file: string, ...names: Key[]): Generator<Record<Key, string>> {
    const table = readDelimited(readFileSync(new URL(file, data), 'utf8'));
    if (!table) return;
    const columns = columnsOf(table.header, Object.fromEntries(names.map((name) => [name, [name]])));
    for (const row of table.rows())
      if ('fields' in row)
        yield Object.fromEntries(names.map((name) => [name, fieldAt(row.fields, columns[name] ?? -1)])) as Record<
          Key,
          string
        >;
  };
  const reference: Reference = { geonames: new Map(), airports: new Map(), cities: new Map(), metropolitan: new Map() };
  const point = (row: { latitude: string; longitude: string }) => ({
    latitude: Number(row.latitude),
    longitude: Number(row.longitude),
  });
  const geonamesColumns = ['iata', 'latitude', 'longitude', 'countryCode', 'timeZoneId'] as const;
  for (const row of rows('geonames_airports_iata.tsv', ...geonamesColumns))
    reference.geonames.set(row.iata, { ...point(row), country: row.countryCode, zone: row.timeZoneId });
  const optdColumns = ['pk', 'iata_code', 'latitude', 'longitude', 'city_code'] as const;
  for (const row of rows('optd_por_best_known_so_far.csv', ...optdColumns)) {
    // The key says what a record is: `JFK-A-5122732` an airport, `NYC-C-5128581` a city, `CA` both.
    const type = row.pk.split('-')[1] ?? '';
    const entry = { ...point(row), cityCodes: row.city_code.split(',') };
    if (type !== 'C') append(reference.airports, row.iata_code, entry);
    if (type.startsWith('C')) append(reference.cities, row.iata_code, entry);
  }
  for (const row of rows('citycodes.csv', 'code', 'latitude', 'longitude', 'country', 'time_zone'))
    reference.metropolitan.set(row.code, { ...point(row), country: row.country, zone: row.time_zone });
  return reference;
}

function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

if (import.meta.main) {
  if (!existsSync(worldData)) {
    console.error(`nothing to compare with: ${fileURLToPath(worldData)} is not there`);
    process.exit(1);
  }
  const found = checkPlaces();
  for (const { code, about, ours, theirs, explanation } of found)
    console.log(
      `${code} ${about}: ours ${ours}, theirs ${theirs}${explanation ? ` – ${explanation}` : '  << UNEXPLAINED'}`,
    );
  const stale = staleExplanations(found);
  for (const key of stale) console.log(`explanation without a disagreement: ${key}`);
  const unexplained = found.filter((each) => !each.explanation).length;
  console.log(`${worldPlaces().length} places, ${found.length} disagreements, ${unexplained} unexplained`);
  if (unexplained > 0 || stale.length > 0) process.exit(1);
}
