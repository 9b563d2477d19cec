import { describe, expect, test } from 'vitest';
import { dayOf, routesOf } from '../../client/dashboard/src/jobs/route-days.ts';
import type { CoverageCell } from '../../shared/jobs.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const cell = (more: Partial<CoverageCell> = {}): CoverageCell => ({
  origin: 'JFK',
  destination: 'LHR',
  departDate: '2027-03-01',
  ...{ found: 0, empty: 0, unknown: 0, waiting: 0, best: null },
  ...more,
});
const createdAt = '2027-02-01T12:00:00.000Z';
const job = (children = 0) => ({
  createdAt,
  ask: {
    ...{
      origins: [],
      destinations: [],
      departDates: [],
      returnDates: [],
      cabin: 'economy' as const,
      shortlist: null,
      simulator: null,
    },
    passengers: { adults: 1, children, infantsOnLap: 0, infantsInSeat: 0 },
  },
});
const seen = (observedAt: string) => ({
  ...{ destination: 'LHR', departDate: '2027-03-01', price: usd(30_000), provider: 'simulator' },
  observedAt,
});
const [during, hoursBefore, daysBefore] = [
  '2027-02-01T12:00:05.000Z',
  '2027-02-01T09:00:00.000Z',
  '2027-01-20T09:00:00.000Z',
].map(seen);

describe('what a calendar shows of a day of a job', () => {
  test.each([
    ['[DASH-36] a price that came while it was not asked yet by the last look', { waiting: 1 }, during, 30_000],
    ['[DASH-36] waiting, though a price of before is known', { waiting: 1 }, hoursBefore, 'waiting'],
    ['[DASH-36] a price out of an answer that was still good', { found: 1 }, hoursBefore, 30_000],
    ['[DASH-36] found, but what is known is older than any answer that counts', { found: 1 }, daysBefore, 'found'],
    ['[DASH-36] proved empty, whatever others have seen', { empty: 1 }, during, 'none'],
    ['[DASH-36] no answer is no proof', { empty: 1, unknown: 1 }, during, 'unknown'],
  ])('%s', (_, counts, price, shown) => {
    const day = dayOf(cell(counts), price, job());
    expect(day.price?.amount ?? day.lack).toBe(shown);
  });

  test('[DASH-36] a party with children has the price of the whole party, for nobody pays that for one adult', () => {
    expect(dayOf(cell({ found: 1, best: usd(70_000) }), during, job(1)).price).toEqual(usd(70_000));
    expect(dayOf(cell({ waiting: 1 }), during, job(1))).toMatchObject({ price: null, lack: 'waiting' });
  });

  test('[DASH-36] the route with the best price comes first, those without any last', () => {
    const routes = routesOf([
      cell({ destination: 'AMS' }),
      cell({ destination: 'CDG', best: usd(9_000), departDate: '2027-03-02' }),
      cell({ destination: 'CDG', best: usd(9_500) }),
      cell({ best: usd(8_000) }),
    ]);
    expect(routes.map(({ name, best }) => [name, best?.amount])).toEqual([
      ['JFK → LHR', 8_000],
      ['JFK → CDG', 9_000],
      ['JFK → AMS', undefined],
    ]);
    expect(routes[1]?.cells.map(({ departDate }) => departDate)).toEqual(['2027-03-01', '2027-03-02']);
  });
});
