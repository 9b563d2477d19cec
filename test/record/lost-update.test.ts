import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, OptimisticLockError } from '@mikro-orm/postgresql';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cabin } from '../../server/domain/inventory/cabin.entity.ts';
import { writeFlights } from '../../server/domain/inventory/write-flights.ts';
import { entities } from '../../server/entities.ts';
import { type Orm, openOrm } from '../../server/platform/postgres/orm.ts';
import { newId } from '../../shared/ids.ts';
import { createTestDatabase } from '../support/test-database.ts';

// A library that groups the updates of one flush into one statement may forget the version condition of each.
// MikroORM does with `useBatchUpdates`: the control experiment shows it, so that the day when it no longer does is seen.

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let client: pg.Client;
let cabinIds: number[];

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  const price = { amount: 45_000, currency: 'USD' };
  await writeFlights(client as unknown as pg.PoolClient, [
    {
      id: newId(),
      carrier: 'QX',
      number: '1',
      origin: 'JFK',
      destination: 'LHR',
      departsAt: '2027-03-01T10:00',
      arrivesAt: '2027-03-01T22:00',
      departsAtUtc: Date.parse('2027-03-01T15:00Z'),
      arrivesAtUtc: Date.parse('2027-03-01T22:00Z'),
      cabins: [
        { cabin: 'economy', capacity: 1_000, price },
        { cabin: 'business', capacity: 1_000, price },
      ],
    },
  ]);
  cabinIds = (await client.query<{ id: number }>('select id from cabin order by id')).rows.map((row) => row.id);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const openBatching = (): Promise<Orm> =>
  MikroORM.init({
    clientUrl: database.url,
    entities,
    extensions: [Migrator],
    useBatchUpdates: true,
    pool: { min: 0, max: 10 },
  });
const openOurs = async (): Promise<Orm> =>
  (await openOrm({ url: database.url, poolSize: 10, entities, onPoolError: () => undefined })).orm;

const held = async (): Promise<number[]> =>
  (await client.query<{ held: number }>('select held from cabin order by id')).rows.map((row) => row.held);

async function addOneToBoth(em: Orm['em']): Promise<void> {
  const cabins = await em.find(Cabin, { id: { $in: cabinIds } }, { orderBy: { id: 'asc' } });
  for (const cabin of cabins) cabin.held++;
}

/** Waits until some session of this database waits for a row lock. */
async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    const { rowCount } = await client.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (rowCount !== 0) return;
  }
}

/**
 * Two units of work read the same two cabins. The first has flushed and not committed when the second flushes, so the
 * second's look at the versions comes before that commit and its update after it. Answers who succeeded.
 */
async function interleave(orm: Orm): Promise<PromiseSettledResult<void>[]> {
  const first = orm.em.fork();
  const second = orm.em.fork();
  await first.begin();
  await addOneToBoth(first);
  await addOneToBoth(second);
  await first.flush();
  const flushed = second.flush();
  const settled = Promise.allSettled([flushed]);
  await untilSomebodyWaits();
  await first.commit();
  return settled;
}

describe('two units of work that change the same two rows', () => {
  test('[RECORD-6] control: with batched updates the second overwrites the first, and nobody is told', async () => {
    const orm = await openBatching();
    try {
      const before = await held();
      expect(await interleave(orm)).toMatchObject([{ status: 'fulfilled' }]);
      const gained = (await held()).map((now, index) => now - (before[index] as number));
      const lost = gained.map((each) => 2 - each);
      expect(Math.min(...lost)).toBeGreaterThan(0);
    } finally {
      await orm.close(true);
    }
  });

  test('[RECORD-6] with our settings the second is refused, and the first one’s changes stand', async () => {
    const orm = await openOurs();
    try {
      const before = await held();
      expect(await interleave(orm)).toMatchObject([{ status: 'rejected', reason: expect.any(OptimisticLockError) }]);
      expect(await held()).toEqual(before.map((each) => each + 1));
    } finally {
      await orm.close(true);
    }
  });

  test('[RECORD-6] with our settings eight writers lose nothing: the rows count the successes', async () => {
    const orm = await openOurs();
    try {
      const before = await held();
      let succeeded = 0;
      const writer = async () => {
        for (let round = 0; round < 20; round++) {
          const em = orm.em.fork();
          await addOneToBoth(em);
          try {
            await em.flush();
            succeeded++;
          } catch (error) {
            expect(error).toBeInstanceOf(OptimisticLockError);
          }
        }
      };
      await Promise.all(Array.from({ length: 8 }, writer));
      expect(succeeded).toBeGreaterThan(0);
      expect(await held()).toEqual(before.map((each) => each + succeeded));
    } finally {
      await orm.close(true);
    }
  });
});
