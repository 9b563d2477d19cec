import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { dumpSchema, schemaFile } from '../../scripts/schema-dump.ts';
import { writeFlights } from '../../server/domain/inventory/write-flights.ts';
import { entities } from '../../server/entities.ts';
import { migrate } from '../../server/platform/postgres/migrate.ts';
import { type Orm, openOrm } from '../../server/platform/postgres/orm.ts';
import { newId } from '../../shared/ids.ts';
import { createDatabase, createTestDatabase } from '../support/test-database.ts';

const open = (url: string): Promise<{ orm: Orm; pool: pg.Pool }> =>
  openOrm({ url, poolSize: 3, entities, onPoolError: () => undefined });

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let orm: Orm;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ orm, pool } = await open(database.url));
});
afterAll(async () => {
  await orm.close(true);
  await database.drop();
});

describe('the migrations', () => {
  test('[RECORD-1] make the schema that migrations/schema.sql shows', async () => {
    expect(await dumpSchema(pool)).toBe(readFileSync(schemaFile, 'utf8'));
  });

  test('[RECORD-1] the dump tells of tables, defaults, generated columns, constraints, indexes, triggers, options', () => {
    const text = readFileSync(schemaFile, 'utf8');
    for (const part of [
      'create table cabin (',
      'held integer default 0 not null',
      'generated always as ("left"((departs_at)::text, 10)) stored',
      'constraint cabin_no_overbooking_ck CHECK (((held + sold) <= capacity))',
      'CREATE INDEX flight_market_idx',
      'CREATE TRIGGER cabin_touch',
      'with (autovacuum_vacuum_scale_factor=0.02, fillfactor=50)',
      'FUNCTION public.touch_updated_at()',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('[RECORD-2] leave nothing that the entities would change', async () => {
    // Triggers and functions are the migrations' alone: the ORM knows only such as it makes itself, and would drop ours.
    orm.config.set('schemaGenerator', {
      ...orm.config.get('schemaGenerator'),
      ignoreTriggers: true,
      ignoreRoutines: true,
    });
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
  });

  test('[RECORD-3] have nothing left to do the second time', async () => {
    expect(await migrate(orm, pool)).toEqual([]);
  });

  test.each([1, 2, 3])('[RECORD-3] are run once when several processes start at once (round %i)', async (round) => {
    const name = `test_${process.pid}_migrate_${round}`;
    const url = await createDatabase(inject('postgresUrl'), name);
    const starters = await Promise.all([open(url), open(url), open(url)]);
    try {
      const ran = await Promise.all(starters.map((each) => migrate(each.orm, each.pool)));
      expect(ran.filter((names) => names.length > 0)).toHaveLength(1);
      const [first] = starters;
      expect(await dumpSchema(first.pool)).toBe(readFileSync(schemaFile, 'utf8'));
      const { rows } = await first.pool.query('select name from schema_migration order by id');
      expect(rows.map((row) => row.name)).toEqual(ran.flat());
      expect((await first.pool.query('select from cluster')).rowCount).toBe(1);
    } finally {
      await Promise.all(starters.map((each) => each.orm.close(true)));
      const admin = new pg.Client(inject('postgresUrl'));
      await admin.connect();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    }
  });
});

describe('the record', () => {
  const flightId = newId();
  const bookingId = newId();
  const paymentId = newId();

  beforeAll(async () => {
    await writeFlights(pool, [
      {
        id: flightId,
        carrier: 'QX',
        number: '1',
        origin: 'JFK',
        destination: 'LHR',
        departsAt: '2027-03-01T10:00',
        arrivesAt: '2027-03-01T22:00',
        departsAtUtc: Date.parse('2027-03-01T15:00Z'),
        arrivesAtUtc: Date.parse('2027-03-01T22:00Z'),
        cabins: [{ cabin: 'economy', capacity: 10, price: { amount: 45_000, currency: 'USD' } }],
      },
    ]);
    await pool.query(
      `insert into booking (id, actor, body_hash, status, seats, price_amount, price_currency, hold_expires_at, leg_cabins, leg_prices, leg_versions)
       values ($1, $2, '\\x00', 'held', 1, 45000, 'USD', now(), '{1}', '{45000}', '{2}')`,
      [bookingId, newId()],
    );
    await pool.query(`insert into record_locator values ('ABCDEF', $1)`, [bookingId]);
    await pool.query(`insert into passenger values ($1, 1, 'adult', 'Ada', 'Lovelace', null, null)`, [bookingId]);
    await pool.query(`insert into cancel_quote values ($1, $2, 45000, 0, now())`, [bookingId, newId()]);
    await pool.query(
      `insert into ledger_hold (cabin_id, version, bookings, seats) values (1, 2, array[$1::uuid], '{1}')`,
      [bookingId],
    );
    await pool.query(
      `insert into ledger_move (cabin_id, version, booking_id, kind, d_held, d_sold) values (1, 3, $1, 'release', -1, 0)`,
      [bookingId],
    );
    await pool.query(
      `insert into payment (id, booking_id, provider, amount, currency) values ($1, $2, 'mock', 45000, 'USD')`,
      [paymentId, bookingId],
    );
    await pool.query(
      `insert into refund (id, payment_id, booking_id, amount, currency) values ($1, $2, $3, 45000, 'USD')`,
      [newId(), paymentId, bookingId],
    );
    await pool.query(
      `insert into job (id, actor, body_hash, providers, ask, plan, total, open_steps)
       values ($1, $2, '\\x00', '[]', '{}', '{}', 1, 1)`,
      [newId(), newId()],
    );
    await pool.query(`insert into job_step (job, no, provider, first, last) values (1, 1, 'simulator', 0, 1)`);
    await pool.query(
      `insert into job_chunk values (1, 1, 1, 'simulator', 1, 1, now(), '{JFKLHR}', '{empty}', '{none}', '{null}', '{null}',
         '{null}', '{null}', '{null}', '{unknown}', '{0}', '{1}', '{20000}', '{null}', '{1}', '{null}', '{null}', '{0}')`,
    );
    await pool.query(`insert into fare_family (digest, brands) values ('\\x00', '[]')`);
    await pool.query(`insert into price_difference values ($1, 'hold', 'guaranteed', 1, 2, 1, 'USD')`, [bookingId]);
    await pool.query(`insert into app_user (id, role) values ($1, 'traveller')`, [newId()]);
    await pool.query(`insert into operator_key (id, name, digest, scopes) values ($1, 'one', '\\x00', '{read}')`, [
      newId(),
    ]);
    await pool.query(
      `insert into price_alert (id, actor, body_hash, origin, destination, cabin, trip, depart_from, depart_to, kind, amount,
         currency) values ($1, $1, '\\x00', 'JFK', 'LHR', 'economy', 'one_way', '2027-03-01', '2027-03-02', 'target', 1, 'USD')`,
      [newId()],
    );
    await pool.query(`insert into alert_delivery (alert_id, crossing, channel, payload) values ($1, 1, 'mail', '{}')`, [
      newId(),
    ]);
    await pool.query(
      `insert into price_observation values ('x', 'JFK', 'LHR', 'economy', 'one_way', 'USD', '2027-03-01', '2027-01-01', 1, 1, 1, now())`,
    );
    await pool.query(`insert into schedule_import (id, format, findings) values ($1, 'ssim', '{}')`, [flightId]);
    await pool.query(
      `insert into schedule_change (import_id, position, kind, flight_id) values ($1, 1, 'created', $1)`,
      [flightId],
    );
    await pool.query(
      `insert into connection_time (arrival_airport, departure_airport, minutes) values ('JFK', 'JFK', 60)`,
    );
  });

  /** Each CHECK, and a change that nothing else would stop. */
  const refused: [constraint: string, change: string][] = [
    ['alert_delivery_channel_check', `update alert_delivery set channel = 'pigeon'`],
    ['alert_delivery_status_check', `update alert_delivery set status = 'lost'`],
    ['app_user_email_ck', `update app_user set email = 'Ada@example.org'`],
    ['app_user_role_check', `update app_user set role = 'admin'`],
    ['booking_currency_ck', `update booking set price_currency = 'usd'`],
    ['booking_price_ck', `update booking set price_amount = -1`],
    ['booking_seats_ck', `update booking set seats = 10`],
    ['booking_status_check', `update booking set status = 'lost'`],
    ['booking_legs_ck', `update booking set leg_prices = '{}'`],
    ['cabin_cabin_check', `update cabin set cabin = 'steerage'`],
    ['cabin_capacity_ck', `update cabin set target_capacity = 1000001, capacity = 1000001`],
    ['cabin_currency_ck', `update cabin set price_currency = 'US'`],
    ['cabin_held_ck', `update cabin set held = -1`],
    ['cabin_ladder_ck', `update cabin set ladder = array_fill(0, array[18])`],
    ['cabin_no_overbooking_ck', `update cabin set held = 6, sold = 5`],
    ['cabin_price_ck', `update cabin set price_amount = -1`],
    ['cabin_sold_ck', `update cabin set sold = -1`],
    ['cabin_state_check', `update cabin set state = 'departed'`],
    ['cabin_target_ck', `update cabin set capacity = 9`],
    ['cancel_quote_money_ck', `update cancel_quote set penalty_amount = -1`],
    ['carrier_code_ck', `insert into carrier (code, name) values ('99', 'two digits')`],
    ['carrier_alliance_check', `update carrier set alliance = 'star'`],
    ['connection_time_minutes_ck', `update connection_time set minutes = 1441`],
    ['connection_time_status_ck', `update connection_time set status = 'DX'`],
    ['cluster_demo_until_ck', `update cluster set demo_until = 'tomorrow'`],
    ['cluster_one_ck', `insert into cluster (one) values (2)`],
    ['fare_family_brands_ck', `update fare_family set brands = '{}'`],
    ['flight_arrives_at_ck', `update flight set arrives_at = '2027-03-01 22:00'`],
    ['flight_departs_at_ck', `update flight set departs_at = '2027-13-01T10:00'`],
    ['flight_departs_at_ck', `update flight set departs_at = '2027-03-01T10.00'`],
    ['flight_number_ck', `update flight set number = '1AB'`],
    ['flight_route_ck', `update flight set destination = origin`],
    ['flight_state_check', `update flight set state = 'departed'`],
    ['flight_times_ck', `update flight set arrives_at_utc = departs_at_utc`],
    ['job_counts_ck', `update job set done = 1`],
    ['job_chunk_columns_ck', `update job_chunk set price = '{}'`],
    ['job_chunk_outcome_ck', `update job_chunk set answer_outcome = '{maybe}'`],
    ['job_status_check', `update job set status = 'lost'`],
    ['job_step_range_ck', `update job_step set last = first`],
    ['ledger_hold_lists_ck', `update ledger_hold set seats = '{1,1}'`],
    ['ledger_move_kind_check', `update ledger_move set kind = 'steal'`],
    ['log_horizon_one_ck', `insert into log_horizon (one) values (2)`],
    ['passenger_born_on_ck', `update passenger set born_on = '1990-00-01'`],
    ['passenger_type_check', `update passenger set type = 'dog'`],
    ['payment_amount_ck', `update payment set amount = -1`],
    ['payment_currency_ck', `update payment set currency = 'us1'`],
    ['payment_status_check', `update payment set status = 'maybe'`],
    ['place_city_code_ck', `update place set city_code = 'nyc' where code = 'JFK'`],
    ['place_code_ck', `insert into place select 'J1K', kind, name, city, null, country, 0, 0, zone from place limit 1`],
    ['place_country_ck', `update place set country = 'U1' where code = 'JFK'`],
    ['place_kind_check', `update place set kind = 'harbour' where code = 'JFK'`],
    ['place_latitude_ck', `update place set latitude = 90.1 where code = 'JFK'`],
    ['place_longitude_ck', `update place set longitude = -180.1 where code = 'JFK'`],
    ['price_alert_amount_ck', `update price_alert set amount = -1`],
    ['price_alert_cabin_check', `update price_alert set cabin = 'steerage'`],
    ['price_alert_dates_ck', `update price_alert set depart_to = '2027-02-28'`],
    ['price_alert_kind_check', `update price_alert set kind = 'hunch'`],
    ['price_alert_trip_check', `update price_alert set trip = 'there'`],
    ['price_observation_amount_ck', `update price_observation set least_amount = 2`],
    ['price_observation_cabin_check', `update price_observation set cabin = 'steerage'`],
    ['price_observation_trip_check', `update price_observation set trip = 'there'`],
    ['record_locator_code_ck', `update record_locator set code = 'ABC10O'`],
    ['price_difference_money_ck', `update price_difference set now_amount = was_amount`],
    ['price_difference_reason_check', `update price_difference set reason = 'mood'`],
    ['price_difference_stage_check', `update price_difference set stage = 'charge'`],
    ['refund_amount_ck', `update refund set amount = 0`],
    ['refund_currency_ck', `update refund set currency = '1SD'`],
    ['refund_status_check', `update refund set status = 'failed'`],
    ['schedule_change_kind_check', `update schedule_change set kind = 'moved'`],
    ['schedule_change_outcome_check', `update schedule_change set outcome = 'lost'`],
    ['schedule_import_done_ck', `update schedule_import set done = 1`],
    ['schedule_import_format_check', `update schedule_import set format = 'places'`],
    ['schedule_import_status_check', `update schedule_import set status = 'half'`],
  ];

  test.each(refused)('[RECORD-4] %s refuses: %s', async (constraint, change) => {
    await expect(pool.query(change)).rejects.toMatchObject({ code: '23514', constraint });
  });

  test('[RECORD-4] no CHECK is left untried', async () => {
    const { rows } = await pool.query<{ name: string }>(
      `select conname as name from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace`,
    );
    expect([...new Set(refused.map(([name]) => name))].sort()).toEqual(rows.map((row) => row.name).sort());
  });

  test.each([
    [
      'cabin_flight_cabin_uq',
      `insert into cabin (flight_id, cabin, target_capacity, capacity, price_amount, price_currency, departs_at_utc) select flight_id, cabin, 1, 1, 1, 'USD', now() from cabin`,
    ],
    [
      'ledger_move_pkey',
      `insert into ledger_move (cabin_id, version, booking_id, kind, d_held, d_sold)
       select cabin_id, 4, booking_id, kind, -1, 0 from ledger_move`,
    ],
    [
      'refund_payment_uq',
      `insert into refund (id, payment_id, booking_id, amount, currency) select uuidv7(), payment_id, booking_id, 1, 'USD' from refund`,
    ],
    ['booking_pkey', `insert into booking select * from booking`],
    ['record_locator_pkey', `insert into record_locator select * from record_locator`],
  ])('[RECORD-4] %s refuses a second one', async (constraint, change) => {
    await expect(pool.query(change)).rejects.toMatchObject({ code: '23505', constraint });
  });

  test('[RECORD-5] every table with updated_at keeps it itself, whoever writes', async () => {
    const { rows: tables } = await pool.query<{ name: string; key: string }>(
      `select c.table_name as name,
         (select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
          where i.indrelid = c.table_name::regclass and i.indisprimary) as key
       from information_schema.columns c where c.table_schema = 'public' and c.column_name = 'updated_at' order by 1`,
    );
    expect(tables.length).toBeGreaterThan(6);
    for (const { name, key } of tables) {
      // Even a writer that sets it by hand gets the database's own time.
      const { rows, rowCount } = await pool.query<{ age: number }>(
        `update ${name} set updated_at = '2001-01-01' where ${key} = (select ${key} from ${name} limit 1)
         returning extract(epoch from now() - updated_at)::float8 as age`,
      );
      expect(rowCount, name).toBe(1);
      expect(Math.abs(rows[0]?.age ?? 1e9), name).toBeLessThan(1);
    }
  });
});
