import { expect, it } from 'vitest';
import { ownConnection } from '../../server/platform/postgres/own-connection.ts';
import { newId } from '../../shared/ids.ts';
import { openScene, silentGateway } from '../support/scene.ts';

it('[RECORD-10] whether an id is known is asked of the primary key, also by a plan of when the table was empty', async () => {
  const scene = await openScene(silentGateway);
  // As autovacuum leaves a table in which nothing has been yet.
  await scene.db.query('vacuum (analyze) booking');
  const lane = ownConnection(scene.server.engines.databaseUrl, 'test');
  await lane.query({ text: 'prepare known (uuid[]) as select b.id from booking b where b.id = any($1)' });
  const plan = await lane.query<{ 'QUERY PLAN': string }>({ text: `explain execute known ('{${newId()}}')` });
  expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toContain('booking_pkey');
  // Postgres 18 would find an event with the provider first as well; older ones read through the whole key.
  const { rows } = await scene.db.query(
    `select a.attname as first from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
     where i.indexrelid = 'payment_event_pkey'::regclass`,
  );
  expect(rows).toEqual([{ first: 'event_id' }]);
  await lane.close();
  await scene.close();
});
