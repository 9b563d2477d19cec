import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('facets of search.itineraries', () => {
  let scene: Scene;
  const [day, back] = [dateIn(30), dateIn(35)];
  beforeAll(async () => {
    scene = await openScene(silentGateway);
    const fly = (
      carrier: string,
      origin: string,
      destination: string,
      departsAt: string,
      arrivesAt: string,
      price: number,
    ) => scene.flight({ carrier, origin, destination, departsAt, arrivesAt, price });
    // Paris to New York: nonstop and over Amsterdam with SkyTeam, over London with oneworld, and over Dublin with a
    // last leg of QX, which is in no alliance.
    await fly('AF', 'CDG', 'JFK', `${day}T10:00`, `${day}T12:30`, 80_000);
    await fly('AF', 'CDG', 'AMS', `${day}T08:00`, `${day}T09:15`, 10_000);
    await fly('KL', 'AMS', 'JFK', `${day}T11:00`, `${day}T13:30`, 40_000);
    await fly('BA', 'CDG', 'LHR', `${day}T08:30`, `${day}T08:50`, 9_000);
    await fly('BA', 'LHR', 'JFK', `${day}T11:00`, `${day}T14:00`, 36_000);
    await fly('AF', 'CDG', 'DUB', `${day}T18:10`, `${day}T19:00`, 5_000);
    await fly('QX', 'DUB', 'JFK', `${day}T21:00`, `${day}T23:30`, 20_000);
    await fly('AF', 'JFK', 'CDG', `${back}T18:00`, `${dateIn(36)}T07:30`, 70_000);
  });
  afterAll(() => scene.close());

  type Asked = Parameters<typeof scene.guest.trpc.search.itineraries.query>[0];
  const out = { origin: ['CDG'], destination: ['JFK'], date: day };
  const ask = (more: Partial<Asked> = {}) =>
    scene.guest.trpc.search.itineraries.query({ slices: [out], sort: 'price', dominated: true, ...more });
  const usd = (amount: number) => ({ amount, currency: 'USD' });

  const ways = async (filters: Asked['filters']) =>
    (await ask({ filters })).itineraries.map(({ slices: [slice] }) => slice?.legs.map((leg) => leg.carrier).join('-'));

  it('[SEARCH-17] each value has the number of journeys that have it, and the cheapest of them', async () => {
    const { facets, itineraries } = await ask({ passengers: { adults: 2 } });
    expect(facets).toMatchObject({
      total: 4,
      stops: [
        { value: 0, count: 1, from: usd(160_000) },
        { value: 1, count: 3, from: usd(50_000) },
      ],
      carriers: [
        { value: 'AF', count: 3, from: usd(50_000) },
        { value: 'BA', count: 1, from: usd(90_000) },
        { value: 'KL', count: 1, from: usd(100_000) },
        { value: 'QX', count: 1, from: usd(50_000) },
      ],
      alliances: [
        { value: 'skyteam', count: 2, from: usd(100_000) },
        { value: 'oneworld', count: 1, from: usd(90_000) },
      ],
      via: [
        { value: 'AMS', count: 1, from: usd(100_000) },
        { value: 'DUB', count: 1, from: usd(50_000) },
        { value: 'LHR', count: 1, from: usd(90_000) },
      ],
      origins: [{ value: 'CDG', count: 4, from: usd(50_000) }],
      destinations: [{ value: 'JFK', count: 4, from: usd(50_000) }],
      departureHours: [
        { value: 8, count: 2, from: usd(90_000) },
        { value: 10, count: 1, from: usd(160_000) },
        { value: 18, count: 1, from: usd(50_000) },
      ],
      price: { least: usd(50_000), most: usd(160_000) },
    });
    const minutes = itineraries.map(({ slices: [slice] }) => slice?.durationMinutes as number);
    expect(facets.durationMinutes).toEqual({ least: Math.min(...minutes), most: Math.max(...minutes) });
  });

  it('[SEARCH-17] they are of the search without its filters, within its stops', async () => {
    const { facets: free } = await ask();
    const filtered = await ask({ filters: { carriers: { exclude: ['AF'] }, maxPrice: usd(60_000) } });
    expect(filtered.itineraries).toHaveLength(1);
    expect(filtered.facets).toEqual(free);
    const { facets, bounds } = await ask({ maxStops: 0 });
    expect(facets).toMatchObject({ total: 1, stops: [{ value: 0, count: 1 }], via: [] });
    expect(bounds.maxStops).toBe(0);
  });

  it('[SEARCH-17] a range is that of its filter: its ends leave something and all, also there and back', async () => {
    const slices = [out, { origin: ['JFK'], destination: ['CDG'], date: back }];
    const { facets, total } = await ask({ slices });
    const { price, durationMinutes: duration } = facets;
    if (!price || !duration) throw new Error('nothing found');
    const left = async (filters: Asked['filters']) => (await ask({ slices, filters })).total;
    expect(total).toBe(4);
    expect(await left({ maxPrice: price.least })).toBe(1);
    expect(await left({ maxPrice: price.most })).toBe(4);
    expect(await left({ maxDurationMinutes: duration.least })).toBe(1);
    expect(await left({ maxDurationMinutes: duration.least - 1 })).toBe(0);
    expect(await left({ maxDurationMinutes: duration.most })).toBe(4);
    expect(await left({ maxDurationMinutes: duration.most - 1 })).toBeLessThan(4);
  });

  it('[SEARCH-12] an alliance keeps the journeys whose every leg is flown by a member', async () => {
    expect(await ways({ alliances: ['skyteam'] })).toEqual(['AF-KL', 'AF']);
    expect(await ways({ alliances: ['oneworld'] })).toEqual(['BA-BA']);
    expect(await ways({ alliances: ['star_alliance'] })).toEqual([]);
    expect(await ways({ alliances: ['skyteam', 'oneworld'] })).toEqual(['BA-BA', 'AF-KL', 'AF']);
    expect(await ways({})).toEqual(['AF-QX', 'BA-BA', 'AF-KL', 'AF']);
  });
});
