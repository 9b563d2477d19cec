import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import type { BookingRow } from '../../server/domain/booking/booking-rows.ts';
import type { Batch, BookingStore } from '../../server/domain/booking/booking-store.ts';
import { openBookingStore } from '../../server/domain/booking/postgres-booking-store.ts';
import type { Cabin, Payment, Refund } from './model-record.ts';
import type { ModelStore, Verbs } from './model-store.ts';
import type { Twin } from './recorder.ts';
import { demand } from './violation.ts';

/**
 * Postgres with a clock that we set: `sim` stands before `pg_catalog` in the search path, so that the
 * functions of the engine, which are not changed in any way, find our `now` instead of their own.
 */
const setupSql = `
  create schema if not exists sim;
  create table if not exists sim.clock (at timestamptz(3) not null);
  insert into sim.clock select '2026-01-01Z' where not exists (select from sim.clock);
  create or replace function sim.now() returns timestamptz language sql stable as 'select at from sim.clock';
  create or replace function sim.clock_timestamp() returns timestamptz language sql stable as 'select at from sim.clock';
  alter table payment alter column created_at set default sim.now();
  alter table refund alter column created_at set default sim.now();
  insert into carrier (code, name) values ('QX', 'Simulated') on conflict do nothing;
  insert into place (code, kind, name, city, city_code, country, latitude, longitude, zone)
    select code, 'airport', code, code, null, 'US', 0, 0, 'UTC' from unnest(array['JFK', 'LHR']) u (code)
    on conflict do nothing`;

const millis = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;

/** The record itself, doing each step of a history at the history's own time. */
export async function openPostgresTwin(databaseUrl: string): Promise<PostgresTwin> {
  const admin = new pg.Client(databaseUrl);
  await admin.connect();
  await admin.query(setupSql);
  const { rows } = await admin.query<{ name: string }>('select current_database() as name');
  await admin.query(`alter database "${rows[0]?.name}" set search_path = sim, public, pg_catalog`);
  // Earlier histories may have left cabins there.
  const { rows: left } = await admin.query<{ id: number }>('select coalesce(max(id), 0) as id from cabin');
  await admin.end();
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  // The database goes with the test that made it.
  pool.on('error', () => undefined);
  return new PostgresTwin(pool, openBookingStore(pool, databaseUrl), (left[0]?.id ?? 0) + 1);
}

class PostgresTwin implements Twin {
  /** The first number that no cabin has. */
  readonly cabinIdFrom: number;
  readonly #pool: pg.Pool;
  readonly #store: BookingStore & { close(): Promise<void> };
  #setTo = 0;
  #now: () => number = () => 0;

  constructor(pool: pg.Pool, store: BookingStore & { close(): Promise<void> }, cabinIdFrom: number) {
    this.cabinIdFrom = cabinIdFrom;
    this.#pool = pool;
    this.#store = store;
  }

  begin(now: () => number): void {
    this.#now = now;
  }

  async close(): Promise<void> {
    await this.#store.close();
    await this.#pool.end();
  }

  async #at(): Promise<void> {
    const now = this.#now();
    if (now === this.#setTo) return;
    this.#setTo = now;
    await this.#query('update sim.clock set at = to_timestamp($1::float8 / 1000)', [now]);
  }

  #query<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<pg.QueryResult<Row>> {
    return this.#pool.query<Row>(text, values);
  }

  async addCabin(cabin: Cabin): Promise<void> {
    await this.#query(
      `insert into flight (id, carrier, number, origin, destination, departs_at, arrives_at, departs_at_utc, arrives_at_utc)
       values ($1, 'QX', '1', 'JFK', 'LHR', '2026-01-01T10:00', '2026-01-01T22:00', to_timestamp($2::float8 / 1000),
         to_timestamp($2::float8 / 1000) + interval '7 hours') on conflict do nothing`,
      [cabin.flightId, cabin.departsAt],
    );
    await this.#query(
      `insert into cabin (id, flight_id, cabin, target_capacity, capacity, price_amount, price_currency, departs_at_utc)
       values ($1, $2, $3, $4, $4, $5, $6, to_timestamp($7::float8 / 1000))`,
      [cabin.id, cabin.flightId, cabin.cabin, cabin.target, cabin.price, cabin.currency, cabin.departsAt],
    );
  }

  async perform<V extends keyof Verbs>(verb: V, given: Parameters<Verbs[V]>): Promise<ReturnType<Verbs[V]>> {
    await this.#at();
    const own = verb === 'refunded' ? await this.#withOwnRefunds(given) : given;
    const act = this.#store[verb] as (...given: unknown[]) => Promise<ReturnType<Verbs[V]>>;
    return act(...own);
  }

  /** The model knows a refund by its payment; here it has an id of its own. */
  async #withOwnRefunds(given: unknown[]): Promise<unknown[]> {
    const [batchId, refunds] = given as Parameters<Verbs['refunded']>;
    const payments = refunds.map(({ id }) => id.slice('refund of '.length));
    const { rows } = await this.#query<{ id: string; payment: string }>(
      'select id, payment_id as payment from refund where payment_id = any($1::uuid[])',
      [payments],
    );
    const ids = new Map(rows.map(({ id, payment }) => [payment, id]));
    return [batchId, refunds.map((refund, place) => ({ ...refund, id: ids.get(payments[place] as string) }))];
  }

  async editCabin(cabin: Cabin, { target = null, price = null }: { target?: number | null; price?: number | null }) {
    await this.#query(
      `update cabin set target_capacity = coalesce($2::int4, target_capacity),
         capacity = greatest(coalesce($2::int4, target_capacity), held + sold),
         price_amount = coalesce($3::int8, price_amount), version = version + 1 where id = $1`,
      [cabin.id, target, price],
    );
  }

  async setFlightState(flightId: string, state: Cabin['state']): Promise<void> {
    await this.#query('update flight set state = $2 where id = $1', [flightId, state]);
    await this.#query('update cabin set state = $2, version = version + 1 where flight_id = $1', [flightId, state]);
  }

  async claim(payments: Payment[], refunds: Refund[], againMs: number): Promise<void> {
    const again = this.#now() + againMs;
    for (const [table, key, ids] of [
      ['payment', 'id', payments.map((each) => each.id)],
      ['refund', 'payment_id', refunds.map((each) => each.paymentId)],
    ] as const) {
      const claimed = await this.#query(
        `update ${table} set next_call_at = to_timestamp($2::float8 / 1000)
         where ${key} = any($1::uuid[]) and next_call_at <= to_timestamp($3::float8 / 1000)::timestamptz(3)`,
        [ids, again, this.#now()],
      );
      demand(claimed.rowCount === ids.length, 'both stores decide alike', () => {
        return `${ids.length} rows of ${table} are due, in Postgres ${claimed.rowCount}`;
      });
    }
  }

  async markVoided(paymentId: string): Promise<void> {
    await this.#query(
      `update payment set status = 'voided', next_call_at = null where id = $1 and status = 'voiding'`,
      [paymentId],
    );
  }

  compare(verb: keyof Verbs, given: unknown[], ours: unknown, theirs: unknown): void {
    const [a, b] = [ours, theirs].map((answer) => comparable(verb, answer));
    demand(isDeepStrictEqual(a, b), 'both stores decide alike', () => {
      return `${verb} ${JSON.stringify(given)}\n  model    ${JSON.stringify(a)}\n  Postgres ${JSON.stringify(b)}`;
    });
  }

  async compareRows(model: ModelStore): Promise<void> {
    const { record } = model;
    const ids = [...record.bookings.keys()];
    const cabinIds = [...record.cabins.values()].map((each) => each.id);
    const same = async (what: string, ours: unknown[][], sql: string, values: unknown[]) => {
      const { rows } = await this.#pool.query<unknown[]>({ text: sql, values, rowMode: 'array' });
      const [a, b] = [ours, rows].map((each) => each.map((row) => JSON.stringify(row)).sort());
      demand(isDeepStrictEqual(a, b), 'both stores keep the same rows', () => {
        return `${what}\n  model    ${a?.join(' ')}\n  Postgres ${b?.join(' ')}`;
      });
    };
    await same(
      'cabins',
      [...record.cabins.values()].map((c) => [c.id, c.target, c.capacity, c.held, c.sold, c.price, c.state, c.version]),
      `select id, target_capacity, capacity, held, sold, price_amount::float8, state, version from cabin where id = any($1)`,
      [cabinIds],
    );
    await same(
      'bookings',
      [...record.bookings.values()].map((b) => [b.id, b.actor, b.status, b.version, b.price, b.locator, b.reason]),
      'select id, actor, status, version, price_amount::float8, locator, reason from booking where id = any($1)',
      [ids],
    );
    await same(
      'legs',
      [...record.bookings.values()].flatMap((b) =>
        b.legs.map((l, place) => [b.id, place + 1, l.flightId, l.cabinId, l.quantity, l.price]),
      ),
      `select booking_id, position, flight_id, cabin_id, quantity, price_amount::float8
       from booking_leg where booking_id = any($1)`,
      [ids],
    );
    await same(
      'ledger',
      record.ledger.map((r) => [r.cabin.id, r.version, r.booking.id, r.kind, r.dHeld, r.dSold]),
      'select cabin_id, version, booking_id, kind, d_held, d_sold from ledger where cabin_id = any($1)',
      [cabinIds],
    );
    await same(
      'log',
      record.log.map((r) => [r.booking.id, r.type, r.version, r.status]),
      `select subject, type, version, data ->> 'status' from outbox where subject = any($1)`,
      [ids],
    );
    await same(
      'payments',
      [...record.payments.values()].map((p) => [p.id, p.bookingId, p.amount, p.status, p.nextCallAt]),
      `select id, booking_id, amount::float8, status, ${millis('next_call_at')} from payment where booking_id = any($1)`,
      [ids],
    );
    await same(
      'refunds',
      [...record.refunds.values()].map((r) => [r.paymentId, r.bookingId, r.amount, r.status, r.nextCallAt]),
      `select payment_id, booking_id, amount::float8, status, ${millis('next_call_at')} from refund where booking_id = any($1)`,
      [ids],
    );
    await same(
      'quotes',
      [...record.quotes].map(([id, q]) => [id, q.quoteId, q.refund, q.penalty, q.expiresAt]),
      `select booking_id, quote_id, refund_amount::float8, penalty_amount::float8, ${millis('expires_at')}
       from cancel_quote where booking_id = any($1)`,
      [ids],
    );
  }
}

/** An answer without what is nobody's promise: the order of cabins, and which of several refunds is shown. */
function comparable(verb: keyof Verbs, answer: unknown): unknown {
  if (answer === undefined) return null;
  const value = JSON.parse(JSON.stringify(answer)) as unknown;
  switch (verb) {
    case 'due':
    case 'stranded':
      return (value as string[]).sort();
    case 'hoursToDeparture':
      return Math.round((value as number) * 3_600_000);
    case 'read': {
      const { refund: _, ...row } = value as BookingRow;
      return row;
    }
    case 'known':
    case 'saveQuote':
    case 'seal':
    case 'untilDecided':
      return value;
    default: {
      const batch = value as Batch<unknown>;
      return { ...batch, truths: batch.truths.sort((a, b) => a.cabinId - b.cabinId) };
    }
  }
}
