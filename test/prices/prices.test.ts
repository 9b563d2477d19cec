import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBands } from '../../server/domain/prices/read-bands.ts';
import { createRecorder, observationOf, writeObservations } from '../../server/domain/prices/record-observations.ts';
import { bandOf } from '../../server/domain/prices/verdict.ts';
import type { FareAnswer, FareQuestion } from '../../server/domain/providers/fare-provider.ts';
import { newId } from '../../shared/ids.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const seen = (more: Partial<Parameters<typeof writeObservations>[1][number]> = {}) => ({
  provider: 'simulator',
  origin: 'LHR',
  destination: 'JFK',
  cabin: 'economy' as const,
  trip: 'one_way' as const,
  departDate: dateIn(20),
  currency: 'USD',
  observedOn: dateIn(0),
  leastAmount: 10_000,
  latestAmount: 10_000,
  samples: 1,
  latestAt: new Date().toISOString(),
  ...more,
});
const question = (more: Partial<FareQuestion> = {}): FareQuestion => ({
  origin: 'CDG',
  destination: 'NRT',
  departDate: dateIn(20),
  returnDate: null,
  cabin: 'economy',
  party: { adults: 2, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
  ...more,
});
const found = (amount: number): FareAnswer => ({
  outcome: 'found',
  offers: [
    {
      key: 'X1@x',
      price: { amount, currency: 'USD' },
      priceKind: 'one_way',
      carriers: [],
      stops: 0,
      durationMinutes: null,
      departsAt: null,
    },
  ],
});

describe('observations', () => {
  test('[PRICE-4] one row a day and departure date: the least of the day and the newest, for one adult', async () => {
    const recorder = createRecorder(scene.db);
    const at = (hour: number) => `${dateIn(0)}T${String(hour).padStart(2, '0')}:00:00.000Z`;
    recorder.observe('duffel', [question(), question()], [found(30_000), found(20_000)], at(1));
    recorder.observe('duffel', [question()], [found(26_000)], at(2));
    await recorder.flush();
    recorder.observe('duffel', [question()], [found(24_000)], at(3));
    recorder.observe('duffel', [question()], [{ outcome: 'empty', evidence: 'none' }], at(4));
    await recorder.flush();
    const { rows } = await scene.db.query(
      `select least_amount::int, latest_amount::int, samples from price_observation where origin = 'CDG'`,
    );
    expect(rows).toEqual([{ least_amount: 10_000, latest_amount: 12_000, samples: 4 }]);
    const families = question({ party: { adults: 2, children: 1, infantsOnLap: 0, infantsInSeat: 0 } });
    expect(observationOf('duffel', families, found(1), at(1))).toBeUndefined();
    expect(observationOf('duffel', question({ departDate: '2020-01-01' }), found(1), at(1))).toBeUndefined();
  });

  test('[PRICE-4] what is gathered beyond a bound is dropped, and a round writes so much and no more', async () => {
    const recorder = createRecorder(scene.db);
    const many = Array.from({ length: 60_000 }, (_, index) =>
      question({
        origin: 'OSL',
        departDate: dateIn(1 + (index % 300)),
        destination:
          String.fromCharCode(65 + Math.floor(index / 7_800)) + String(Math.floor(index / 300) % 26).padStart(2, '0'),
      }),
    );
    recorder.observe(
      'x',
      many,
      many.map(() => found(100)),
      new Date().toISOString(),
    );
    const { written, more } = await recorder.flush();
    expect([written.length, more]).toEqual([2_000, true]);
  });

  test('[PRICE-1] the record makes the same band of its rows as arithmetic does', async () => {
    let state = 42;
    const random = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return state / 0x7fffffff;
    };
    // One departure date a day of observation, each some twenty days ahead, over a year and more.
    const ages = Array.from({ length: 90 }, (_, index) => index * 5);
    const rows = ages.map((age) => {
      const amount = 5_000 + Math.floor(random() * 20_000);
      return seen({
        origin: 'AMS',
        observedOn: dateIn(-age),
        departDate: dateIn(20 - age),
        leastAmount: amount,
        latestAmount: amount,
      });
    });
    await writeObservations(scene.db, rows);
    const key = {
      provider: null,
      origin: 'AMS',
      destination: 'JFK',
      cabin: 'economy' as const,
      trip: 'one_way' as const,
      currency: 'USD',
      leadDays: { from: 15, to: 30 },
    };
    const [band, none] = await readBands(scene.db, [key, { ...key, currency: 'EUR' }], dateIn(0));
    const within = rows.flatMap((row, index) =>
      (ages[index] as number) <= 365 ? [{ amount: row.leastAmount, ageDays: ages[index] as number }] : [],
    );
    expect({ n: band?.n, quantiles: band?.quantiles }).toEqual(bandOf(within));
    expect(band?.n).toBe(74);
    expect(none).toEqual({ n: 0, quantiles: [], previous: {} });
  });
});

describe('what callers are told of prices', () => {
  beforeAll(async () => {
    await writeObservations(
      scene.db,
      Array.from({ length: 40 }, (_, index) =>
        seen({
          departDate: dateIn(16 + (index % 10)),
          observedOn: dateIn(-Math.floor(index / 10)),
          leastAmount: 10_000 + index * 100,
          latestAmount: 10_000 + index * 100,
        }),
      ),
    );
  });
  const route = { origin: 'LHR', destination: 'JFK' };

  test('[PRICE-5] a verdict comes with percentile, n, window, band and method; without enough it is unknown', async () => {
    const { trpc } = scene.guest;
    const low = await trpc.prices.verdict.query({
      ...route,
      departDate: dateIn(20),
      price: { amount: 9_000, currency: 'USD' },
    });
    expect(low).toMatchObject({
      verdict: 'low',
      percentile: 0,
      n: 40,
      leadDays: { from: 15, to: 30 },
      method: 'bands-1',
    });
    expect(low.band?.low.currency).toBe('USD');
    expect(low.window).toEqual({ from: dateIn(-365), to: dateIn(0) });
    const unknown = await trpc.prices.verdict.query({
      ...route,
      departDate: dateIn(90),
      price: { amount: 9_000, currency: 'USD' },
    });
    expect(unknown).toMatchObject({ verdict: 'unknown', percentile: null, n: 0, band: null });
  });

  test('[PRICE-5] history is the cheapest of each day, the calendar the newest of each departure date', async () => {
    const { trpc } = scene.guest;
    const { points } = await trpc.prices.history.query(route);
    expect(points).toEqual([
      { date: dateIn(-3), price: { amount: 13_000, currency: 'USD' } },
      { date: dateIn(-2), price: { amount: 12_000, currency: 'USD' } },
      { date: dateIn(-1), price: { amount: 11_000, currency: 'USD' } },
      { date: dateIn(0), price: { amount: 10_000, currency: 'USD' } },
    ]);
    const { cells } = await trpc.prices.calendar.query({
      origin: 'LHR',
      destinations: ['JFK', 'EWR'],
      from: dateIn(16),
      to: dateIn(18),
    });
    expect(cells.map(({ destination, departDate, price }) => [destination, departDate, price.amount])).toEqual([
      ['JFK', dateIn(16), 10_000],
      ['JFK', dateIn(17), 10_100],
      ['JFK', dateIn(18), 10_200],
    ]);
  });

  test('[PRICE-5] of round trips the calendar has the cheapest return of the newest day', async () => {
    const trip = { origin: 'MAD', trip: 'round_trip' as const };
    await writeObservations(scene.db, [
      seen({ ...trip, observedOn: dateIn(-1), leastAmount: 5_000, latestAmount: 5_000 }),
      seen({ ...trip, leastAmount: 7_000, latestAmount: 9_000 }),
      seen({ origin: 'MAD', leastAmount: 3_000, latestAmount: 4_000 }),
    ]);
    const ask = { origin: 'MAD', destinations: ['JFK'], from: dateIn(20), to: dateIn(20) };
    const amounts = async (kind: 'one_way' | 'round_trip') =>
      (await scene.guest.trpc.prices.calendar.query({ ...ask, trip: kind })).cells.map(({ price }) => price.amount);
    expect([await amounts('round_trip'), await amounts('one_way')]).toEqual([[7_000], [4_000]]);
  });

  test('[PRICE-6] a job on the simulator fills the calendar while somebody watches, and its results have verdicts', async () => {
    const { trpc } = scene.guest;
    const dates = Array.from({ length: 15 }, (_, index) => dateIn(16 + index));
    const cells = new Map<string, number>();
    const full = new Promise<void>((resolve, reject) => {
      const subscription = trpc.prices.onCalendar.subscribe(
        { origin: 'FRA', destinations: ['BOS', 'MIA'], from: dates[0] as string, to: dates.at(-1) as string },
        {
          onData: (changed) => {
            for (const cell of changed) cells.set(`${cell.destination} ${cell.departDate}`, cell.price.amount);
            if (cells.size < 30) return;
            subscription.unsubscribe();
            resolve();
          },
          onError: reject,
        },
      );
    });
    const run = async (id: string) => {
      await trpc.jobs.create.mutate({
        id,
        origins: ['FRA'],
        destinations: ['BOS', 'MIA'],
        departDates: dates,
        providers: ['simulator'],
        simulator: { seed: 3, latencyMs: 0, failRate: 0, blockRate: 0, emptyRate: 0 },
      });
      await expect.poll(async () => (await trpc.jobs.get.query({ id })).status).toBe('completed');
      return (await trpc.jobs.results.query({ jobId: id, limit: 200 })).results;
    };
    const results = await run(newId());
    await full;
    expect(results.map((each) => cells.get(`${each.destination} ${each.departDate}`)).sort()).toEqual(
      results.map((each) => each.price?.amount).sort(),
    );
    // A band of one route and stretch of lead time: what is far below it is low.
    await writeObservations(
      scene.db,
      Array.from({ length: 30 }, (_, index) =>
        seen({
          origin: 'FRA',
          destination: 'MUC',
          departDate: dateIn(16 + (index % 10)),
          observedOn: dateIn(-1 - Math.floor(index / 10)),
          leastAmount: 9_000_000,
          latestAmount: 9_000_000,
        }),
      ),
    );
    const id = newId();
    await trpc.jobs.create.mutate({
      id,
      origins: ['FRA'],
      destinations: ['MUC'],
      departDates: dates.slice(0, 5),
      providers: ['simulator'],
      simulator: { seed: 3, latencyMs: 0, failRate: 0, blockRate: 0, emptyRate: 0 },
    });
    await expect.poll(async () => (await trpc.jobs.get.query({ id })).status).toBe('completed');
    const judged = (await trpc.jobs.results.query({ jobId: id })).results;
    expect(new Set(judged.map((each) => each.verdict))).toEqual(new Set(['low']));
  });
});
