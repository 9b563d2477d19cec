import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../server/app.ts';
import { newId } from '../../shared/ids.ts';
import { openScene, type Scene } from '../support/scene.ts';

/** How full the flight is; more than any aircraft carries, so that the work has a middle. */
const size = Number(process.env.CANCELLED_BOOKINGS ?? 10_000);
const price = 20_000;

// Of ten bookings five are confirmed, four held, one is being paid for (every other of these will be declined).
const fillSql = `
  with made as (
    insert into booking (id, actor, body_hash, status, seats, price_amount, price_currency, hold_expires_at, locator,
      leg_cabins, leg_prices, leg_versions)
    select gen_random_uuid(), $2, '\\x00', case when n % 10 < 5 then 'confirmed' when n % 10 < 9 then 'held' else 'paying' end,
      1, ${price}, 'USD', now() + interval '1 hour',
      case when n % 10 < 5 or n % 10 = 9 then translate(lpad(to_hex(n), 6, 'Q'), '01abcdef', 'ZYABCDEF') end,
      array[c.id], array[${price}], array[2]
    from generate_series(1, $3::int) n, cabin c where c.flight_id = $1 returning id, status
  ), holds as (
    insert into ledger_hold (cabin_id, version, bookings, seats)
    select c.id, 2, array_agg(m.id), array_agg(1::int2) from made m, cabin c where c.flight_id = $1 group by c.id
  ), confirms as (
    insert into ledger_move (cabin_id, version, booking_id, kind, d_held, d_sold)
    select c.id, 3, m.id, 'confirm', -1, 1 from made m, cabin c where c.flight_id = $1 and m.status = 'confirmed'
  ), payments as (
    insert into payment (id, booking_id, provider, amount, currency, status, method)
    select gen_random_uuid(), m.id, 'mock', ${price}, 'USD', case m.status when 'paying' then 'pending' else 'succeeded' end,
      case when row_number() over (partition by m.status) % 2 = 0 then 'approve' else 'decline' end
    from made m where m.status <> 'held'
  )
  update cabin set version = 3, held = (select count(*) from made where status <> 'confirmed'),
    sold = (select count(*) from made where status = 'confirmed') where flight_id = $1`;

describe('a full flight is cancelled', () => {
  let scene: Scene;
  let flightId: string;
  beforeAll(async () => {
    // The server that is asked does no work in the background; workers come and go.
    scene = await openScene({ AIRSIDE_ROLE: 'web' });
    flightId = (await scene.flight({ seats: size })).id;
    await scene.db.query(fillSql, [flightId, newId(), size]);
    expect(await scene.drift()).toBe(0);
  });
  afterAll(async () => {
    await scene.close();
  });
  const worker = (): Promise<App> => scene.server.startAnother({ AIRSIDE_ROLE: 'worker' });
  const one = async (sql: string): Promise<number> => (await scene.db.query<{ n: number }>(sql)).rows[0]?.n as number;
  const taken = () => one(`select (held + sold)::int as n from cabin where flight_id = '${flightId}'`);
  const toRefund = () => one(`select count(*)::int as n from refund where status = 'pending'`);
  /** As if the machine of whoever works had gone: every statement and transaction under way dies. */
  const cutEverybody = () =>
    scene.db.query(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'airside' and pid <> pg_backend_pid()`);

  it('[FLIGHT-10] whoever dies over it, every booking ends once and all the money goes back once', {
    timeout: 120_000,
  }, async () => {
    const startedAt = performance.now();
    await scene.operator.trpc.admin.flights.remove.mutate({ flightId, expectedVersion: 1 });
    expect(await taken()).toBe(size);

    let crew = await worker();
    // Twice in the middle everything is torn off, and the worker replaced.
    for (const left of [0.8, 0.5]) {
      await expect.poll(taken, { timeout: 60_000, interval: 5 }).toBeLessThan(size * left);
      await cutEverybody();
      await crew.stop();
      crew = await worker();
    }
    // Only those that are being paid for are left: nobody takes their seats before their money has spoken.
    await expect.poll(taken, { timeout: 60_000, interval: 20 }).toBe(size / 10);
    await crew.stop();

    // Two workers from here on.
    const [first, second] = await Promise.all([worker(), worker()]);
    await scene.db.query(`update payment set next_call_at = now() where status = 'pending'`);
    await expect.poll(taken, { timeout: 60_000, interval: 20 }).toBe(0);
    await expect.poll(toRefund, { timeout: 60_000, interval: 20 }).toBe(0);
    await Promise.all([first.stop(), second.stop()]);

    const { rows } = await scene.db.query(
      'select status, count(*)::int as n from booking group by status order by status',
    );
    expect(rows).toEqual([
      { status: 'cancelled', n: size * 0.4 },
      { status: 'failed', n: size * 0.05 },
      { status: 'refunded', n: size * 0.55 },
    ]);
    const { rows: money } = await scene.db.query(`
      select (select count(*)::int from refund) as refunds,
        (select sum(amount)::int from payment where status = 'succeeded') as captured,
        (select sum(amount)::int from refund where status = 'succeeded') as refunded`);
    expect(money[0]).toEqual({ refunds: size * 0.55, captured: size * 0.55 * price, refunded: size * 0.55 * price });
    // Each was told once of each state it came to.
    expect(
      await one(`select count(*)::int as n from (
        select from outbox where type like 'booking.%' group by subject, type having count(*) > 1) twice`),
    ).toBe(0);
    expect(await scene.drift()).toBe(0);
    expect(await scene.operator.trpc.admin.seats.replay.query()).toMatchObject({ drift: 0, findings: [] });
    console.info(`${size} bookings in ${Math.round(performance.now() - startedAt)} ms`);
  });
});
