import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('filters of search.itineraries', () => {
  let scene: Scene;
  const [day, next] = [dateIn(30), dateIn(31)];
  beforeAll(async () => {
    scene = await openScene(silentGateway);
    const fly = (origin: string, destination: string, departsAt: string, arrivesAt: string, price: number) =>
      scene.flight({ origin, destination, departsAt, arrivesAt, price });
    // Madrid to New York: nonstop, over Lisbon within the day, over Dublin with a night, over London with a change
    // from Heathrow to Gatwick, and nonstop to Newark.
    await fly('MAD', 'JFK', `${day}T11:00`, `${day}T13:30`, 90_000);
    await fly('MAD', 'LIS', `${day}T08:00`, `${day}T08:20`, 10_000);
    await fly('LIS', 'JFK', `${day}T10:00`, `${day}T13:00`, 50_000);
    await fly('MAD', 'DUB', `${day}T20:00`, `${day}T21:45`, 10_000);
    await fly('DUB', 'JFK', `${next}T00:15`, `${next}T02:45`, 30_000);
    await fly('MAD', 'LHR', `${day}T07:00`, `${day}T08:30`, 10_000);
    await fly('LGW', 'JFK', `${day}T12:30`, `${day}T15:30`, 20_000);
    await fly('MAD', 'EWR', `${day}T12:00`, `${day}T14:30`, 70_000);
  });
  afterAll(() => scene.close());

  type Asked = Parameters<typeof scene.guest.trpc.search.itineraries.query>[0];
  const ask = async (filters: Asked['filters'], nearbyKm = 0) =>
    (
      await scene.guest.trpc.search.itineraries.query({
        slices: [{ origin: ['MAD'], destination: ['JFK'], date: day, nearbyKm }],
        sort: 'price',
        dominated: true,
        filters,
      })
    ).itineraries.map(({ price, slices: [slice] }) => ({
      by: slice?.connections.map(({ arrive, depart }) => `${arrive}${arrive === depart ? '' : `-${depart}`}`).join(),
      to: slice?.legs.at(-1)?.destination,
      price: price.amount,
      waits: slice?.connections.map((each) => each.minutes),
      groundKm: slice?.groundKm.destination,
    }));
  const ways = async (filters: Asked['filters'], nearbyKm = 0) =>
    (await ask(filters, nearbyKm)).map(({ by, to }) => `${by || 'nonstop'} ${to}`);

  it('[SEARCH-12] connections over midnight, by where they are, by their length, and from another airport', async () => {
    expect(await ask({})).toEqual([
      { by: 'DUB', to: 'JFK', price: 40_000, waits: [150], groundKm: 0 },
      { by: 'LIS', to: 'JFK', price: 60_000, waits: [100], groundKm: 0 },
      { by: '', to: 'JFK', price: 90_000, waits: [], groundKm: 0 },
    ]);
    expect(await ways({ overnight: false })).toEqual(['LIS JFK', 'nonstop JFK']);
    expect(await ways({ via: { include: ['LIS'] } })).toEqual(['LIS JFK']);
    expect(await ways({ via: { exclude: ['LIS'] } })).toEqual(['DUB JFK', 'nonstop JFK']);
    expect(await ways({ layover: { minMinutes: 101 } })).toEqual(['DUB JFK', 'nonstop JFK']);
    expect(await ways({ layover: { maxMinutes: 149 } })).toEqual(['LIS JFK', 'nonstop JFK']);
    // Four hours are enough to change to another airport: three is the least.
    const [change, ...others] = await ask({ airportChange: true });
    expect(change).toMatchObject({ by: 'LHR-LGW', price: 30_000, waits: [240] });
    expect(others).toHaveLength(3);
    expect(await ways({ airportChange: true, via: { include: ['LON'] } })).toEqual(['LHR-LGW JFK']);
    expect(await ways({ airportChange: true, via: { exclude: ['LGW'] } })).toHaveLength(3);
  });

  it('[SEARCH-12] airports nearby count when they are asked for, and their distance is told', async () => {
    const found = await ask({}, 50);
    const [nearby] = found.filter(({ to }) => to === 'EWR');
    expect(found).toHaveLength(4);
    expect(nearby).toMatchObject({ by: '', price: 70_000 });
    // Newark is 33 km from Kennedy.
    expect(nearby?.groundKm).toBe(33);
    expect(await ways({}, 30)).not.toContain('nonstop EWR');
  });
});
