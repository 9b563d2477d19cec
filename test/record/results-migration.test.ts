import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databaseBefore } from '../support/database-before.ts';

let before: Awaited<ReturnType<typeof databaseBefore>>;
let db: pg.Client;
beforeAll(async () => {
  before = await databaseBefore('0015_job_chunks.sql', `test_${process.pid}_chunks`);
  db = before.db;
});
afterAll(() => before.drop());

test('[RECORD-8] results that were a row each are the same after the migration that keeps them a row a commit', async () => {
  await db.query(`
    insert into job (no, id, actor, body_hash, status, providers, ask, plan, total, done, found, empty, unknown, open_steps)
      values (1, gen_random_uuid(), gen_random_uuid(), '\\x00', 'running', '[]', '{}', '{}', 5, 3, 1, 1, 1, 1);
    insert into job_step (job, no, provider, first, last) values (1, 1, 'simulator', 0, 3), (1, 2, 'simulator', 3, 5);
    insert into job_result (job, position, origin, destination, depart_date, return_date, provider, outcome, reason, detail,
        price_amount, price_currency, price_kind, carriers, stops, duration_minutes, offers, verdict, observed_at) values
      (1, 0, 'JFK', 'LHR', '2027-03-01', '2027-03-09', 'simulator', 'found', null, null, 40000, 'USD', 'round_trip', 'QX ZZ', 1,
        840, 3, 'low', '2027-01-01T10:00Z'),
      (1, 2, 'JFK', 'CDG', '2027-03-02', null, 'simulator', 'empty', 'proved', null, null, null, null, null, null, null, 0,
        'unknown', '2027-01-01T10:00Z'),
      (1, 3, 'BOS', 'CDG', '2027-03-02', null, 'simulator', 'unknown', 'blocked', 'a wall', null, null, null, null, null, null,
        0, 'unknown', '2027-01-01T11:00Z');
    insert into job_checkpoint (job, n, provider, positions, asked, took_ms) values
      (1, 1, 'simulator', '[0, 2]', 2, 5), (1, 2, 'simulator', '[3]', 1, 7)`);
  const read = `
    select position, origin, destination, depart_date::text, return_date::text, provider, outcome, reason, detail,
      price_amount::text, price_currency, price_kind, carriers, stops, duration_minutes, offers, verdict, observed_at
    from job_result where job = 1 order by position`;
  const rows = (await db.query(read)).rows;
  await before.migrate();
  expect((await db.query(read)).rows).toEqual(rows);
  const { rows: chunks } = await db.query('select n, step, asked, took_ms, position from job_chunk order by n');
  expect(chunks).toEqual([
    { n: 1, step: 1, asked: 2, took_ms: 5, position: [0, 2] },
    { n: 2, step: 2, asked: 1, took_ms: 7, position: [3] },
  ]);
  const { rows: steps } = await db.query('select done::text from job_step order by no');
  expect(steps.map((step) => step.done)).toEqual(['101', '10']);
});
