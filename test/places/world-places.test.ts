import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPlaces, staleExplanations, worldData } from '../../scripts/check-places.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { isZone, offsetAt } from '../../server/domain/places/zoned-time.ts';

const absent = !existsSync(worldData);
if (absent) console.warn('SKIPPED: the public data that places are checked against are not beside the project');

describe('the places that we know from the start', () => {
  const places = worldPlaces();
  const byCode = new Map(places.map((each) => [each.code, each]));

  it('[PLACE-1] are at least 300 large airports in every part of the world, each code once', () => {
    const airports = places.filter((each) => each.kind === 'airport');
    expect(airports.length).toBeGreaterThanOrEqual(300);
    expect(byCode.size).toBe(places.length);
    const regions = new Set(airports.map((each) => each.zone.split('/')[0]));
    for (const region of ['Africa', 'America', 'Asia', 'Atlantic', 'Australia', 'Europe', 'Indian', 'Pacific'])
      expect(regions).toContain(region);
    expect(new Set(airports.map((each) => each.country)).size).toBeGreaterThan(150);
    for (const code of [
      'ATL',
      'DXB',
      'HND',
      'LHR',
      'JFK',
      'PEK',
      'GRU',
      'JNB',
      'SYD',
      'AKL',
      'HNL',
      'APW',
      'KTM',
      'ADL',
      'YYT',
    ])
      expect(byCode.get(code)?.kind).toBe('airport');
  });

  it('[PLACE-1] are complete facts', () => {
    for (const place of places) {
      expect(place.code).toMatch(/^[A-Z]{3}$/);
      expect(place.name.trim()).not.toBe('');
      expect(place.city.trim()).not.toBe('');
      expect(place.country).toMatch(/^[A-Z]{2}$/);
      expect(Math.abs(place.latitude)).toBeLessThanOrEqual(90);
      expect(Math.abs(place.longitude)).toBeLessThanOrEqual(180);
      expect(isZone(place.zone)).toBe(true);
    }
  });

  it('[PLACE-1] group airports under metropolitan codes that have a row', () => {
    const airportsOf = (code: string) =>
      places
        .filter((each) => each.cityCode === code)
        .map((each) => each.code)
        .sort();
    expect(airportsOf('NYC')).toEqual(['EWR', 'JFK', 'LGA']);
    expect(airportsOf('LON')).toEqual(['LCY', 'LGW', 'LHR', 'LTN', 'SEN', 'STN']);
    expect(airportsOf('TYO')).toEqual(['HND', 'NRT']);
    for (const code of [
      'NYC',
      'LON',
      'PAR',
      'TYO',
      'CHI',
      'WAS',
      'ROM',
      'MIL',
      'MOW',
      'SAO',
      'RIO',
      'BUE',
      'OSA',
      'SEL',
      'BJS',
      'STO',
      'BUH',
    ])
      expect(byCode.get(code)?.kind).toBe('city');
    for (const { code, kind, cityCode } of places) {
      if (cityCode !== null) expect(byCode.has(cityCode)).toBe(true);
      if (kind === 'city') expect([cityCode, airportsOf(code).length > 0]).toEqual([null, true]);
    }
  });

  it('[PLACE-1] cover odd clocks: quarters of an hour, half-hour summer time, both sides of the date line', () => {
    const winter = Date.UTC(2026, 0, 15);
    const minutes = new Set(places.map((each) => offsetAt(winter, each.zone) / 60_000));
    for (const offset of [345, 330, 570, 630, 825, -210, -570, 840, -660]) expect(minutes).toContain(offset);
  });

  it.skipIf(absent)(
    '[PLACE-2] agree with public data, but for exceptions that are explained (skipped without the data)',
    () => {
      const found = checkPlaces();
      expect(found.filter((each) => !each.explanation)).toEqual([]);
      expect(staleExplanations(found)).toEqual([]);
      expect(found.length).toBeLessThan(places.length * 0.03);
    },
  );
});
