import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Alternatives, createAlternatives } from '../../server/domain/inventory/nearest-alternatives.ts';
import type { CabinClass } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { type GateScene, openGateScene } from './gate-scene.ts';

/** A departure in New York; hours are from noon of 2030-01-10 there. */
interface Departure {
  hours?: number;
  origin?: string;
  destination?: string;
  state?: string;
  cabins?: Partial<Record<CabinClass, number>>;
}

describe('the nearest alternatives', () => {
  let scene: GateScene;
  let alternatives: Alternatives;
  beforeAll(async () => {
    scene = await openGateScene();
  });
  beforeEach(async () => {
    await scene.db.query('delete from flight');
    alternatives = createAlternatives({ pool: scene.db, clock: scene.clock });
  });
  afterAll(() => scene.close());

  async function departure(options: Departure = {}): Promise<string> {
    const { hours = 0, origin = 'JFK', destination = 'LHR', state = 'open', cabins = { economy: 9 } } = options;
    const id = newId();
    const local = new Date(Date.parse('2030-01-10T12:00:00Z') + hours * 3_600_000).toISOString().slice(0, 16);
    await scene.db.query(
      `insert into flight (id, carrier, number, origin, destination, departs_at, arrives_at, departs_at_utc, arrives_at_utc, state)
       values ($1, 'QX', '7', $2, $3, $4::text, $4::text, $4::timestamp at time zone 'America/New_York',
         $4::timestamp at time zone 'America/New_York' + interval '7 hours', $5)`,
      [id, origin, destination, local, state],
    );
    for (const [cabin, seats] of Object.entries(cabins)) {
      await scene.db.query(
        `insert into cabin (flight_id, cabin, target_capacity, capacity, sold, price_amount, price_currency, departs_at_utc, state)
         select id, $2, 10, 10, 10 - $3::int, case $2 when 'economy' then 100 when 'business' then 300 else 900 end, 'USD',
           departs_at_utc, state from flight where id = $1`,
        [id, cabin, seats],
      );
    }
    return id;
  }
  const nearest = async (flightId: string, seats = 1, cabin: CabinClass = 'economy') =>
    (await alternatives.nearest({ flightId, cabin, seats })).map((each) => each.flightId);

  it('[GATE-14] are three flights of the market with enough seats, nearest in time first, before or after', async () => {
    const full = await departure({ cabins: { economy: 0 } });
    const [late, early, next, far] = [
      await departure({ hours: 3 }),
      await departure({ hours: -2 }),
      await departure({ hours: 24, cabins: { economy: 2 } }),
      await departure({ hours: 48 }),
    ];
    expect(await nearest(full)).toEqual([early, late, next]);
    expect(await nearest(full, 3)).toEqual([early, late, far]);
    expect((await alternatives.nearest({ flightId: full, cabin: 'economy', seats: 1 }))[2]).toEqual({
      flightId: next,
      carrier: 'QX',
      number: '7',
      departsAt: '2030-01-11T12:00',
      cabin: 'economy',
      available: 2,
      price: { amount: 100, currency: 'USD' },
    });
  });

  it('[GATE-14] take a city’s airports for one market', async () => {
    const full = await departure({ cabins: { economy: 0 } });
    const [newark, gatwick] = [
      await departure({ hours: 1, origin: 'EWR' }),
      await departure({ hours: 2, origin: 'LGA', destination: 'LGW' }),
    ];
    await departure({ origin: 'BOS' });
    await departure({ destination: 'CDG' });
    await departure({ origin: 'LHR', destination: 'JFK' });
    expect(await nearest(full)).toEqual([newark, gatwick]);
  });

  it('[GATE-14] leave out what is too far away in time, closed, cancelled, departed or full', async () => {
    const full = await departure({ cabins: { economy: 0 } });
    const edge = await departure({ hours: -72 });
    await departure({ hours: -73 });
    await departure({ hours: 73 });
    await departure({ state: 'closed' });
    await departure({ state: 'cancelled' });
    await departure({ cabins: { economy: 0 } });
    const gone = await departure({ hours: 1 });
    await scene.db.query(`update cabin set departs_at_utc = now() - interval '1 minute' where flight_id = $1`, [gone]);
    expect(await nearest(full)).toEqual([edge]);
  });

  it('[GATE-14] are in another cabin only when no flight has seats in that one: the cheapest, also of the same flight', async () => {
    const full = await departure({ cabins: { economy: 0, business: 5, first: 5 } });
    const other = await departure({ hours: 5, cabins: { economy: 1, business: 5 } });
    expect(await nearest(full, 1)).toEqual([other]);
    const found = await alternatives.nearest({ flightId: full, cabin: 'economy', seats: 2 });
    expect(found.map(({ flightId, cabin }) => [flightId, cabin])).toEqual([
      [full, 'business'],
      [other, 'business'],
    ]);
  });

  it('[GATE-14] are none for a flight that does not exist or has no neighbours', async () => {
    expect(await nearest(newId())).toEqual([]);
    expect(await nearest(await departure({ cabins: { economy: 0 } }))).toEqual([]);
  });

  it('[GATE-15] are read once a second and leg, however many ask', async () => {
    const leg = { flightId: await departure({ cabins: { economy: 0 } }), cabin: 'economy', seats: 1 } as const;
    const other = await departure({ hours: 1 });
    const reads = vi.spyOn(scene.db, 'query');
    expect(alternatives.peek(leg)).toBeUndefined();
    const answers = await Promise.all(Array.from({ length: 20 }, () => alternatives.nearest(leg)));
    expect(answers.every(([first]) => first?.flightId === other)).toBe(true);
    scene.clock.advance(999);
    expect(alternatives.peek(leg)).toBe(answers[0]);
    await alternatives.nearest(leg);
    expect(reads).toHaveBeenCalledTimes(1);
    scene.clock.advance(1);
    expect(alternatives.peek(leg)).toBeUndefined();
    await alternatives.nearest(leg);
    expect(reads).toHaveBeenCalledTimes(2);
    scene.clock.advance(-3_600_000);
    expect(alternatives.peek(leg)).toBeUndefined();
    reads.mockRestore();
  });

  it('[GATE-15] are none while Postgres does not answer, and are asked for again at once', async () => {
    const leg = { flightId: await departure({ cabins: { economy: 0 } }), cabin: 'economy', seats: 1 } as const;
    const other = await departure({ hours: 1 });
    const reads = vi.spyOn(scene.db, 'query').mockRejectedValueOnce(new Error('away') as never);
    expect(await alternatives.nearest(leg)).toEqual([]);
    expect(alternatives.peek(leg)).toBeUndefined();
    expect(await nearest(leg.flightId)).toEqual([other]);
    reads.mockRestore();
  });

  it('[GATE-15] keep a thousand answers', async () => {
    const reads = vi.spyOn(scene.db, 'query').mockResolvedValue({ rows: [] } as never);
    const leg = (n: number) => ({ flightId: `flight ${n}`, cabin: 'economy', seats: 1 }) as const;
    for (let n = 1; n <= 1_001; n++) await alternatives.nearest(leg(n));
    reads.mockRestore();
    expect(alternatives.peek(leg(1))).toBeUndefined();
    expect(alternatives.peek(leg(2))).toEqual([]);
  });

  it('[GATE-14] are found by the index of the market', async () => {
    await scene.db.query(
      `insert into flight (id, carrier, number, origin, destination, departs_at, arrives_at, departs_at_utc, arrives_at_utc)
       select gen_random_uuid(), 'QX', (1 + random() * 9000)::int::text, o.code, d.code, to_char(at, 'YYYY-MM-DD"T"HH24:MI'), to_char(at, 'YYYY-MM-DD"T"HH24:MI'),
         at, at + interval '5 hours'
       from (select code from place where kind = 'airport' order by code limit 30) o,
         (select code from place where kind = 'airport' order by code limit 30) d,
         generate_series('2030-01-01'::timestamptz, '2030-01-20', '1 day') at
       where o.code <> d.code`,
    );
    await scene.db.query(
      `insert into cabin (flight_id, cabin, target_capacity, capacity, price_amount, price_currency, departs_at_utc)
       select id, 'economy', 10, 10, 100, 'USD', departs_at_utc from flight`,
    );
    await scene.db.query('analyze flight, cabin');
    const { rows: flights } = await scene.db.query<{ id: string }>(
      `select id from flight where departs_at_utc = '2030-01-10' limit 1`,
    );
    const query = vi.spyOn(scene.db, 'query');
    const leg = { flightId: flights[0]?.id as string, cabin: 'economy', seats: 1 } as const;
    expect(await alternatives.nearest(leg)).toHaveLength(3);
    const [asked] = query.mock.calls.map(([config]) => config as unknown as { text: string; values: unknown[] });
    query.mockRestore();
    const { rows } = await scene.db.query<{ 'QUERY PLAN': string }>({
      text: `explain (analyze, buffers off, timing off) ${asked?.text}`,
      values: asked?.values,
    });
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Only Scan using flight_market_idx/);
    expect(plan).not.toMatch(/Seq Scan on (flight|cabin)/);
  });
});
