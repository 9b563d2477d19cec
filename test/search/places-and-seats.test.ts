import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
});
