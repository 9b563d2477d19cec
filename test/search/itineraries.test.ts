import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { failureOf } from '../support/connect.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('search.itineraries', () => {
  let scene: Scene;
  const day = dateIn(30);
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(() => scene.close());

  const ask = (input: Parameters<typeof scene.guest.trpc.search.itineraries.query>[0]) =>
    scene.guest.trpc.search.itineraries.query(input);

  it('[SEARCH-6] finds direct and connecting journeys', async () => {
    await scene.flight({
      origin: 'JFK',
      destination: 'LHR',
      departsAt: `${day}T09:00`,
      arrivesAt: `${day}T21:00`,
      price: 50_000,
    });
    await scene.flight({
      origin: 'JFK',
      destination: 'DUB',
      departsAt: `${day}T09:30`,
      arrivesAt: `${day}T21:00`,
      price: 20_000,
    });
    await scene.flight({
      origin: 'DUB',
      destination: 'LHR',
      departsAt: `${day}T22:30`,
      arrivesAt: `${day}T23:50`,
      price: 5_000,
    });
    const found = await ask({
      slices: [{ origin: ['NYC'], destination: ['LON'], date: day }],
      passengers: { adults: 2 },
      sort: 'price',
    });
    expect(found.itineraries.map((each) => [each.price.amount, each.slices[0]?.stops])).toEqual([
      [50_000, 1],
      [100_000, 0],
    ]);
    const [first] = found.itineraries;
    const legs = first?.slices[0]?.legs.map((leg) => ({ flightId: leg.id, cabin: leg.cabin })) ?? [];
    const held = await scene.guest.trpc.booking.hold.mutate({
      id: newId(),
      legs,
      seats: 2,
      offerToken: first?.offerToken as string,
    });
    expect(held).toMatchObject({ status: 'held', price: first?.price });
    // A sale is seen by whoever searches next.
    const after = await ask({ slices: [{ origin: ['NYC'], destination: ['LON'], date: day }], sort: 'price' });
    expect(after.itineraries[0]).toMatchObject({ id: first?.id, seatsLeft: 8 });
  });

  it('[SEARCH-11] pages are of one moment, without gap or repeat', async () => {
    const date = dateIn(31);
    for (let n = 0; n < 5; n++)
      await scene.flight({
        origin: 'CDG',
        destination: 'JFK',
        departsAt: `${date}T${10 + n}:00`,
        arrivesAt: `${date}T${12 + n}:00`,
        price: 10_000 * (n + 1),
      });
    const input = {
      slices: [{ origin: ['PAR'], destination: ['JFK'], date }],
      sort: 'price' as const,
      dominated: true,
    };
    const first = await ask({ ...input, limit: 2 });
    // What comes meanwhile belongs to the next search.
    await scene.flight({
      origin: 'CDG',
      destination: 'JFK',
      departsAt: `${date}T09:00`,
      arrivesAt: `${date}T11:00`,
      price: 1,
    });
    const second = await ask({ ...input, limit: 2, cursor: first.nextCursor });
    const third = await ask({ ...input, limit: 2, cursor: second.nextCursor });
    const pages = [first, second, third];
    expect(pages.flatMap((page) => page.itineraries.map((each) => each.price.amount))).toEqual([
      10_000, 20_000, 30_000, 40_000, 50_000,
    ]);
    expect(new Set(pages.map((page) => page.indexVersion)).size).toBe(1);
    expect(third.nextCursor).toBeNull();
    expect(await failureOf(ask({ ...input, sort: 'duration', cursor: first.nextCursor }))).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path: ['cursor'] }] },
    });
  });

  it('[SEARCH-22] an answer is the same over sockets and HTTP, and a cursor of one goes on over the other', async () => {
    const input = {
      slices: [{ origin: ['PAR'], destination: ['JFK'], date: dateIn(31) }],
      sort: 'price' as const,
      limit: 1,
      dominated: true,
    };
    const overHttp = async (asked: object) => {
      const query = new URLSearchParams({ input: JSON.stringify({ json: asked }) });
      const answer = await fetch(`${scene.server.url}/trpc/search.itineraries?${query}`);
      return ((await answer.json()) as { result: { data: { json: Awaited<ReturnType<typeof ask>> } } }).result.data
        .json;
    };
    /** Without what each answer has of its own: its time and its name. */
    const facts = ({ itineraries, nextCursor, lagMs, ...rest }: Awaited<ReturnType<typeof ask>>) => ({
      ...rest,
      hasMore: nextCursor !== null,
      itineraries: itineraries.map(({ offerToken, ...each }) => ({ ...each, isOffered: offerToken !== null })),
    });
    const [first, same] = [await ask(input), await overHttp(input)];
    expect(first.itineraries).toHaveLength(1);
    expect(facts(same)).toEqual(facts(first));
    const [second, other] = [
      await ask({ ...input, cursor: same.nextCursor }),
      await overHttp({ ...input, cursor: first.nextCursor }),
    ];
    expect(second.itineraries[0]?.id).not.toBe(first.itineraries[0]?.id);
    expect(facts(other)).toEqual(facts(second));
    expect(second.facets).toEqual(first.facets);
  });

  it('[SEARCH-12] filters, parties and round trips', async () => {
    const date = dateIn(32);
    const back = dateIn(33);
    const fly = (
      from: string,
      to: string,
      on: string,
      departs: string,
      arrives: string,
      price: number,
      carrier = 'QX',
    ) =>
      scene.flight({
        origin: from,
        destination: to,
        departsAt: `${on}T${departs}`,
        arrivesAt: `${on}T${arrives}`,
        price,
        seats: 3,
        carrier,
      });
    await fly('MAD', 'BCN', date, '08:00', '09:15', 9_000);
    await fly('MAD', 'BCN', date, '18:00', '19:15', 5_000, 'QY');
    await fly('BCN', 'MAD', back, '07:00', '08:15', 7_000);
    await fly('BCN', 'MAD', date, '12:00', '13:15', 1_000);
    const slice = { origin: ['MAD'], destination: ['BCN'], date };
    const prices = async (
      more: Omit<Parameters<typeof ask>[0], 'slices'>,
      slices: Parameters<typeof ask>[0]['slices'] = [slice],
    ) => (await ask({ slices, sort: 'price', ...more })).itineraries.map((each) => each.price.amount);
    expect(await prices({})).toEqual([5_000, 9_000]);
    expect(await prices({ filters: { carriers: { exclude: ['QY'] } } })).toEqual([9_000]);
    expect(await prices({ filters: { departure: { from: '17:00', to: '23:00' } } })).toEqual([5_000]);
    expect(await prices({ filters: { arrival: { to: '12:00' } } })).toEqual([9_000]);
    expect(await prices({ filters: { maxPrice: { amount: 6_000, currency: 'USD' } } })).toEqual([5_000]);
    expect(await prices({ passengers: { adults: 2, children: 1, infantsOnLap: 2 } })).toEqual([15_000, 27_000]);
    expect(await prices({ passengers: { adults: 4 } })).toEqual([]);
    const round = [slice, { origin: ['BCN'], destination: ['MAD'], date: back }];
    expect(await prices({}, round)).toEqual([12_000, 16_000]);
    // The way back of the same day is only for those who went in the morning.
    expect(await prices({}, [slice, { origin: ['BCN'], destination: ['MAD'], date }])).toEqual([10_000]);
    const { itineraries } = await ask({ slices: round });
    expect(itineraries[0]).toMatchObject({ priceKind: 'sum_of_one_ways', slices: [{ stops: 0 }, { stops: 0 }] });
    expect(await prices({}, [{ ...slice, date: back, flexDays: 1 }])).toEqual([5_000, 9_000]);
  });

  it('[SEARCH-13] nothing found is explained', async () => {
    const date = dateIn(34);
    await scene.flight({
      origin: 'VIE',
      destination: 'ZRH',
      departsAt: `${date}T08:00`,
      arrivesAt: `${date}T09:20`,
      price: 9_000,
      seats: 2,
    });
    const slices = [{ origin: ['VIE'], destination: ['ZRH'], date }];
    const cheap = await ask({ slices, filters: { maxPrice: { amount: 1_000, currency: 'USD' }, overnight: false } });
    expect(cheap.itineraries).toEqual([]);
    expect(cheap.facets.total).toBe(1);
    expect(cheap.explanation).toMatchObject({
      reason: 'filters',
      removed: [
        { filter: 'maxPrice', itineraries: 1 },
        { filter: 'overnight', itineraries: 0 },
      ],
      suggestions: [{ change: 'filters.maxPrice', to: 9_000 }],
    });
    const many = await ask({ slices, passengers: { adults: 3 } });
    expect(many.explanation).toMatchObject({ reason: 'no_seats', suggestions: [{ change: 'passengers' }] });
    const never = await ask({ slices: [{ origin: ['VIE'], destination: ['ZRH'], date: dateIn(300) }] });
    expect(never.explanation).toEqual({ reason: 'no_flights', removed: [], suggestions: [] });
    expect(await failureOf(ask({ slices: [{ origin: ['QQQ'], destination: ['ZRH'], date }] }))).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path: ['slices', 0, 'origin', 0] }] },
    });
  });

  it('[SEARCH-14] the calendar has the cheapest way of each day', async () => {
    const [from, to] = [dateIn(40), dateIn(42)];
    const fly = (origin: string, destination: string, date: string, departs: string, arrives: string, price: number) =>
      scene.flight({ origin, destination, departsAt: `${date}T${departs}`, arrivesAt: `${date}T${arrives}`, price });
    await fly('OSL', 'CPH', from, '08:00', '09:10', 9_000);
    await fly('OSL', 'CPH', to, '08:00', '09:10', 9_000);
    await fly('OSL', 'ARN', to, '08:00', '09:00', 2_000);
    await fly('ARN', 'CPH', to, '11:00', '12:10', 3_000);
    const amounts = async (more: object = {}) => {
      const question = { origin: 'OSL', destination: 'CPH', from, to, seats: 2, ...more };
      const { days } = await scene.guest.trpc.search.calendar.query(question);
      expect(days[0]?.date).toBe(from);
      return days.map((each) => each.price?.amount ?? null);
    };
    expect(await amounts()).toEqual([18_000, null, 10_000]);
    expect(await amounts({ maxStops: 0 })).toEqual([18_000, null, 18_000]);
    expect(await amounts({ filters: { via: { exclude: ['ARN'] } } })).toEqual([18_000, null, 18_000]);
    expect(await amounts({ filters: { departure: { from: '12:00', to: '23:59' } } })).toEqual([null, null, null]);
  });
});
