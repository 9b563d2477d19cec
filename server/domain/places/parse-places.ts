import { placeCodeSchema } from '../../../shared/place.ts';
import type { PlaceFact } from './place-fact.ts';
import { columnsOf, fieldAt, linesPerSlice, readDelimited, type Slices } from './read-delimited.ts';
import { isZone } from './zoned-time.ts';

export interface ParsedPlaces {
  places: ParsedPlace[];
  rejected: { line: number; reason: string }[];
}
type ParsedPlace = PlaceFact & { line: number };

export interface ParsePlacesOptions {
  /**
   * What is already written down about a code. Where a file has no column for a zone or a city code (OurAirports
   * has neither, GeoNames no city code), the known one stays.
   */
  known?: (code: string) => Pick<PlaceFact, 'kind' | 'name' | 'cityCode' | 'zone'> | undefined;
}

/** Our own header first, then GeoNames, OurAirports, airportsdata and their like. */
const placeColumns = {
  code: ['code', 'iata', 'iata_code'],
  kind: ['kind', 'type', 'featureCode'],
  name: ['name'],
  city: ['city', 'cityName', 'municipality'],
  cityCode: ['city_code', 'metropolitan_code'],
  country: ['country', 'countryCode', 'iso_country'],
  latitude: ['latitude', 'latitude_deg', 'lat'],
  longitude: ['longitude', 'longitude_deg', 'lon', 'lng'],
  zone: ['zone', 'timeZoneId', 'time_zone', 'timezone', 'tz'],
  active: ['isActive', 'active'],
} as const;
type Columns = Record<keyof typeof placeColumns, number>;

/** What the sources call an airport and a city; our own two words among them. */
const kinds: Record<string, PlaceFact['kind']> = {
  airport: 'airport',
  large_airport: 'airport',
  medium_airport: 'airport',
  small_airport: 'airport',
  heliport: 'airport',
  seaplane_base: 'airport',
  AIRP: 'airport',
  AIRB: 'airport',
  AIRF: 'airport',
  AIRH: 'airport',
  AP: 'airport',
  city: 'city',
  CC: 'city',
};

/**
 * Reads airports and cities from a table separated by commas, tabs, semicolons or carets, its columns found by
 * their names (docs/formats.md lists them). A line without a kind is an airport. A code stands once in a file.
 *
 * Sliced; returns places in file order and every refused line with its reason. Never throws on any text.
 */
export function* parsePlaces(text: string, options: ParsePlacesOptions = {}): Slices<ParsedPlaces> {
  const file = readDelimited(text);
  if (!file) return { places: [], rejected: [{ line: 1, reason: 'the file is empty' }] };
  const columns = columnsOf(file.header, placeColumns);
  const required = ['code', 'name', 'country', 'latitude', 'longitude', ...(options.known ? [] : ['zone'])] as const;
  const missing = required.filter((key) => columns[key as keyof Columns] < 0);
  if (missing.length > 0)
    return { places: [], rejected: [{ line: file.headerLine, reason: `the header lacks ${missing.join(', ')}` }] };
  const places: ParsedPlace[] = [];
  const rejected: ParsedPlaces['rejected'] = [];
  const firstLines = new Map<string, number>();
  let untilYield = linesPerSlice;
  for (const row of file.rows()) {
    if (--untilYield === 0) {
      untilYield = linesPerSlice;
      yield;
    }
    const place = 'fault' in row ? row.fault : readPlace(row.fields, columns, options);
    const first = typeof place === 'string' ? undefined : firstLines.get(place.code);
    if (typeof place === 'string') rejected.push({ line: row.line, reason: place });
    else if (first !== undefined)
      rejected.push({ line: row.line, reason: `${place.code} is already on line ${first}` });
    else {
      firstLines.set(place.code, row.line);
      places.push({ line: row.line, ...place });
    }
  }
  return { places, rejected };
}

/** The place, or why it is none. */
function readPlace(fields: string[], columns: Columns, { known }: ParsePlacesOptions): PlaceFact | string {
  // GeoNames prints an absent value as the word.
  const field = (key: keyof Columns): string => {
    const value = fieldAt(fields, columns[key]);
    return value === 'null' ? '' : value;
  };
  if (field('code') === '') return 'no IATA code';
  const code = placeCodeSchema.safeParse(field('code'));
  if (!code.success) return `code "${field('code')}" is not an IATA code, three letters`;
  if (['0', 'false', 'no'].includes(field('active').toLowerCase()) || field('kind') === 'closed') return 'inactive';
  const kind = field('kind') === '' ? 'airport' : kinds[field('kind')];
  if (!kind) return `kind "${field('kind')}" is neither airport nor city`;
  const before = known?.(code.data);
  // Several city codes were an airport's once (ORL, SAC): one row a code, and the city is what travellers mean.
  if (before && before.kind !== kind)
    return `${code.data} is already known as a${before.kind === 'city' ? '' : 'n'} ${before.kind}, ${before.name}`;
  const name = field('name');
  if (name === '') return 'no name';
  const country = field('country').toUpperCase();
  if (!/^[A-Z]{2}$/.test(country)) return `country "${country}" is not an ISO 3166 code, two letters`;
  const latitude = degrees(field('latitude'), 90);
  if (latitude === undefined) return `latitude "${field('latitude')}" is not between -90 and 90`;
  const longitude = degrees(field('longitude'), 180);
  if (longitude === undefined) return `longitude "${field('longitude')}" is not between -180 and 180`;
  const zone = field('zone') || before?.zone || '';
  if (zone === '') return 'no time zone';
  if (!knownZone(zone)) return `time zone "${zone}" is not known`;
  const cityCode = columns.cityCode < 0 ? (before?.cityCode ?? '') : field('cityCode').toUpperCase();
  if (!/^(?:[A-Z]{3})?$/.test(cityCode)) return `city code "${cityCode}" is not an IATA code, three letters`;
  return {
    code: code.data,
    kind,
    name,
    city: field('city') || name,
    // A city or an airport that is its own group names no other; open data repeat the code there.
    cityCode: kind === 'city' || cityCode === code.data ? null : cityCode || null,
    country,
    latitude,
    longitude,
    zone,
  };
}

function degrees(text: string, limit: number): number | undefined {
  if (!/^[+-]?\d+(?:\.\d*)?$/.test(text)) return undefined;
  const value = Number(text);
  return Math.abs(value) <= limit ? value : undefined;
}

/** Asking Intl takes 0.2 ms, and a file names a few hundred zones thousands of times. */
const zonesAsked = new Map<string, boolean>();
const maxZonesAsked = 2000;

function knownZone(zone: string): boolean {
  let answer = zonesAsked.get(zone);
  if (answer === undefined) {
    if (zonesAsked.size >= maxZonesAsked) zonesAsked.clear();
    answer = isZone(zone);
    zonesAsked.set(zone, answer);
  }
  return answer;
}
