import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { WebSocket } from 'ws';
import { startFaultProxy } from '../../scripts/stage/fault-proxy.ts';
import { connectRedis, flushRedis, keysOf } from '../../scripts/stage/whole-redis.ts';
import { type App, startApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { openBookingStore } from '../../server/domain/booking/postgres-booking-store.ts';
import { type Clock, systemClock } from '../../server/platform/runtime/clock.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import type { BookingView } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import { type Connected, connect, failureOf } from '../support/connect.ts';
import { startPgProxy } from '../support/pg-proxy.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';
import { leaseOfTheRun } from '../support/start-server.ts';

/**
 * The rows of docs/failures.md that need a server (or two) and one well-placed fault. A process that
 * stops at a pause point and never says anything again is a dead one, for everybody else.
 */
describe('the failure matrix', () => {
  let scene: Scene;
  const closings: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(async () => {
    expect(await scene.drift()).toBe(0);
    for (const close of closings.reverse()) await close();
    await scene.close();
  });

  /** Another process: with its own way to the engines, its own clock, or other work. */
  async function start(
    options: { databaseUrl?: string; redisUrl?: string; clock?: Clock; env?: Record<string, string> } = {},
  ): Promise<App> {
    const { env, clock, ...urls } = options;
    const config = readConfig({
      PORT: '0',
      AIRSIDE_DEMO: '0',
      AIRSIDE_ROLE: 'web',
      LOG_LEVEL: 'silent',
      RATE_LIMITS: '0',
      ...silentGateway,
      ...env,
    });
    const engines = { ...scene.server.engines, ...urls };
    const app = await startApp({
      config,
      engines,
      clock,
      lease: leaseOfTheRun,
      log: createLogger(config.LOG_LEVEL),
    });
    closings.push(app.stop);
    return app;
  }
  const at = (app: App): Connected => {
    const connected = connect(app.url, { token: scene.guest.token });
    closings.push(connected.close);
    return connected;
  };

  const holdWith = (who: Connected, flightId: string, id = newId(), seats = 1): Promise<BookingView> =>
    who.trpc.booking.hold.mutate({ id, legs: [{ flightId, cabin: 'economy' }], seats });
  const get = (id: string) => scene.guest.trpc.booking.get.query({ id });
  const seatsOf = async (flightId: string) => {
    const { rows } = await scene.db.query<{ held: number; sold: number; bookings: number }>(
      `select c.held, c.sold, (select count(*)::int from booking_leg l where l.cabin_id = c.id) as bookings
       from cabin c where c.flight_id = $1`,
      [flightId],
    );
    return rows[0] as { held: number; sold: number; bookings: number };
  };

  /** Whoever passes the point first stays there until released. */
  function stopOnce(point: string): { reached: Promise<void>; release: () => void } {
    let arrive = () => {};
    const reached = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const disarm = armPausePoint(point, () => {
      disarm();
      arrive();
      return released;
    });
    return { reached, release };
  }

  /** Answers once the flight's seats are seen to be so many, by somebody who watches at the other process. */
  function seen(flightId: string, available: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const watching = scene.guest.trpc.flights.onSeats.subscribe(
        { flightIds: [flightId] },
        {
          onData: ({ data }) => {
            if (data.cabins[0]?.available !== available) return;
            watching.unsubscribe();
            resolve();
          },
          onError: reject,
        },
      );
    });
  }

  it('[MATRIX-1] [MATRIX-2] a process ends before its statement: nothing is there, and the repeat elsewhere is the first', async () => {
    const flight = await scene.flight({ seats: 2 });
    const dying = at(await start());
    const stopped = stopOnce('lane.hold.before-call');
    const id = newId();
    const unheard = holdWith(dying, flight.id, id);
    await stopped.reached;
    expect(await seatsOf(flight.id)).toEqual({ held: 0, sold: 0, bookings: 0 });
    const held = await holdWith(scene.guest, flight.id, id);
    expect(held).toMatchObject({ status: 'held', version: 1 });
    // If it was only asleep: what it wakes up with is a repeat.
    stopped.release();
    expect(await unheard).toEqual(held);
    expect(await seatsOf(flight.id)).toEqual({ held: 1, sold: 0, bookings: 1 });
  });

  it('[MATRIX-3] the statement is ended in the middle: it is rolled back and made again, once', async () => {
    const flight = await scene.flight({ seats: 2 });
    const neighbour = await scene.db.connect();
    await neighbour.query('begin');
    await neighbour.query('select from cabin where flight_id = $1 for update', [flight.id]);
    const id = newId();
    const answer = holdWith(scene.guest, flight.id, id);
    let ended = 0;
    await expect
      .poll(
        async () => {
          const { rowCount } = await scene.db.query(
            `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
               and wait_event_type = 'Lock' and query like '%hold_seats%' and pid <> pg_backend_pid()`,
          );
          ended += rowCount ?? 0;
          return ended;
        },
        { interval: 2 },
      )
      .toBeGreaterThan(0);
    await neighbour.query('rollback');
    neighbour.release();
    expect(await answer).toMatchObject({ id, status: 'held', version: 1 });
    expect(await seatsOf(flight.id)).toEqual({ held: 1, sold: 0, bookings: 1 });
  });

  it('[MATRIX-4] a process ends after the commit and before it told anybody: others see it, and the repeat finds it', async () => {
    const flight = await scene.flight({ seats: 2 });
    const dying = at(await start());
    const stopped = stopOnce('lane.hold.after-call');
    const id = newId();
    const unheard = holdWith(dying, flight.id, id);
    await stopped.reached;
    await seen(flight.id, 1);
    const found = await holdWith(scene.guest, flight.id, id);
    expect(found).toMatchObject({ id, status: 'held', version: 1 });
    expect(await seatsOf(flight.id)).toEqual({ held: 1, sold: 0, bookings: 1 });
    stopped.release();
    expect(await unheard).toEqual(found);
  });

  it('[MATRIX-5] a process ends before it answers: the repeat is answered as the first would have been', async () => {
    const flight = await scene.flight({ seats: 2 });
    const dying = at(await start());
    const stopped = stopOnce('lane.hold.before-answer');
    const id = newId();
    const unheard = holdWith(dying, flight.id, id);
    await stopped.reached;
    await seen(flight.id, 1);
    const found = await holdWith(scene.guest, flight.id, id);
    stopped.release();
    expect(await unheard).toEqual(found);
    expect(await seatsOf(flight.id)).toEqual({ held: 1, sold: 0, bookings: 1 });
  });

  it('[MATRIX-6] the answer to a commit is lost on the line: the caller hears the truth all the same', async () => {
    const proxy = await startPgProxy(scene.server.engines.databaseUrl);
    const buyer = at(await start({ databaseUrl: proxy.url }));
    const flight = await scene.flight({ seats: 2 });
    // The lane has its connection by now: what is lost is an answer, and not the making of a connection.
    await holdWith(buyer, flight.id);
    const stopped = stopOnce('lane.hold.before-call');
    const id = newId();
    const answer = holdWith(buyer, flight.id, id);
    await stopped.reached;
    proxy.loseAnswers();
    stopped.release();
    // Committed, and nobody was told: only now may the line be whole again.
    await expect.poll(() => seatsOf(flight.id), { interval: 5 }).toEqual({ held: 2, sold: 0, bookings: 2 });
    proxy.heal();
    expect(await answer).toMatchObject({ id, status: 'held', version: 1 });
    expect(await seatsOf(flight.id)).toEqual({ held: 2, sold: 0, bookings: 2 });
    closings.push(proxy.close);
  });

  it('[WIRE-4] whoever comes while Postgres is away is told so, and may come again', async () => {
    const address = new URL(scene.server.engines.databaseUrl);
    const line = await startFaultProxy(Number(address.port));
    address.port = String(line.port);
    const app = await start({ databaseUrl: address.href });
    const { key } = await scene.operator.trpc.admin.keys.create.mutate({ name: 'the night shift', scopes: ['read'] });
    await line.stop();
    for (const who of [{ token: scene.guest.token }, { apiKey: key }]) {
      const late = connect(app.url, who);
      closings.push(late.close);
      const failure = await failureOf(late.trpc.booking.list.query({}));
      expect(failure).toMatchObject({ code: 'UNAVAILABLE', retryable: true, details: { errorId: expect.any(String) } });
    }
  });

  it.skipIf(process.env.TEST_REDIS === 'cluster')(
    '[MATRIX-7] Redis goes away, and is emptied: nobody is refused for it',
    async () => {
      const redisUrl = new URL(inject('redisUrl'));
      const line = await startFaultProxy(Number(redisUrl.port));
      redisUrl.port = String(line.port);
      const app = await start({ redisUrl: redisUrl.href });
      const flight = await scene.flight({ seats: 6 });
      const buyer = at(app);
      await holdWith(buyer, flight.id);
      await line.stop();
      for (let n = 2; n <= 4; n++) expect(await holdWith(buyer, flight.id)).toMatchObject({ status: 'held' });
      expect((await fetch(`${app.url}/health`)).status).toBe(200);
      const redis = connectRedis(inject('redisUrl'));
      await flushRedis(redis);
      redis.disconnect();
      for (const who of [buyer, scene.guest]) expect(await holdWith(who, flight.id)).toMatchObject({ status: 'held' });
      for (const who of [buyer, scene.guest]) {
        expect(await failureOf(holdWith(who, flight.id))).toMatchObject({ code: 'SOLD_OUT' });
      }
      expect(await seatsOf(flight.id)).toEqual({ held: 6, sold: 0, bookings: 6 });
    },
  );

  it('[MATRIX-8] Redis comes back older than it was: it sells nothing twice and keeps nobody out for long', async () => {
    const redis = connectRedis(inject('redisUrl'));
    const { rows } = await scene.db.query<{ id: string }>('select id from cluster');
    const keys = () => keysOf(redis, `*${rows[0]?.id}*`);
    const copy = async () =>
      Promise.all((await keys()).map(async (key) => [key, await redis.dumpBuffer(key)] as const));
    const putBack = async (older: (readonly [string, Buffer | null])[]) => {
      for (const [key, value] of older) if (value) await redis.restore(key, 0, value, 'REPLACE');
    };
    const flight = await scene.flight({ seats: 3 });
    const fill = () =>
      Promise.all(Array.from({ length: 12 }, () => holdWith(scene.guest, flight.id).catch(failureOfAny)));
    const failureOfAny = (error: unknown) => failureOf(Promise.reject(error));

    const empty = await copy();
    const views = (await fill()).filter((each) => 'id' in each);
    expect(views).toHaveLength(3);
    await fill();
    const full = await copy();
    // It says that three seats are free: Postgres knows better.
    await putBack(empty);
    expect((await fill()).filter((each) => 'id' in each)).toHaveLength(0);
    // It says that none is: within a second or two the truth has reached it.
    await scene.guest.trpc.booking.cancel.mutate({ id: views[0]?.id as string });
    await putBack(full);
    await expect
      .poll(
        () =>
          holdWith(scene.guest, flight.id).then(
            () => 'held',
            (error) => failureOfAny(error).then(({ code }) => code),
          ),
        {
          timeout: 5_000,
          interval: 100,
        },
      )
      .toBe('held');
    expect(await seatsOf(flight.id)).toMatchObject({ held: 3, bookings: 4 });
    redis.disconnect();
  });

  it('[MATRIX-9] what was told of seats comes again, late and in the wrong order: nobody believes it', async () => {
    const listener = connectRedis(inject('redisUrl'));
    const speaker = connectRedis(inject('redisUrl'));
    const told: [channel: string, message: string][] = [];
    listener.on('pmessage', (_pattern, channel: string, message: string) => told.push([channel, message]));
    await listener.psubscribe('*');
    const flight = await scene.flight({ seats: 4 });
    const versions: number[] = [];
    const watching = scene.guest.trpc.flights.onSeats.subscribe(
      { flightIds: [flight.id] },
      { onData: ({ data }) => void versions.push(data.cabins[0]?.version ?? 0) },
    );
    for (let n = 0; n < 4; n++) await holdWith(scene.guest, flight.id);
    await expect.poll(() => versions.at(-1)).toBe(5);
    // A watcher of the same process hears before Redis does.
    const ofFlight = () => told.filter(([, message]) => message.includes(flight.id));
    await expect.poll(() => ofFlight().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
    const copies = told.splice(0).reverse();
    for (const copy of [...copies, ...copies]) await speaker.publish(...copy);
    expect(await failureOf(holdWith(scene.guest, flight.id))).toMatchObject({ code: 'SOLD_OUT' });
    const { cabins } = await scene.guest.trpc.flights.get.query({ flightId: flight.id });
    expect(cabins[0]).toMatchObject({ available: 0, version: 5 });
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    watching.unsubscribe();
    for (const each of [listener, speaker]) each.disconnect();
  });

  it('[MATRIX-11] a process ends between the payment\u2019s row and the call: whoever works next makes it', async () => {
    const quiet = await openScene({ AIRSIDE_ROLE: 'web' });
    const flight = await quiet.flight();
    const { id } = await quiet.hold(flight.id);
    expect(await quiet.guest.trpc.booking.pay.mutate({ id })).toMatchObject({ status: 'paying' });
    await quiet.server.startAnother({ AIRSIDE_ROLE: 'worker' });
    expect(await quiet.reaches(id, 'confirmed')).toMatchObject({ payment: { status: 'succeeded' } });
    await quiet.close();
  });

  it('[MATRIX-12] a process ends between the provider\u2019s answer and our note of it: the call is repeated, and is one', async () => {
    const flight = await scene.flight();
    const { id } = await scene.hold(flight.id);
    await scene.guest.trpc.booking.pay.mutate({ id });
    const payments = async () => {
      const { rows } = await scene.db.query('select calls, status from payment where booking_id = $1', [id]);
      return rows;
    };
    await expect.poll(payments, { timeout: 10_000 }).toEqual([{ calls: 1, status: 'pending' }]);
    // Nothing of the first call was noted: it is due as if it had never been made.
    await scene.db.query('update payment set calls = 0, next_call_at = now() where booking_id = $1', [id]);
    await expect.poll(payments, { timeout: 10_000 }).toEqual([{ calls: 1, status: 'pending' }]);
    await scene.deliver({ bookingId: id });
    expect(await get(id)).toMatchObject({ status: 'confirmed', version: 3 });
    expect(await payments()).toMatchObject([{ status: 'succeeded' }]);
  });

  const paying = async (seats = 2) => {
    const flight = await scene.flight({ seats });
    const { id } = await scene.hold(flight.id);
    await scene.guest.trpc.booking.pay.mutate({ id });
    return { flight, id };
  };
  const money = async (bookingId: string) => {
    const { rows } = await scene.db.query<{ captured: number; refunds: number }>(
      `select coalesce((select sum(amount) from payment where booking_id = $1 and status = 'succeeded'), 0)::float8 as captured,
         (select count(*)::int from refund where booking_id = $1) as refunds`,
      [bookingId],
    );
    return rows[0];
  };

  it('[MATRIX-13] an event comes twice, at two processes: one effect', async () => {
    const { flight, id } = await paying();
    const event = { id: newId(), bookingId: id };
    expect(await Promise.all([scene.deliver(event), scene.deliver(event), scene.deliver(event)])).toEqual([
      200, 200, 200,
    ]);
    expect(await get(id)).toMatchObject({ status: 'confirmed', version: 3 });
    expect(await seatsOf(flight.id)).toMatchObject({ held: 0, sold: 1 });
    expect(await money(id)).toEqual({ captured: 45_000, refunds: 0 });
  });

  it('[MATRIX-14] an event comes before our own row of the payment: it is written down and counts', async () => {
    const flight = await scene.flight();
    const { id } = await scene.hold(flight.id);
    expect(await scene.deliver({ bookingId: id, paymentId: newId() })).toBe(200);
    expect(await get(id)).toMatchObject({ status: 'confirmed', payment: { status: 'succeeded' } });
    expect(await money(id)).toEqual({ captured: 45_000, refunds: 0 });
  });

  it('[MATRIX-15] a failure comes after the success: success stays', async () => {
    const { id } = await paying();
    await scene.deliver({ bookingId: id });
    expect(await scene.deliver({ bookingId: id, type: 'payment.failed' })).toBe(200);
    expect(await get(id)).toMatchObject({ status: 'confirmed', payment: { status: 'succeeded' } });
  });

  it('[MATRIX-16] the success comes after the expiry: the seats again, or the money back', async () => {
    for (const gone of [false, true]) {
      const { flight, id } = await paying(1);
      await scene.overdue(id);
      await scene.reaches(id, 'expired');
      if (gone) await scene.hold(flight.id);
      await scene.deliver({ bookingId: id });
      const end = await scene.reaches(id, gone ? 'refunded' : 'confirmed');
      expect(end.reason).toBeTruthy();
      expect(await money(id)).toEqual({ captured: 45_000, refunds: gone ? 1 : 0 });
    }
  });

  it('[MATRIX-17] [MATRIX-18] no event ever comes and no sweeper runs: the next buyer gets the seats', async () => {
    const quiet = await openScene({ AIRSIDE_ROLE: 'web' });
    const flight = await quiet.flight({ seats: 2 });
    const { id } = await quiet.hold(flight.id);
    await quiet.guest.trpc.booking.pay.mutate({ id });
    const second = await quiet.hold(flight.id);
    expect(await failureOf(quiet.hold(flight.id))).toMatchObject({ code: 'SOLD_OUT' });
    await Promise.all([quiet.overdue(id), quiet.overdue(second.id)]);
    await expect
      .poll(() =>
        quiet.hold(flight.id, 2).then(
          () => 'held',
          (error) => failureOf(Promise.reject(error)).then(({ code }) => code),
        ),
      )
      .toBe('held');
    expect((await quiet.guest.trpc.booking.get.query({ id })).status).toBe('expired');
    expect(await quiet.drift()).toBe(0);
    await quiet.close();
  });

  it.each([
    ['a day ahead', 86_400_000],
    ['a day behind', -86_400_000],
  ])('[MATRIX-19] the clock of a process is %s: holds live as long as anywhere', async (_, byMs) => {
    const clock: Clock = {
      ...systemClock,
      now: () => systemClock.now() + byMs,
      sleep: systemClock.sleep.bind(systemClock),
    };
    const there = at(await start({ clock }));
    const flight = await scene.flight({ seats: 1 });
    const held = await holdWith(there, flight.id);
    const lifeMs = Date.parse(held.holdExpiresAt) - Date.now();
    expect(Math.abs(lifeMs - 900_000)).toBeLessThan(10_000);
    expect(await there.trpc.booking.get.query({ id: held.id })).toMatchObject({ status: 'held' });
    expect(await failureOf(holdWith(there, flight.id))).toMatchObject({ code: 'SOLD_OUT' });
    await scene.overdue(held.id);
    expect(await failureOf(there.trpc.booking.pay.mutate({ id: held.id }))).toMatchObject({ code: 'HOLD_EXPIRED' });
    expect(await holdWith(there, flight.id)).toMatchObject({ status: 'held' });
  });

  it('[MATRIX-20] two processes do the same work at once: each booking is ended by one of them', async () => {
    const quiet = await openScene({ AIRSIDE_ROLE: 'web' });
    const flight = await quiet.flight({ seats: 20 });
    const views = await Promise.all(Array.from({ length: 20 }, () => quiet.hold(flight.id)));
    await Promise.all(views.map(({ id }) => quiet.overdue(id)));
    // No lease keeps them apart here.
    const pool = new pg.Pool({ connectionString: quiet.server.engines.databaseUrl, max: 2 });
    const stores = [1, 2].map(() => openBookingStore(pool, quiet.server.engines.databaseUrl));
    const ids = views.map(({ id }) => id);
    const moved = await Promise.all(stores.map((store) => store.expire(newId(), ids)));
    ids.forEach((_, place) => {
      expect(moved.filter(({ outcomes }) => outcomes[place])).toHaveLength(1);
    });
    const { rows } = await quiet.db.query(
      `select kind, count(*)::int as n, sum(d_held)::int as moved from ledger group by 1 order by 1`,
    );
    expect(rows).toEqual([
      { kind: 'hold', n: 20, moved: 20 },
      { kind: 'release', n: 20, moved: -20 },
    ]);
    expect(await quiet.drift()).toBe(0);
    await Promise.all(stores.map((store) => store.close()));
    await pool.end();
    await quiet.close();
  });

  it('[MATRIX-21] a refund is noted twice: one refund, and the booking moves once', async () => {
    const { flight, id } = await paying();
    await scene.deliver({ bookingId: id });
    const { quoteId } = await scene.guest.trpc.booking.cancelQuote.query({ id });
    await scene.guest.trpc.booking.cancel.mutate({ id, quoteId });
    const refunded = await scene.reaches(id, 'refunded');
    const { rows } = await scene.db.query<{ id: string }>('select id from refund where booking_id = $1', [id]);
    expect(rows).toHaveLength(1);
    const store = openBookingStore(scene.db, scene.server.engines.databaseUrl);
    expect(await store.refunded(newId(), [{ id: rows[0]?.id as string, bookingId: id }])).toMatchObject({
      outcomes: [false],
    });
    await store.close();
    expect(await get(id)).toEqual(refunded);
    expect(await seatsOf(flight.id)).toMatchObject({ held: 0, sold: 0 });
  });

  it('[MATRIX-22] the process under a watcher ends: the next one goes on after the last state seen', async () => {
    const app = await start();
    const { id } = await paying();
    const states: { id: string; status: string }[] = [];
    const follow = (who: Connected, lastEventId?: string) =>
      who.trpc.booking.onStatus.subscribe(
        { bookingId: id, lastEventId },
        {
          onData: ({ id: eventId, data }) => void states.push({ id: eventId, status: data.status }),
          onError: () => undefined,
        },
      );
    follow(at(app));
    await expect.poll(() => states.map(({ status }) => status)).toEqual(['paying']);
    await app.stop();
    await scene.deliver({ bookingId: id });
    const subscription = follow(scene.guest, states.at(-1)?.id);
    await expect.poll(() => states.map(({ status }) => status)).toEqual(['paying', 'confirmed']);
    subscription.unsubscribe();
  });

  /** Makes every insert of a booking (or of one) fail as the given SQLSTATE. */
  async function failing<T>(sqlState: string, only: string | undefined, body: () => Promise<T>): Promise<T> {
    await scene.db.query(`create function fail_booking() returns trigger language plpgsql as $$
      begin raise exception 'no' using errcode = '${sqlState}'; end $$`);
    await scene.db.query(`create trigger fail_booking before insert on booking for each row
      ${only ? `when (new.id = '${only}')` : ''} execute function fail_booking()`);
    try {
      return await body();
    } finally {
      await scene.db.query('drop function fail_booking cascade');
    }
  }

  it.each([
    ['disk is full', '53100'],
    ['memory is out', '53200'],
  ])('[MATRIX-23] Postgres\u2019 %s: the caller is told to come back, and nothing is written', async (_, sqlState) => {
    const flight = await scene.flight({ seats: 1 });
    const id = newId();
    await failing(sqlState, undefined, async () => {
      expect(await failureOf(holdWith(scene.guest, flight.id, id))).toMatchObject({
        code: 'UNAVAILABLE',
        retryable: true,
      });
      expect(await seatsOf(flight.id)).toEqual({ held: 0, sold: 0, bookings: 0 });
    });
    expect(await holdWith(scene.guest, flight.id, id)).toMatchObject({ status: 'held' });
  });

  it('[MATRIX-24] one of a batch cannot be written: only that one fails', async () => {
    const flight = await scene.flight({ seats: 9 });
    const poison = newId();
    const stopped = stopOnce('lane.hold.before-call');
    const first = holdWith(scene.guest, flight.id);
    await stopped.reached;
    await failing('22000', poison, async () => {
      const ids = [newId(), newId(), poison, newId(), newId()];
      const answers = Promise.allSettled(ids.map((id) => holdWith(scene.guest, flight.id, id)));
      stopped.release();
      expect((await answers).map(({ status }) => status)).toEqual(
        ids.map((id) => (id === poison ? 'rejected' : 'fulfilled')),
      );
    });
    await first;
    expect(await seatsOf(flight.id)).toEqual({ held: 5, sold: 0, bookings: 5 });
  });

  it('[MATRIX-25] a client stops reading: others see each change, and it is at the newest one when it goes on', async () => {
    const flight = await scene.flight({ seats: 40 });
    const lazy = new WebSocket(`${scene.server.url.replace('http', 'ws')}/trpc`);
    closings.push(async () => lazy.terminate());
    const heard: { available: number; version: number }[] = [];
    let onHeard = () => {};
    const until = (available: number) =>
      new Promise<void>((resolve) => {
        onHeard = () => heard.at(-1)?.available === available && resolve();
        onHeard();
      });
    lazy.on('message', (frame) => {
      const message = JSON.parse(String(frame)) as SeatsFrame;
      const cabin = message.result?.data?.json?.data?.cabins[0];
      if (cabin) heard.push(cabin);
      onHeard();
    });
    await new Promise((resolve) => lazy.once('open', resolve));
    const input = { json: { flightIds: [flight.id] } };
    lazy.send(JSON.stringify({ id: 1, method: 'subscription', params: { path: 'flights.onSeats', input } }));
    await until(40);
    lazy.pause();
    for (let left = 39; left >= 10; left--) {
      const others = seen(flight.id, left);
      await scene.hold(flight.id);
      await others;
    }
    expect(heard).toHaveLength(1);
    lazy.resume();
    await until(10);
    const versions = heard.map(({ version }) => version);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  });
});

/** What a subscription to seats says on the wire. */
interface SeatsFrame {
  result?: { data?: { json?: { data?: { cabins: { available: number; version: number }[] } } } };
}
