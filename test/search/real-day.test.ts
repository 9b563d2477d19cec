import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flightColumns } from '../../server/domain/inventory/flight-rows.ts';
import type { FlightView } from '../../shared/flight.ts';
import { failureOf } from '../support/connect.ts';
import { openScene, type Scene } from '../support/scene.ts';

const data = new URL('../../../shared/data/', import.meta.url);
const dayFile = new URL('bts2008/us-flights-2008-01-18-day.csv.gz', data);
const here = existsSync(dayFile);
if (!here) console.warn('SKIPPED: ../shared/data is not here, so the real day is not searched');
const text = (file: string): string => {
  const raw = readFileSync(new URL(file, data));
  return (file.endsWith('.gz') ? gunzipSync(raw) : raw).toString();
};

interface Row {
  key: string;
  origin: string;
  destination: string;
  tail: string;
}

describe.skipIf(!here)('the real day of 18 January 2008', () => {
  let scene: Scene;
  let rows: Row[];
  const importDay = (dryRun = false) =>
    scene.operator.trpc.admin.flights.import.mutate({
      format: 'bts',
      text: text('bts2008/us-flights-2008-01-18-day.csv.gz'),
      seats: text('bts2008/planes.csv'),
      dryRun,
    });

  beforeAll(async () => {
    scene = await openScene();
    const [header, ...lines] = text('bts2008/us-flights-2008-01-18-day.csv.gz').trim().split('\n');
    expect(header).toBe('date,carrier,flight,origin,dest,crs_dep,crs_arr,crs_elapsed_min,distance_mi,tail');
    rows = lines.flatMap((line) => {
      const [date, carrier, flight, origin, destination, departs, , elapsed, , tail] = line.split(',') as [
        string,
        ...string[],
      ];
      if (!elapsed || !departs) return [];
      const wall = `${date}T${departs.slice(0, 2)}:${departs.slice(2)}`;
      return [
        { key: `${carrier}${flight} ${origin}-${destination} ${wall} ${elapsed}`, origin, destination, tail } as Row,
      ];
    });
  });
  afterAll(() => scene.close());

  it('[SCHED-12] imports once: a dry run writes nothing, the second time changes nothing', async () => {
    const places = await scene.operator.trpc.admin.flights.import.mutate({
      format: 'places',
      text: text('world/geonames_airports_iata.tsv'),
    });
    expect(places.accepted).toBeGreaterThan(7_000);
    const dry = await importDay(true);
    expect(dry).toMatchObject({ dryRun: true, accepted: rows.length, flights: { created: rows.length } });
    expect((await scene.db.query('select from flight limit 1')).rowCount).toBe(0);
    const first = await importDay();
    expect(first.flights).toEqual({ created: rows.length, updated: 0, unchanged: 0 });
    expect(first.rejected).toEqual([{ line: 12_337, reason: expect.stringContaining('elapsed') }]);
    const second = await importDay();
    expect(second.flights).toEqual({ created: 0, updated: 0, unchanged: rows.length });
  }, 120_000);

  it('[SEARCH-1] finds exactly the flights of the file, for 200 routes, in each order', async () => {
    const routes = [...new Set(rows.map((row) => `${row.origin} ${row.destination}`))];
    const seats = new Map(
      text('bts2008/planes.csv')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => [line.split(',')[0], Number(line.split(',')[6])] as const),
    );
    // A fixed stride through the sorted routes is as random as a seed, and easier to repeat.
    for (let index = 0; index < 200; index++) {
      const [origin, destination] = (routes.sort()[Math.floor((index * routes.length) / 200)] as string).split(' ') as [
        string,
        string,
      ];
      const expected = rows.filter((row) => row.origin === origin && row.destination === destination);
      const sort = (['price', 'fastest', 'departure'] as const)[index % 3] ?? 'price';
      const found = await searchAll({ origin, destination, date: '2008-01-18', sort, limit: index % 2 ? 200 : 7 });
      expect(found.map(keyOf).sort()).toEqual(expected.map((row) => row.key).sort());
      const order = found.map((flight) =>
        sort === 'departure'
          ? Date.parse(flight.departsAtUtc)
          : sort === 'fastest'
            ? flight.durationMinutes
            : flight.cabins[0]?.price.amount,
      ) as number[];
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      const tailOf = new Map(expected.map((row) => [row.key, row.tail]));
      for (const flight of found) {
        expect(flight.state).toBe('departed');
        const known = seats.get(tailOf.get(keyOf(flight)));
        if (known) expect(flight.cabins[0]?.capacity).toBe(known);
      }
    }
  }, 120_000);

  it('[SEARCH-2] a city code means all of its airports', async () => {
    const found = await searchAll({
      origin: 'NYC',
      destination: 'CHI',
      date: '2008-01-18',
      sort: 'departure',
      limit: 50,
    });
    const expected = rows.filter(
      (row) => ['JFK', 'LGA', 'EWR'].includes(row.origin) && ['ORD', 'MDW'].includes(row.destination),
    );
    expect(found.map(keyOf).sort()).toEqual(expected.map((row) => row.key).sort());
    expect(expected.length).toBeGreaterThan(50);
  });

  async function searchAll(input: {
    origin: string;
    destination: string;
    date: string;
    sort: 'price' | 'fastest' | 'departure';
    limit: number;
  }): Promise<FlightView[]> {
    const flights: FlightView[] = [];
    let cursor: string | null = null;
    do {
      const page: { flights: FlightView[]; nextCursor: string | null } = await scene.guest.trpc.search.flights.query({
        ...input,
        cursor,
      });
      flights.push(...page.flights);
      cursor = page.nextCursor;
    } while (cursor);
    return flights;
  }

  const keyOf = (flight: FlightView) =>
    `${flight.carrier}${flight.number} ${flight.origin}-${flight.destination} ${flight.departsAt} ${flight.durationMinutes}`;

  it('[SEARCH-5] the flights of a market are read from the index alone', async () => {
    await scene.db.query('vacuum (analyze) flight');
    const { rows: plan } = await scene.db.query<{ 'QUERY PLAN': string }>(
      `explain select ${flightColumns} from flight f
       where f.origin = any(array['JFK', 'EWR']) and f.destination = any(array['LAX']) and f.departure_date = '2008-01-18'
         and f.state = 'open'`,
    );
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('Index Only Scan using flight_market_idx');
  });

  it('[SEARCH-3] an unknown place is named, a day without flights is an empty answer', async () => {
    const query = (origin: string, date: string) =>
      scene.guest.trpc.search.flights.query({ origin, destination: 'LAX', date });
    expect(await failureOf(query('QQQ', '2008-01-18'))).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path: ['origin'] }] },
    });
    expect(await query('JFK', '2008-01-19')).toMatchObject({ flights: [], nextCursor: null });
  });
});
