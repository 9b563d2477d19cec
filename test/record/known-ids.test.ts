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
  await lane.close();
  await scene.close();
});
