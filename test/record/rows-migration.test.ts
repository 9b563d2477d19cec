import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../shared/ids.ts';
import { databaseBefore } from '../support/database-before.ts';

let before: Awaited<ReturnType<typeof databaseBefore>>;
let db: pg.Client;
beforeAll(async () => {
  before = await databaseBefore('0023_rows_of_a_hold.sql', `test_${process.pid}_rows`);
  db = before.db;
});
afterAll(() => before.drop());

test('[RECORD-11] legs and ledger read the same after the migration that gives a hold one row', async () => {
  const [there, back, one, two, old] = Array.from({ length: 5 }, () => newId()) as [
    string,
    string,
    string,
    string,
    string,
  ];
  // Carriers and airports are of no matter here.
  await db.query('set session_replication_role = replica');
  for (const [id, flight] of [there, back].entries()) {
    await db.query(
      `insert into flight (id, carrier, number, origin, destination, departs_at, arrives_at, departs_at_utc, arrives_at_utc)
       values ($1, 'QX', $2, 'JFK', 'LHR', '2027-03-01T10:00', '2027-03-01T22:00', '2027-03-01T15:00Z', '2027-03-01T22:00Z')`,
      [flight, String(id + 1)],
    );
    await db.query(
      `insert into cabin (flight_id, cabin, target_capacity, capacity, price_amount, price_currency, departs_at_utc)
       values ($1, 'economy', 9, 9, 45000, 'USD', '2027-03-01T15:00Z')`,
      [flight],
    );
  }
  for (const [id, seats, status] of [
    [one, 1, 'held'],
    [two, 2, 'confirmed'],
    [old, 1, 'expired'],
  ]) {
    await db.query(
      `insert into booking (id, actor, body_hash, status, seats, price_amount, price_currency, hold_expires_at, created_at)
       values ($1, $1, '\\x00', $3, $2, 45000, 'USD', now(), '2027-01-01T10:00Z')`,
      [id, seats, status],
    );
  }
  // Two bookings of one call, one of them there and back; and an older one.
  await db.query(
    `insert into booking_leg (booking_id, position, flight_id, cabin_id, cabin, quantity, price_amount) values
       ($3, 1, $1, 1, 'economy', 1, 45000), ($4, 1, $2, 2, 'economy', 2, 40000), ($4, 2, $1, 1, 'economy', 2, 45000),
       ($5, 1, $1, 1, 'economy', 1, 30000)`,
    [there, back, one, two, old],
  );
  await db.query(
    `insert into ledger (cabin_id, version, booking_id, kind, d_held, d_sold, at) values
       (1, 2, $3, 'hold', 1, 0, '2027-01-01T09:00Z'), (1, 3, $3, 'release', -1, 0, '2027-01-01T09:30Z'),
       (1, 4, $1, 'hold', 1, 0, '2027-01-01T10:00Z'), (1, 4, $2, 'hold', 2, 0, '2027-01-01T10:00Z'),
       (2, 2, $2, 'hold', 2, 0, '2027-01-01T10:00Z'), (1, 5, $2, 'confirm', -2, 2, '2027-01-01T10:01Z'),
       (2, 3, $2, 'confirm', -2, 2, '2027-01-01T10:01Z')`,
    [one, two, old],
  );
  const legs = 'select * from booking_leg order by booking_id, position';
  const ledger = 'select * from ledger order by cabin_id, version, booking_id';
  const byCabin = `
    select cabin_id, booking_id, position, flight_id, cabin, quantity, price_amount from booking_leg order by 1, 2, 3`;
  const told = [(await db.query(legs)).rows, (await db.query(ledger)).rows, (await db.query(byCabin)).rows];
  await before.migrate();
  expect((await db.query(legs)).rows).toEqual(told[0]);
  expect((await db.query(ledger)).rows).toEqual(told[1]);
  expect((await db.query(byCabin.replace('booking_leg', 'cabin_leg'))).rows).toEqual(told[2]);
  const { rows: calls } = await db.query(
    'select cabin_id, version, cardinality(bookings) as n from ledger_hold order by 1, 2',
  );
  expect(calls).toEqual([
    { cabin_id: 1, version: 2, n: 1 },
    { cabin_id: 1, version: 4, n: 2 },
    { cabin_id: 2, version: 2, n: 1 },
  ]);
  const { rows: versions } = await db.query('select leg_versions from booking where id = $1', [two]);
  expect(versions).toEqual([{ leg_versions: [2, 4] }]);
});
