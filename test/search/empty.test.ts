import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPlaceDirectory } from '../../server/domain/places/place-directory.ts';
import type { SearchTask } from '../../server/domain/search/answer-search.ts';
import { explainEmpty } from '../../server/domain/search/explain-empty.ts';
import type { Front } from '../../server/domain/search/front.ts';
import type { Answered } from '../../server/domain/search/search-engine.ts';
import type { SearchRoom } from '../../server/domain/search/search-room.ts';
import { Names } from '../../server/domain/timetable/names.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { searchItinerariesInput } from '../../shared/itinerary.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('an empty answer of search.itineraries', () => {
  let scene: Scene;
  const [day, back] = [dateIn(30), dateIn(32)];
  const usd = (amount: number) => ({ amount, currency: 'USD' });
  beforeAll(async () => {
    scene = await openScene(silentGateway);
    const fly = (
      origin: string,
      destination: string,
      departs: string,
      arrives: string,
      price: number,
      carrier = 'QX',
    ) => scene.flight({ origin, destination, departsAt: departs, arrivesAt: arrives, price, carrier });
    // Madrid to New York: nonstop, over Lisbon (100 minutes there) and over Dublin (150, over midnight).
    await fly('MAD', 'JFK', `${day}T11:00`, `${day}T13:30`, 90_000, 'QA');
    await fly('MAD', 'LIS', `${day}T08:00`, `${day}T08:20`, 10_000, 'QB');
    await fly('LIS', 'JFK', `${day}T10:00`, `${day}T13:00`, 50_000, 'QB');
    await fly('MAD', 'DUB', `${day}T20:00`, `${day}T21:45`, 10_000, 'QB');
    await fly('DUB', 'JFK', `${dateIn(31)}T00:15`, `${dateIn(31)}T02:45`, 30_000, 'QC');
    await fly('JFK', 'MAD', `${back}T11:00`, `${back}T23:50`, 20_000, 'QA');
    // Vienna to Zurich: three nonstops; in the same two hours the later one is in every way worse.
    await fly('VIE', 'ZRH', `${day}T08:10`, `${day}T09:20`, 9_000);
    await fly('VIE', 'ZRH', `${day}T09:50`, `${day}T11:10`, 12_000);
    await fly('VIE', 'ZRH', `${day}T18:00`, `${day}T19:20`, 5_000);
    // Oslo to Copenhagen: an airline of an alliance, and a cheaper one of none.
    await fly('OSL', 'CPH', `${day}T08:00`, `${day}T09:10`, 8_000, 'SK');
    await fly('OSL', 'CPH', `${day}T16:00`, `${day}T17:10`, 3_000);
    await fly('AGP', 'LIS', `${day}T00:30`, `${day}T00:50`, 6_000);
    await fly('AGP', 'LIS', `${day}T12:00`, `${day}T12:20`, 7_000);
    await scene.flight({
      origin: 'CDG',
      destination: 'AMS',
      departsAt: `${day}T10:00`,
      arrivesAt: `${day}T11:20`,
      price: 4_000,
      seats: 2,
    });
  });
  afterAll(() => scene.close());

  type Asked = Parameters<typeof scene.guest.trpc.search.itineraries.query>[0];
  const ask = (input: Asked) => scene.guest.trpc.search.itineraries.query(input);
  const explain = async (input: Asked) => {
    const { itineraries, explanation } = await ask(input);
    expect(itineraries).toEqual([]);
    if (!explanation) throw new Error('an empty answer without an explanation');
    return explanation;
  };
  const out = { origin: ['MAD'], destination: ['JFK'], date: day };
  const ofFilters = async (filters: Asked['filters'], slices: Asked['slices'] = [out]) =>
    (await explain({ slices, filters })).suggestions
      .filter(({ change }) => /^(filters|slices)/.test(change))
      .map(({ change, to, itineraries, from }) => ({ change, to, itineraries, price: from?.amount }));

  it("[SEARCH-21] a slice's own window is a filter: it is named, lifted and changed like the others", async () => {
    const way = { origin: ['JFK'], destination: ['MAD'], date: back };
    const departure = { from: '06:00', to: '09:00' };
    const round = await explain({ slices: [out, { ...way, departure }], sort: 'price' });
    expect(round).toMatchObject({
      reason: 'filters',
      removed: [{ filter: 'slices.1.departure', itineraries: 3, removes: 3 }],
    });
    expect(round.suggestions[0]).toEqual({
      change: 'slices.1.departure',
      to: '11:00',
      itineraries: 3,
      from: usd(60_000),
    });
    // Without it the slice has no window, not that of all slices.
    const own = await explain({
      slices: [{ ...out, departure: { from: '09:00', to: '10:00' } }],
      filters: { departure: { from: '22:00' } },
    });
    expect(own.removed).toEqual([
      { filter: 'departure', itineraries: 0, removes: 0 },
      { filter: 'slices.0.departure', itineraries: 3, removes: 3 },
    ]);
    expect(await ofFilters({}, [{ ...way, arrival: { from: '00:10', to: '04:00' } }])).toEqual([
      { change: 'slices.0.arrival', to: '23:50', itineraries: 1, price: 20_000 },
    ]);
    const empty = await ask({ slices: [{ ...way, departure }] });
    expect(empty.facets.total).toBe(1);
  });

  it('[SEARCH-21] each filter is told with what it removes by itself', async () => {
    const { removed } = await explain({
      slices: [out],
      filters: { carriers: { include: ['QC'] }, maxPrice: usd(1_000), overnight: false, airportChange: true },
    });
    expect(removed).toEqual([
      { filter: 'carriers', itineraries: 0, removes: 3 },
      { filter: 'maxPrice', itineraries: 0, removes: 3 },
      { filter: 'overnight', itineraries: 0, removes: 1 },
    ]);
    // Of what is worth showing: the flight of 09:50 comes in where that of 08:10 is taken away.
    const { removed: inVienna } = await explain({
      slices: [{ origin: ['VIE'], destination: ['ZRH'], date: day }],
      filters: { departure: { from: '09:00', to: '12:00' }, maxPrice: usd(10_000) },
    });
    expect(inVienna).toEqual([
      { filter: 'departure', itineraries: 2, removes: 2 },
      { filter: 'maxPrice', itineraries: 1, removes: 0 },
    ]);
  });

  it('[SEARCH-21] the smallest change of each filter lets something through', async () => {
    expect(await ofFilters({ maxPrice: usd(1_000) })).toEqual([
      { change: 'filters.maxPrice', to: 40_000, itineraries: 1, price: 40_000 },
    ]);
    expect(await ofFilters({ arrival: { from: '14:00', to: '20:00' } })).toEqual([
      { change: 'filters.arrival', to: '13:30', itineraries: 1, price: 90_000 },
    ]);
    // Arrivals are around the clock: 02:45 is nearer to midnight than 13:30.
    expect(await ofFilters({ arrival: { from: '23:00', to: '23:59' } })).toEqual([
      { change: 'filters.arrival', to: '02:45', itineraries: 1, price: 40_000 },
    ]);
    expect(await ofFilters({ layover: { minMinutes: 200 }, via: { include: ['DUB', 'LIS'] } })).toContainEqual({
      change: 'filters.layover.minMinutes',
      to: 150,
      itineraries: 1,
      price: 40_000,
    });
    expect(await ofFilters({ layover: { maxMinutes: 90 }, via: { include: ['DUB', 'LIS'] } })).toContainEqual({
      change: 'filters.layover.maxMinutes',
      to: 100,
      itineraries: 1,
      price: 60_000,
    });
    expect(await ofFilters({ via: { include: ['CDG'] } })).toEqual([
      { change: 'filters.via', to: ['DUB'], itineraries: 1, price: 40_000 },
    ]);
    expect(await ofFilters({ via: { exclude: ['DUB', 'LIS'] }, maxPrice: usd(80_000) })).toContainEqual({
      change: 'filters.via',
      to: ['DUB'],
      itineraries: 1,
      price: 40_000,
    });
    // One airline is less than the two of the cheapest journey.
    expect(await ofFilters({ carriers: { include: ['QZ'] } })).toEqual([
      { change: 'filters.carriers', to: ['QB'], itineraries: 1, price: 60_000 },
    ]);
    expect(await ofFilters({ carriers: { exclude: ['QA', 'QB'] } })).toEqual([
      { change: 'filters.carriers', to: ['QB'], itineraries: 2, price: 40_000 },
    ]);
    expect(await ofFilters({ alliances: ['Nowhere'] })).toEqual([
      { change: 'filters.alliances', to: null, itineraries: 3, price: 40_000 },
    ]);
    expect(await ofFilters({ alliances: ['oneworld'] }, [{ ...out, origin: ['OSL'], destination: ['CPH'] }])).toEqual([
      { change: 'filters.alliances', to: ['skyteam'], itineraries: 1, price: 8_000 },
    ]);
  });

  it('[SEARCH-21] a window is opened to the nearest departure, not to the cheapest', async () => {
    const way = { origin: ['VIE'], destination: ['ZRH'], date: day };
    const night = { origin: ['AGP'], destination: ['LIS'], date: day };
    const nearest = { itineraries: 1, price: 12_000 };
    expect(await ofFilters({ departure: { from: '10:30', to: '14:00' } }, [way])).toEqual([
      { change: 'filters.departure', to: '09:50', ...nearest },
    ]);
    expect(await ofFilters({ departure: { from: '10:30', to: '17:00' } }, [way])).toEqual([
      { change: 'filters.departure', to: '09:50', ...nearest },
    ]);
    expect(await ofFilters({ departure: { from: '19:00', to: '05:00' } }, [way])).toEqual([
      { change: 'filters.departure', to: '18:00', itineraries: 1, price: 5_000 },
    ]);
    // A flight of half past midnight is no evening's: departures are of a day.
    expect(await ofFilters({ departure: { from: '22:00', to: '23:30' } }, [night])).toEqual([
      { change: 'filters.departure', to: '12:00', itineraries: 1, price: 7_000 },
    ]);
    // Of several slices the one that is farthest from it says how far; no side alone lets in what is on both.
    const home = { origin: ['JFK'], destination: ['MAD'], date: back };
    expect(await ofFilters({ departure: { from: '13:00', to: '15:00' } }, [out, home])).toEqual([
      { change: 'filters.departure', to: '11:00', itineraries: 1, price: 110_000 },
    ]);
    const paris = { origin: ['CDG'], destination: ['AMS'], date: day };
    expect(await ofFilters({ departure: { from: '10:20', to: '10:40' } }, [paris, home])).toEqual([
      { change: 'filters.departure', to: null, itineraries: 1, price: 24_000 },
    ]);
  });

  it('[SEARCH-21] where two filters are to blame together both changes are told', async () => {
    const carriers = { include: ['QZ'] };
    const arrival = { from: '05:00', to: '13:00' };
    expect(await ofFilters({ overnight: false, maxPrice: usd(50_000), carriers })).toEqual([
      { change: 'filters.carriers+filters.maxPrice', to: [['QB'], 60_000], itineraries: 1, price: 60_000 },
    ]);
    // What removes more comes first: where to change takes away all three.
    expect(await ofFilters({ arrival, maxPrice: usd(50_000), via: { include: ['CDG'] } })).toEqual([
      { change: 'filters.via+filters.arrival', to: [['DUB'], '02:45'], itineraries: 1, price: 40_000 },
    ]);
    // Three together: without any.
    expect(await ofFilters({ arrival: { from: '05:00', to: '06:00' }, maxPrice: usd(1_000), carriers })).toEqual([
      { change: 'filters', to: null, itineraries: 3, price: 40_000 },
    ]);
  });

  it('[SEARCH-21] a filter does not hide that there are no seats', async () => {
    const slices = [{ origin: ['CDG'], destination: ['AMS'], date: day }];
    const three = { slices, passengers: { adults: 3 } };
    expect(await explain({ ...three, filters: { maxPrice: usd(1_000) } })).toEqual({
      reason: 'no_seats',
      removed: [{ filter: 'maxPrice', itineraries: 0, removes: 0 }],
      suggestions: [],
    });
    expect(await explain({ ...three, filters: { maxPrice: usd(5_000) } })).toMatchObject({
      reason: 'no_seats',
      suggestions: [{ change: 'passengers', itineraries: 1, from: usd(4_000) }],
    });
  });

  it('[SEARCH-21] at most 64 searches are made, whatever is asked', async () => {
    const names = () => new Names(['QX']);
    const front = { count: 1, currency: new Uint16Array(1) } as Front;
    let searches = 0;
    // Only the first search, which is without filters, finds something: each pair would be tried.
    const answer = async ({ slices }: SearchTask): Promise<Answered> => {
      const total = searches++ === 0 ? 1 : 0;
      const ranking = {
        count: total,
        total,
        complete: true,
        entries: new Int32Array(slices.length),
        keys: new Float64Array(1),
      };
      return { fronts: slices.map(() => front), ranking, versions: [], timetable: {} as Answered['timetable'] };
    };
    const room = {
      engine: { answer },
      places: await openPlaceDirectory(scene.db),
      live: { names: { airports: names(), carriers: names(), currencies: names() } },
      clock: systemClock,
      allianceOf: () => undefined,
    } as unknown as SearchRoom;
    const window = { from: '08:00', to: '09:00' };
    const { removed, suggestions } = await explainEmpty(
      room,
      searchItinerariesInput.parse({
        slices: Array.from({ length: 6 }, () => ({ ...out, departure: window, arrival: window })),
        filters: { maxPrice: usd(1), carriers: { include: ['QX'] }, overnight: false },
      }),
    );
    expect(searches).toBe(64);
    expect(removed).toHaveLength(15);
    expect(removed[0]).toEqual({ filter: 'carriers', itineraries: 0, removes: 1 });
    expect(suggestions).toEqual([{ change: 'filters', to: null, itineraries: 1, from: { amount: 0, currency: 'QX' } }]);
  });
});
