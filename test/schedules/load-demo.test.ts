import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPlaceDirectory, type PlaceDirectory } from '../../server/domain/places/place-directory.ts';
import { loadDemo } from '../../server/domain/schedules/load-demo.ts';
import { createTestDatabase } from '../support/test-database.ts';

describe('loading the demo timetable', () => {
  let database: { url: string; drop: () => Promise<void> };
  let pool: pg.Pool;
  let places: PlaceDirectory;
  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.url });
    places = await openPlaceDirectory(pool);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const load = (today: string, days: number) => loadDemo({ pool, places, today, days });
  const flightsByDay = async () => {
    const { rows } = await pool.query<{ date: string; flights: number }>(
      'select departure_date as date, count(*)::int as flights from flight group by 1 order by 1',
    );
    return rows;
  };

  it('[SCHED-13] adds the days that are missing, once, also after a start that was killed on the way', async () => {
    const first = await load('2026-11-22', 3);
    expect((await flightsByDay()).map((day) => day.date)).toEqual(['2026-11-22', '2026-11-23', '2026-11-24']);
    expect(await load('2026-11-22', 3)).toBe(0);
    // As a kill leaves it: a day half written, the mark still before it.
    await pool.query(
      `delete from flight where departure_date = '2026-11-24' and id < '80000000-0000-0000-0000-000000000000'`,
    );
    await pool.query(`update cluster set demo_until = '2026-11-22'`);
    expect(await load('2026-11-22', 3)).toBeGreaterThan(0);
    const days = await flightsByDay();
    expect(days.reduce((sum, day) => sum + day.flights, 0)).toBe(first);
    for (const day of days) expect(day.flights).toBeGreaterThanOrEqual(1_000);
    // Two days later, two more.
    await load('2026-11-24', 3);
    expect((await flightsByDay()).map((day) => day.date)).toHaveLength(5);
  });

  it('[SCHED-13] refers only to what exists', async () => {
    const { rows } = await pool.query<{ flights: number; cabins: number }>(
      `select (select count(*)::int from flight f left join carrier c on c.code = f.carrier
           left join place o on o.code = f.origin left join place d on d.code = f.destination
         where c.code is null or o.code is null or d.code is null) as flights,
         (select count(*)::int from cabin c left join flight f on f.id = c.flight_id where f.id is null) as cabins`,
    );
    expect(rows[0]).toEqual({ flights: 0, cabins: 0 });
  });

  it('[SCHED-13] leaves a database of one\u2019s own alone', async () => {
    const own = await createTestDatabase();
    const ownPool = new pg.Pool({ connectionString: own.url });
    await ownPool.query(`insert into carrier (code, name) values ('QX', 'QX')`);
    await ownPool.query(
      `insert into flight (id, carrier, number, origin, destination, departs_at, arrives_at, departs_at_utc, arrives_at_utc)
       values (gen_random_uuid(), 'QX', '1', 'JFK', 'LHR', '2026-12-01T10:00', '2026-12-01T22:00', now(), now() + interval '7 hours')`,
    );
    expect(await loadDemo({ pool: ownPool, places, today: '2026-11-22', days: 1 })).toBe(0);
    await ownPool.end();
    await own.drop();
  });
});
