import { initTRPC } from '@trpc/server';
import pg from 'pg';
import superjson from 'superjson';
import { type HoldInput, holdInput } from '../../../shared/booking.ts';
import { type StockContext, startStockServer } from '../stock-server.ts';

// How a hold is written by the book: a transaction a request, the cabin's row locked while it lasts. Each statement is
// prepared once a connection. Same tables, same stock adapter as the echo, the server's own input schema.

const t = initTRPC.context<StockContext>().create({ transformer: superjson });
const connectionString = process.env.DATABASE_URL as string;
const actor = '00000000-0000-7000-8000-000000000001';
const noHash = Buffer.alloc(32);

const statement = (name: string, text: string) => (values: unknown[]) => ({ name, text, values });
const begin = statement('begin', 'begin');
const commit = statement('commit', 'commit');
const rollback = statement('rollback', 'rollback');
const lock = statement(
  'lock',
  `select id, target_capacity - held - sold as free, version, price_amount::float8 as amount, price_currency as currency
   from cabin where flight_id = $1 and cabin = $2 for update`,
);
const addBooking = statement(
  'booking',
  `insert into booking (id, actor, body_hash, status, seats, price_amount, price_currency, hold_expires_at,
     leg_cabins, leg_prices, leg_versions)
   values ($1, $2, $3, 'held', $4, $5, $6, now() + interval '1 day', array[$7::int4], array[$8::int8], array[$9::int4])
   returning hold_expires_at as "expiresAt"`,
);
const addLedger = statement(
  'ledger',
  `insert into ledger_hold (cabin_id, version, bookings, seats) values ($1, $2, array[$3::uuid], array[$4::int2])`,
);
const take = statement('take', 'update cabin set held = held + $2, version = version + 1 where id = $1');

interface LockedCabin {
  id: number;
  free: number;
  version: number;
  amount: number;
  currency: string;
}

async function hold(pool: pg.Pool, input: HoldInput) {
  const client = await pool.connect();
  const seats = input.seats ?? 1;
  const [leg] = input.legs as [NonNullable<HoldInput['legs']>[number]];
  try {
    await client.query(begin([]));
    const { rows } = await client.query<LockedCabin>(lock([leg.flightId, leg.cabin]));
    const cabin = rows[0] as LockedCabin;
    if (cabin.free < seats) throw new Error('SOLD_OUT');
    const total = cabin.amount * seats;
    const booked = await client.query<{ expiresAt: Date }>(
      addBooking([
        ...[input.id, actor, noHash, seats, total, cabin.currency],
        ...[cabin.id, cabin.amount, cabin.version + 1],
      ]),
    );
    await client.query(addLedger([cabin.id, cabin.version + 1, input.id, seats]));
    await client.query(take([cabin.id, seats]));
    await client.query(commit([]));
    return {
      id: input.id,
      status: 'held',
      legs: input.legs,
      seats,
      price: { amount: total, currency: cabin.currency },
      holdExpiresAt: (booked.rows[0] as { expiresAt: Date }).expiresAt.toISOString(),
    };
  } catch (error) {
    await client.query(rollback([]));
    throw error;
  } finally {
    client.release();
  }
}

/** A procedure a size of the pool: how many transactions queue at the row decides how it fares. */
const withPool = (max: number) => {
  const pool = new pg.Pool({ connectionString, max, application_name: `textbook-${max}` });
  pool.on('error', () => undefined);
  return t.procedure.input(holdInput).mutation(({ input }) => hold(pool, input));
};

await startStockServer(t.router({ hold4: withPool(4), hold8: withPool(8), hold16: withPool(16) }));
