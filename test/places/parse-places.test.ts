import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ParsePlacesOptions, parsePlaces } from '../../server/domain/places/parse-places.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { runSlices } from '../schedules/run-slices.ts';

const geonames = new URL('../../../shared/data/world/geonames_airports_iata.tsv', import.meta.url);
const absent = !existsSync(geonames);
if (absent) console.warn('SKIPPED: geonames_airports_iata.tsv is not beside the project');

const parse = (text: string, options?: ParsePlacesOptions) => runSlices(parsePlaces(text, options));
const header = 'code,kind,name,city,city_code,country,latitude,longitude,zone';
const berlin = {
  line: 2,
  code: 'BER',
  kind: 'airport',
  name: 'Berlin Brandenburg Airport',
  city: 'Berlin',
  cityCode: null,
  country: 'DE',
  latitude: 52.3667,
  longitude: 13.5033,
  zone: 'Europe/Berlin',
};

describe('a file of places', () => {
  it.each([
    ['our own CSV', `${header}\nBER,airport,Berlin Brandenburg Airport,Berlin,,DE,52.3667,13.5033,Europe/Berlin\n`],
    [
      'tabs, a byte-order mark and CRLF',
      `\ufeff${header}\r\nBER,airport,Berlin Brandenburg Airport,Berlin,,DE,52.3667,13.5033,Europe/Berlin\r\n`.replaceAll(
        ',',
        '\t',
      ),
    ],
    [
      'semicolons and quotes',
      `${header.replaceAll(',', ';')}\n"ber";airport;"Berlin Brandenburg Airport";Berlin;;de;52.3667;13.5033;"Europe/Berlin"`,
    ],
    [
      'carets',
      `${header}\nBER,airport,Berlin Brandenburg Airport,Berlin,,DE,52.3667,13.5033,Europe/Berlin`.replaceAll(',', '^'),
    ],
    [
      'the columns of GeoNames',
      'geoNameId\tname\tfeatureCode\tcountryCode\tadminCode1\tadminCode2\ttimeZoneId\tlatitude\tlongitude\tiata\ticao\tcityId\tcityName\tisActive\n1\tBerlin Brandenburg Airport\tAIRP\tDE\t11\tnull\tEurope/Berlin\t52.3667\t13.5033\tBER\tEDDB\t2\tBerlin\t1',
    ],
    [
      'the columns of airportsdata',
      '"icao","iata","name","city","subd","country","elevation","lat","lon","tz","lid"\n"EDDB","BER","Berlin Brandenburg Airport","Berlin","Brandenburg","DE",157,52.3667,13.5033,"Europe/Berlin",""',
    ],
  ])('[PLACE-3] is read in the form of %s', (_form, text) => {
    expect(parse(text)).toEqual({ places: [berlin], rejected: [] });
  });

  it('[PLACE-3] takes zone and city code from what is known where the file has no column for them', () => {
    const text =
      'id,ident,type,name,latitude_deg,longitude_deg,elevation_ft,continent,iso_country,iso_region,municipality,scheduled_service,icao_code,iata_code\n1,KJFK,large_airport,"John F Kennedy, International",40.63993,-73.778694,13,NA,US,US-NY,New York,yes,KJFK,JFK\n2,XX,closed,Gone,1,1,0,EU,DE,DE-X,X,no,,GON\n3,XX,small_airport,Small,1,1,0,EU,DE,DE-X,X,no,,SML\n4,KORL,medium_airport,Executive,28.5,-81.3,0,NA,US,US-FL,Orlando,no,,ORL';
    expect(parse(text).rejected).toEqual([{ line: 1, reason: 'the header lacks zone' }]);
    const known = new Map(worldPlaces().map((each) => [each.code, each]));
    const { places, rejected } = parse(text, { known: (code) => known.get(code) });
    expect(places).toEqual([
      {
        line: 2,
        code: 'JFK',
        kind: 'airport',
        name: 'John F Kennedy, International',
        city: 'New York',
        cityCode: 'NYC',
        country: 'US',
        latitude: 40.63993,
        longitude: -73.778694,
        zone: 'America/New_York',
      },
    ]);
    expect(rejected).toEqual([
      { line: 3, reason: 'inactive' },
      { line: 4, reason: 'no time zone' },
      { line: 5, reason: 'ORL is already known as a city, Orlando' },
    ]);
  });

  it('[PLACE-3] gives every bad line back with its number and reason', () => {
    const good = 'BER,airport,Berlin Brandenburg Airport,Berlin,,DE,52.3667,13.5033,Europe/Berlin';
    const bad: [string, string][] = [
      [good.replace('BER', 'BE'), 'code "BE" is not an IATA code, three letters'],
      [good.replace('BER', 'null'), 'no IATA code'],
      [good.replace('airport', 'railway'), 'kind "railway" is neither airport nor city'],
      [good.replace('Berlin Brandenburg Airport', ' '), 'no name'],
      [good.replace('DE', 'DEU'), 'country "DEU" is not an ISO 3166 code, two letters'],
      [good.replace('52.3667', '152.3667'), 'latitude "152.3667" is not between -90 and 90'],
      [good.replace('13.5033', 'east'), 'longitude "east" is not between -180 and 180'],
      [good.replace('Europe/Berlin', 'Europe/Cölln'), 'time zone "Europe/Cölln" is not known'],
      [good.replace(',Europe/Berlin', ''), 'no time zone'],
      [good.replace('Berlin,,DE', 'Berlin,X,DE'), 'city code "X" is not an IATA code, three letters'],
      [good.replace('Berlin Brandenburg', '"Berlin'), 'a quoted field is not closed on its line'],
      [good.replace('Berlin Brandenburg Airport', '"Berlin" Airport'), 'text after a closing quote in field 3'],
      [good, 'BER is already on line 2'],
    ];
    const { places, rejected } = parse([header, good, '', ...bad.map(([line]) => line)].join('\n'));
    expect(places).toEqual([berlin]);
    expect(rejected).toEqual(bad.map(([, reason], index) => ({ line: index + 4, reason })));
  });

  it('[PLACE-3] without the columns, or without anything, is one clear rejection', () => {
    expect(parse('a,b,c\n1,2,3\n4,5,6')).toEqual({
      places: [],
      rejected: [{ line: 1, reason: 'the header lacks code, name, country, latitude, longitude, zone' }],
    });
    expect(parse('\n \n')).toEqual({ places: [], rejected: [{ line: 1, reason: 'the file is empty' }] });
  });

  it('[PLACE-3] accounts for every line of any text', () => {
    const cell = fc.oneof(
      fc.constantFrom('BER', 'airport', 'DE', '1', 'Europe/Berlin', '"', '', 'é'),
      fc.string({ maxLength: 5 }),
    );
    const text = fc.array(
      fc.array(cell, { maxLength: 10 }).map((cells) => cells.join(',').replace(/[\r\n]/g, '')),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(text, (lines) => {
        const { places, rejected } = parse([header, ...lines].join('\n'));
        const numbers = [...places, ...rejected].map((each) => each.line).sort((a, b) => a - b);
        expect(numbers).toEqual(lines.flatMap((line, index) => (line.trim() === '' ? [] : [index + 2])));
      }),
    );
  });

  it.skipIf(absent)(
    '[PLACE-3] of the whole world (GeoNames) is read but for 29 lines (skipped without the data)',
    () => {
      const text = readFileSync(geonames, 'utf8');
      const { places, rejected } = parse(text);
      expect(places.length).toBe(7445);
      expect(rejected.length).toBe(29);
      for (const { reason } of rejected) expect(reason).toMatch(/^(?:code|country) "\w*" is not/);
      expect(parse(text)).toEqual({ places, rejected });
    },
  );
});
