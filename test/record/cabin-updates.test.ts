import { expect, it } from 'vitest';
import { inTransaction } from '../../server/platform/postgres/transaction.ts';
import { openScene, silentGateway } from '../support/scene.ts';

it('[RECORD-9] what a sale changes of a cabin is in no index that would have to be written with it', async () => {
  const scene = await openScene(silentGateway);
  const flight = await scene.flight();
  // What this transaction does, by Postgres' own count.
  const counted = await inTransaction(scene.db, async (tx) => {
    await tx.query('update cabin set held = held + 1, version = version + 1 where flight_id = $1', [flight.id]);
    const { rows } = await tx.query<{ updated: number; hot: number }>(
      `select pg_stat_get_xact_tuples_updated('cabin'::regclass)::int as updated,
         pg_stat_get_xact_tuples_hot_updated('cabin'::regclass)::int as hot`,
    );
    return rows[0] as { updated: number; hot: number };
  });
  expect(counted.updated).toBeGreaterThan(0);
  expect(counted.hot).toBe(counted.updated);
  await scene.close();
});
