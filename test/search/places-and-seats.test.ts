import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPlaceDirectory } from '../../server/domain/places/place-directory.ts';
import type { ProjectedSearch } from '../../server/domain/projection/projected-search.ts';
import { searchFlights } from '../../server/domain/search/search-flights.ts';
import type { LiveTimetable } from '../../server/domain/timetable/live-timetable.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { searchFlightsInput } from '../../shared/flight.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('search', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(() => scene.close());

  it('[PLACE-6] places are found by code, city, word and without accents, codes first', async () => {
    const codes = async (q: string) =>
      (await scene.guest.trpc.search.places.query({ q })).places.map((place) => place.code);
    expect((await codes('jfk'))[0]).toBe('JFK');
    expect((await codes('London'))[0]).toBe('LON');
    expect((await codes('lon')).slice(0, 5)).toContain('LHR');
    expect((await codes('zurich'))[0]).toBe('ZRH');
    expect((await codes('são paulo'))[0]).toBe((await codes('sao paulo'))[0]);
    expect(await codes('qqqqq')).toEqual([]);
    const [london] = (await scene.guest.trpc.search.places.query({ q: 'LON', limit: 1 })).places;
    expect(london).toMatchObject({ kind: 'city', zone: 'Europe/London', country: 'GB' });
    expect(london?.related).toEqual(expect.arrayContaining(['LHR', 'LGW', 'STN']));
  });

  it('[SEARCH-4] only flights that can seat the party in the cabin are found, as they are sold', async () => {
    const date = dateIn(30);
    const flight = await scene.flight({
      seats: 2,
      cabins: [
        { cabin: 'economy', capacity: 2, price: { amount: 100, currency: 'USD' } },
        { cabin: 'business', capacity: 9, price: { amount: 900, currency: 'USD' } },
      ],
    });
    const find = async (seats: number, cabin?: 'economy' | 'business') =>
      (await scene.guest.trpc.search.flights.query({ origin: 'NYC', destination: 'LON', date, seats, cabin })).flights
        .length;
    expect(await find(2, 'economy')).toBe(1);
    expect(await find(3, 'economy')).toBe(0);
    expect(await find(3)).toBe(1);
    await scene.hold(flight.id, 1);
    expect(await find(2, 'economy')).toBe(0);
    expect(await find(1, 'economy')).toBe(1);
    const [found] = (await scene.guest.trpc.search.flights.query({ origin: 'JFK', destination: 'LHR', date })).flights;
    expect(found?.cabins.map((cabin) => [cabin.cabin, cabin.available])).toEqual([
      ['economy', 1],
      ['business', 9],
    ]);
  });

  it('[SEARCH-20] direct flights are told with the version and the lag of the timetable, where that answered', async () => {
    const date = dateIn(31);
    const flight = await scene.flight({ departsAt: `${date}T10:00`, arrivesAt: `${date}T22:00` });
    const input = { origin: 'JFK', destination: 'LHR', date };
    const find = () => scene.guest.trpc.search.flights.query(input);
    const before = await find();
    expect(before).toMatchObject({ indexVersion: expect.any(Number), lagMs: expect.any(Number) });
    expect(before.lagMs).toBeGreaterThanOrEqual(0);
    await scene.hold(flight.id, 1);
    const after = await find();
    expect(after.flights[0]?.cabins[0]?.available).toBe(9);
    expect(after.indexVersion).toBeGreaterThan(before.indexVersion as number);
    // Without a timetable Redis answers (here: that there is nothing), or Postgres where Redis does not know.
    const room = {
      pool: scene.db,
      clock: systemClock,
      places: await openPlaceDirectory(scene.db),
      live: { isBuilt: false } as LiveTimetable,
    };
    const byRedis: ProjectedSearch = { search: async () => [] };
    const byPostgres: ProjectedSearch = { search: async () => undefined };
    for (const [projection, flights] of [
      [byRedis, 0],
      [byPostgres, 1],
    ] as const) {
      const found = await searchFlights({ ...room, projection }, searchFlightsInput.parse(input));
      expect(found.flights).toHaveLength(flights);
      expect(found).toMatchObject({ indexVersion: null, lagMs: null });
    }
  });
});
