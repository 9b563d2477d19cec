import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPaymentEvent } from '../../server/domain/booking/apply-payment-event.ts';
import type { SellingRoom } from '../../server/domain/booking/booking-room.ts';
import type { HoldMember, PayMember } from '../../server/domain/booking/booking-store.ts';
import { holdValues } from '../../server/domain/booking/hold-batch.ts';
import { noHoldLimits } from '../../server/domain/booking/hold-limits.ts';
import { holdSeats } from '../../server/domain/booking/hold-seats.ts';
import { openBookingStore } from '../../server/domain/booking/postgres-booking-store.ts';
import { createRecentHolds } from '../../server/domain/booking/recent-holds.ts';
import type { PaymentEvent } from '../../server/domain/payments/payment-event.ts';
import { noWaitingRoom } from '../../server/domain/waiting-room/waiting-room.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { newId } from '../../shared/ids.ts';
import { failureOf } from '../support/connect.ts';
import { openLanes } from '../support/lanes.ts';
import { moveDeadline } from '../support/move-deadline.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

/**
 * Guards of selling that other tests reach only by the way, each looked at alone (`npm run guards`). No sweeper and no
 * other process is at work: what is refused here is refused by the guard.
 */
describe('a guard alone', () => {
  let scene: Scene;
  let db: pg.Pool;
  let own: ReturnType<typeof openLanes>;
  let store: ReturnType<typeof openBookingStore>;
  beforeAll(async () => {
    scene = await openScene({ ...silentGateway, AIRSIDE_ROLE: 'web' });
    db = new pg.Pool({ connectionString: scene.server.engines.databaseUrl, max: 6 });
    own = openLanes(db, scene.server.engines.databaseUrl);
    store = openBookingStore(db, scene.server.engines.databaseUrl);
  });
  afterAll(async () => {
    expect(await scene.drift()).toBe(0);
    await own.close();
    await store.close();
    await db.end();
    await scene.close();
  });

  const memberOf = (flightIds: string[], seats = 1): HoldMember => ({
    id: newId(),
    actor: newId(),
    bodyHash: '00'.repeat(32),
    seats,
    passengers: [],
    contact: null,
    legs: flightIds.map((flightId) => ({ flightId, cabin: 'economy' as const })),
    expected: null,
    ttlSeconds: 900,
  });
  /** On a connection of the test, which decides when it commits. */
  async function holdWith(client: pg.PoolClient, ...members: HoldMember[]): Promise<void> {
    const values = holdValues(newId(), members, false);
    await client.query(`select hold_seats(${values.map((_, place) => `$${place + 1}`).join(', ')})`, values);
  }
  async function held(flightIds?: string[]): Promise<HoldMember> {
    const member = memberOf(flightIds ?? [(await scene.flight()).id]);
    expect(await own.lanes.hold.send(member)).toMatchObject({ kind: 'held' });
    return member;
  }
  const payOf = ({ id, actor }: { id: string; actor: string }): PayMember => ({
    id,
    actor,
    paymentId: newId(),
    locator: Array.from({ length: 6 }, () => 'ABCDEFGHJKLMNPQRSTUVWXYZ'[Math.floor(Math.random() * 24)]).join(''),
    method: null,
  });
  async function paying(flightIds?: string[]): Promise<HoldMember & { paymentId: string }> {
    const member = await held(flightIds);
    const pay = payOf(member);
    expect(await own.lanes.pay.send(pay)).toMatchObject({ version: 2 });
    return { ...member, paymentId: pay.paymentId };
  }
  const eventOf = (
    bookingId: string,
    paymentId: string,
    type: PaymentEvent['type'] = 'payment.succeeded',
  ): PaymentEvent => ({
    provider: 'mock',
    id: newId(),
    type,
    paymentId,
    bookingId,
    amount: 45_000,
    currency: 'USD',
    at: Date.now(),
  });
  async function confirmed(flightIds?: string[]) {
    const member = await paying(flightIds);
    await own.lanes.settle.send(eventOf(member.id, member.paymentId));
    expect(await statusOf(member.id)).toBe('confirmed');
    return member;
  }
  const statusOf = async (id: string) => (await store.read(id))?.status;
  const refundsOf = async (bookingId: string) => {
    const { rows } = await db.query<{ payment: string }>(
      'select payment_id as payment from refund where booking_id = $1 order by created_at',
      [bookingId],
    );
    return rows.map(({ payment }) => payment);
  };
  const quoteOf = async (bookingId: string, lifeSeconds = 600) => {
    const quoteId = newId();
    await store.saveQuote({ bookingId, quoteId, refund: 45_000, penalty: 0, lifeSeconds });
    return quoteId;
  };

  /** Runs `body` while a transaction of the test has the rows that the query locks. */
  async function whileLocked<T>(query: string, values: unknown[], body: (client: pg.PoolClient) => Promise<T>) {
    const client = await db.connect();
    try {
      await client.query('begin');
      await client.query(query, values);
      return await body(client);
    } finally {
      await client.query('rollback');
      client.release();
    }
  }
  /** Until somebody waits for a lock in this database. */
  const somebodyWaits = () =>
    expect
      .poll(
        async () => {
          const { rows } = await db.query<{ n: number }>(
            `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return rows[0]?.n;
        },
        { interval: 1 },
      )
      .toBeGreaterThan(0);
  /** Who has this row right now? */
  const isTaken = async (table: 'cabin' | 'booking', column: string, id: string) => {
    const { rowCount } = await db.query(`select from ${table} where ${column} = $1 for update skip locked`, [id]);
    return rowCount === 0;
  };

  describe('one request, one effect', () => {
    it('[LANE-4] the same id for two flights, at two processes at once, is one booking', async () => {
      const [here, there] = [await scene.flight(), await scene.flight()];
      const first = memberOf([here.id]);
      const second = { ...first, legs: [{ flightId: there.id, cabin: 'economy' as const }] };
      // What the first process has written is not committed yet, so that the second one cannot see it.
      const client = await db.connect();
      await client.query('begin');
      await holdWith(client, first);
      const answer = own.lanes.hold.send(second).then(
        ({ kind }) => kind,
        () => 'failed',
      );
      await Promise.race([somebodyWaits(), answer]);
      await client.query('commit');
      client.release();
      expect(['exists', 'failed']).toContain(await answer);
      const { rows } = await db.query('select count(*)::int as n from booking where id = $1', [first.id]);
      expect(rows[0]).toEqual({ n: 1 });
    });

    it('[PAY-2] one event told of two bookings, at two processes at once, has one effect', async () => {
      const [one, other] = [await paying(), await paying()];
      const event = eventOf(one.id, one.paymentId);
      const client = await db.connect();
      await client.query('begin');
      await client.query('select settle_payments($1, $2, $3, $4, $5, $6, $7, $8)', [
        newId(),
        [event.provider],
        [event.id],
        [event.type],
        [event.paymentId],
        [event.bookingId],
        [event.amount],
        [event.currency],
      ]);
      const answer = applyPaymentEvent(roomBehindShutGate(), {
        ...event,
        bookingId: other.id,
        paymentId: other.paymentId,
      }).then(
        () => 'told',
        () => 'failed',
      );
      await Promise.race([somebodyWaits(), answer]);
      await client.query('commit');
      client.release();
      // Its provider need not send it again.
      expect(await answer).toBe('told');
      expect([await statusOf(one.id), await statusOf(other.id)]).toEqual(['confirmed', 'paying']);
    });

    /** A gate that lets the first buyer pass and then refuses everybody. */
    function roomBehindShutGate(): SellingRoom {
      let asked = 0;
      return {
        store,
        lanes: own.lanes,
        recent: createRecentHolds(),
        limits: noHoldLimits,
        waiting: noWaitingRoom,
        gate: {
          refuses: () => (asked++ === 0 ? undefined : { leg: 0, available: 0, version: 1 }),
          asks: async () => undefined,
          settle: () => undefined,
        },
        alternatives: { peek: () => [], nearest: async () => [] },
        clock: systemClock,
        metrics: { bookingsTotal: { inc: () => undefined } },
        holdTtlSeconds: 900,
        announce: () => undefined,
        nudgePayments: () => undefined,
      } as unknown as SellingRoom;
    }
    const buyer = { actor: newId(), address: '127.0.0.1' };
    const inputFor = (flightId: string) => ({
      id: newId(),
      legs: [{ flightId, cabin: 'economy' as const }],
      seats: 1,
    });

    it('[BOOK-2] a repeat is answered although the gate refuses everybody by now', async () => {
      const room = roomBehindShutGate();
      const input = inputFor((await scene.flight()).id);
      const first = await holdSeats(room, buyer, input);
      expect(await holdSeats(room, buyer, input)).toEqual(first);
      expect(await holdSeats(room, buyer, inputFor(input.legs[0]?.flightId as string)).catch((e) => e.code)).toBe(
        'SOLD_OUT',
      );
    });

    it('[BOOK-2] a repeat of one that is still under way waits for it, whatever the gate says', async () => {
      const room = roomBehindShutGate();
      const input = inputFor((await scene.flight()).id);
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      const reached = new Promise<void>((resolve) => {
        const disarm = armPausePoint('lane.hold.before-call', () => {
          disarm();
          resolve();
          return released;
        });
      });
      const first = holdSeats(room, buyer, input);
      await reached;
      const repeat = holdSeats(room, buyer, input).catch((error) => error.code);
      // The way to the record that a refused repeat takes is a lane of its own: give it the time to be answered.
      await own.lanes.known.send(newId());
      await own.lanes.known.send(newId());
      release();
      expect(await repeat).toEqual(await first);
    });
  });

  describe('who may', () => {
    it('[BOOK-2] a stranger can neither pay for a booking nor cancel it', async () => {
      const member = await held();
      const stranger = { id: member.id, actor: newId() };
      expect(await own.lanes.pay.send(payOf(stranger))).toBeUndefined();
      expect(await own.lanes.cancel.send({ ...stranger, quoteId: null })).toBe('not_found');
      expect(await store.read(member.id)).toMatchObject({ status: 'held', version: 1, payment: null });
      const mine = await scene.hold((await scene.flight()).id);
      const { trpc } = scene.guest;
      expect(await trpc.booking.pay.mutate({ id: mine.id })).toMatchObject({ status: 'paying' });
      expect(await failureOf(trpc.booking.get.query({ id: member.id }))).toMatchObject({ code: 'NOT_FOUND' });
    });

    it('[BOOK-1] a locator that is somebody’s is given to nobody else', async () => {
      const [first, second] = [payOf(await held()), payOf(await held())];
      expect(await own.lanes.pay.send(first)).toMatchObject({ version: 2 });
      expect(await own.lanes.pay.send({ ...second, locator: first.locator })).toBe('locator_taken');
      expect(await store.read(second.id)).toMatchObject({ status: 'held', payment: null });
    });

    it('[BOOK-5] legs in two currencies are refused', async () => {
      const dollars = await scene.flight();
      const euros = await scene.flight({
        cabins: [{ cabin: 'economy', capacity: 9, price: { amount: 40_000, currency: 'EUR' } }],
      });
      expect(await own.lanes.hold.send(memberOf([dollars.id, euros.id]))).toMatchObject({
        kind: 'refused',
        why: 'foreign',
        leg: 1,
      });
    });
  });

  it('[BOOK-11] a deadline is looked at until nothing of it is open', async () => {
    const flight = await scene.flight();
    // The first travels alone, the others together behind it.
    const members = Array.from({ length: 4 }, () => memberOf([flight.id]));
    await Promise.all(members.map((member) => own.lanes.hold.send(member)));
    const ids = members.map(({ id }) => id);
    const kept = async () => {
      const sql = `select u.id from hold_deadline h, unnest(h.bookings) u (id) where u.id = any($1) order by h.at`;
      return (await db.query<{ id: string }>(sql, [ids])).rows.map(({ id }) => id);
    };
    expect((await kept()).sort()).toEqual([...ids].sort());
    const [paid, open] = ids as [string, string];
    await own.lanes.pay.send(payOf(members[0] as HoldMember));
    await db.query(
      'delete from hold_deadline h where exists (select from unnest(h.bookings) u (id) where u.id = any($1))',
      [ids],
    );
    await moveDeadline(db, [paid, open], '-1 second');
    expect((await store.due(500)).filter((id) => ids.includes(id)).sort()).toEqual([paid, open].sort());
    await own.lanes.expire.send(paid);
    expect((await store.due(500)).filter((id) => ids.includes(id))).toEqual([open]);
    expect(await kept()).toHaveLength(2);
    await own.lanes.expire.send(open);
    await store.due(500);
    expect(await kept()).toEqual([]);
  });

  it('[BOOK-5] a leg whose price was agreed costs that, whatever the cabin costs', async () => {
    const [first, second] = [await scene.flight(), await scene.flight()];
    const member = memberOf([first.id, second.id], 2);
    const [agreed, current] = member.legs as [HoldMember['legs'][number], HoldMember['legs'][number]];
    agreed.agreed = 30_000;
    member.expected = { amount: 2 * (45_000 + 45_000), currency: 'USD' };
    const now = { amount: 2 * (30_000 + 45_000), currency: 'USD' };
    expect(await own.lanes.hold.send(member)).toEqual({ kind: 'repriced', now });
    const answer = await own.lanes.hold.send({ ...member, legs: [agreed, current], expected: now });
    expect(answer).toMatchObject({ kind: 'held', booking: { priceAmount: now.amount } });
    expect(await store.read(member.id)).toMatchObject({ priceAmount: now.amount });
    const { rows } = await db.query(
      'select price_amount::int4 as seat from booking_leg where booking_id = $1 order by position',
      [member.id],
    );
    expect(rows).toEqual([{ seat: 30_000 }, { seat: 45_000 }]);
  });

  it('[BOOK-5] a lone leg costs what was agreed, without a word about what was expected', async () => {
    const { id } = await scene.flight();
    const member = memberOf([id]);
    (member.legs[0] as HoldMember['legs'][number]).agreed = 30_000;
    expect((await store.hold(newId(), [member])).outcomes).toMatchObject([{ kind: 'held' }]);
    expect(await store.read(member.id)).toMatchObject({ priceAmount: 30_000 });
  });

  it('[BOOK-5] what is paid is the price of the hold, whatever the cabin costs by now', async () => {
    const flight = await scene.flight();
    const member = await held([flight.id]);
    await db.query('update cabin set price_amount = 99000, version = version + 1 where flight_id = $1', [flight.id]);
    await own.lanes.pay.send(payOf(member));
    expect(await store.read(member.id)).toMatchObject({
      priceAmount: 45_000,
      payment: { amount: { amount: 45_000, currency: 'USD' } },
    });
  });

  it('[BOOK-6] who pays is shown what happened to the hold since it was made', async () => {
    const { booking } = scene.guest.trpc;
    const { id } = await scene.hold((await scene.flight()).id);
    const passengers = [{ type: 'adult' as const, givenName: 'Ada', familyName: 'Byron' }];
    await booking.setPassengers.mutate({ id, passengers });
    expect(await booking.pay.mutate({ id })).toMatchObject({ status: 'paying', version: 3, passengers });
  });

  describe('flights that go', () => {
    it('[FLIGHT-7] bookings of a flight that is not cancelled are not released', async () => {
      const [holding, sold] = [await held(), await confirmed()];
      expect(await own.lanes.release.send(holding.id)).toBe(false);
      expect(await own.lanes.release.send(sold.id)).toBe(false);
      expect([await statusOf(holding.id), await statusOf(sold.id)]).toEqual(['held', 'confirmed']);
    });

    it('[SEAT-1] a batch that had to wait for another one counts what that one has left', async () => {
      const { id } = await scene.flight({ seats: 3 });
      const client = await db.connect();
      await client.query('begin');
      await holdWith(client, memberOf([id]), memberOf([id]));
      const later = store.hold(newId(), [memberOf([id]), memberOf([id])]);
      await Promise.race([somebodyWaits(), later.catch(() => undefined)]);
      await client.query('commit');
      client.release();
      expect((await later).outcomes.map(({ kind }) => kind)).toEqual(['held', 'refused']);
    });

    it('[FLIGHT-9] a removal waits for the hold that is being written, and does not delete its flight', async () => {
      const flight = await scene.flight();
      const member = memberOf([flight.id]);
      const client = await db.connect();
      await client.query('begin');
      await holdWith(client, member);
      const removal = scene.operator.trpc.admin.flights.remove
        .mutate({ flightId: flight.id, expectedVersion: 1 })
        .then(({ deleted }) => deleted);
      await somebodyWaits();
      await client.query('commit');
      client.release();
      expect(await removal).toBe(false);
      expect(await own.lanes.release.send(member.id)).toBe(true);
    });
  });

  describe('the deadline', () => {
    it('[BOOK-8] a hold past it cannot be paid for, and one before it cannot be ended', async () => {
      const [over, fresh] = [await held(), await held()];
      await scene.overdue(over.id);
      expect(await own.lanes.pay.send(payOf(over))).toBeUndefined();
      expect(await store.read(over.id)).toMatchObject({ status: 'held', payment: null });
      expect(await own.lanes.expire.send(fresh.id)).toBe(false);
      expect(await statusOf(fresh.id)).toBe('held');
      expect(await own.lanes.expire.send(over.id)).toBe(true);
    });

    it('[BOOK-8] a booking that is paid for does not run out', async () => {
      const member = await confirmed();
      await scene.overdue(member.id);
      expect(await own.lanes.expire.send(member.id)).toBe(false);
      expect(await statusOf(member.id)).toBe('confirmed');
    });

    it('[BOOK-7] a quote is good until its end', async () => {
      const member = await confirmed();
      const quoteId = await quoteOf(member.id, -1);
      expect(await own.lanes.cancel.send({ ...member, quoteId })).toBe('quote_stale');
      expect(await statusOf(member.id)).toBe('confirmed');
    });
  });

  describe('locks', () => {
    /** Cabins or bookings in the order of their ids. */
    const twoFlights = async () => {
      const flights = [await scene.flight(), await scene.flight()];
      const { rows } = await db.query<{ id: string }>(
        'select flight_id as id from cabin where flight_id = any($1) order by id',
        [flights.map(({ id }) => id)],
      );
      return rows.map(({ id }) => id) as [string, string];
    };

    it.each(['hold', 'cancel', 'expire', 'settle', 'release'] as const)(
      '[LOCK-2] %s locks cabins in the order of their ids, however they are named',
      async (verb) => {
        const [low, high] = await twoFlights();
        const member = verb === 'hold' ? memberOf([high, low]) : await paying([high, low]);
        if (verb === 'expire') await scene.overdue(member.id);
        if (verb === 'cancel' || verb === 'release')
          await db.query(`update booking set status = 'held' where id = $1`, [member.id]);
        const run = {
          hold: () => own.lanes.hold.send(member),
          cancel: () => own.lanes.cancel.send({ ...member, quoteId: null }),
          expire: () => own.lanes.expire.send(member.id),
          settle: () => own.lanes.settle.send({ ...eventOf(member.id, newId()), amount: 90_000 }),
          release: () => own.lanes.release.send(member.id),
        }[verb];
        if (verb === 'release')
          await db.query(`update cabin set state = 'cancelled', version = version + 1 where flight_id = $1`, [low]);
        // Whoever waits for the second must have the first: then nobody can wait for him the other way round.
        const { first, answer } = await whileLocked(
          'select from cabin where flight_id = $1 for update',
          [high],
          async () => {
            const answer = run();
            answer.catch(() => undefined);
            await somebodyWaits();
            return { first: await isTaken('cabin', 'flight_id', low), answer };
          },
        );
        expect(first).toBe(true);
        await answer;
      },
    );

    it.each(['pay', 'settle', 'cancel', 'release', 'refunded'] as const)(
      '[LOCK-2] %s locks bookings in the order of their ids, however they are named',
      async (verb) => {
        const members = [await held(), await held()].sort((a, b) => (a.id < b.id ? -1 : 1));
        const [low, high] = members as [HoldMember, HoldMember];
        const batch = [high, low];
        const run = {
          pay: () => store.pay(newId(), batch.map(payOf)),
          settle: () =>
            store.settle(
              newId(),
              batch.map(({ id }) => eventOf(id, newId())),
            ),
          cancel: () =>
            store.cancel(
              newId(),
              batch.map(({ id, actor }) => ({ id, actor, quoteId: null })),
            ),
          release: () =>
            store.release(
              newId(),
              batch.map(({ id }) => id),
            ),
          refunded: () =>
            store.refunded(
              newId(),
              batch.map(({ id }) => ({ id: newId(), bookingId: id })),
            ),
        }[verb];
        const { first, answer } = await whileLocked(
          'select from booking where id = $1 for update',
          [high.id],
          async () => {
            const answer: Promise<unknown> = run();
            answer.catch(() => undefined);
            await somebodyWaits();
            return { first: await isTaken('booking', 'id', low.id), answer };
          },
        );
        expect(first).toBe(true);
        await answer;
      },
    );

    it('[LOCK-3] a booking that somebody is deciding about is not waited for, neither by a sweeper nor by a buyer', async () => {
      const flight = await scene.flight({ seats: 1 });
      const member = await held([flight.id]);
      await scene.overdue(member.id);
      await whileLocked('select from booking where id = $1 for update', [member.id], async () => {
        expect(await store.expire(newId(), [member.id])).toMatchObject({ outcomes: [false] });
        expect(await store.hold(newId(), [memberOf([flight.id])])).toMatchObject({
          outcomes: [{ kind: 'refused', why: 'sold_out' }],
        });
      });
      expect(await own.lanes.hold.send(memberOf([flight.id]))).toMatchObject({ kind: 'held' });
    });

    it('[LOCK-3] a due hold whose other cabin is in somebody’s hands is left alone by the buyer of the first', async () => {
      const [low, high] = await twoFlights();
      const two = memberOf([low, high], 9);
      await own.lanes.hold.send(two);
      await scene.overdue(two.id);
      for (const [wanted, other] of [
        [low, high],
        [high, low],
      ] as const) {
        await whileLocked('select from cabin where flight_id = $1 for update', [other], async () => {
          expect(await store.hold(newId(), [memberOf([wanted], 2)])).toMatchObject({
            outcomes: [{ kind: 'refused', why: 'sold_out' }],
          });
        });
      }
      expect(await statusOf(two.id)).toBe('held');
      expect(await own.lanes.hold.send(memberOf([low], 2))).toMatchObject({ kind: 'held' });
      expect(await statusOf(two.id)).toBe('expired');
    });
  });

  it('[FLIGHT-5] the hard limit comes down with the seats that come free', async () => {
    const flight = await scene.flight({ seats: 3 });
    const members = [await held([flight.id]), await held([flight.id]), await held([flight.id])];
    await scene.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: 1,
      cabins: [{ cabin: 'economy', capacity: 1 }],
    });
    const limits: number[] = [];
    for (const member of members) {
      await own.lanes.cancel.send({ ...member, quoteId: null });
      const { rows } = await db.query('select capacity from cabin where flight_id = $1', [flight.id]);
      limits.push(rows[0].capacity);
    }
    expect(limits).toEqual([2, 1, 1]);
  });

  it('[FLIGHT-5] seats that come free are not sold while more is promised than wanted, gate or no gate', async () => {
    const flight = await scene.flight({ seats: 3 });
    const members = [await held([flight.id]), await held([flight.id]), await held([flight.id])];
    await scene.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: 1,
      cabins: [{ cabin: 'economy', capacity: 1 }],
    });
    const kinds: string[] = [];
    for (const member of members) {
      await own.lanes.cancel.send({ ...member, quoteId: null });
      kinds.push((await own.lanes.hold.send(memberOf([flight.id]))).kind);
    }
    expect(kinds).toEqual(['refused', 'refused', 'held']);
  });

  describe('money', () => {
    it('[PAY-6] a payment of one booking says nothing of another', async () => {
      const [one, other] = [await paying(), await paying()];
      expect(await own.lanes.settle.send(eventOf(one.id, other.paymentId))).toEqual({ kind: 'other_booking' });
      expect([await statusOf(one.id), await statusOf(other.id)]).toEqual(['paying', 'paying']);
    });

    it('[PAY-6] a provider settles its own payments only', async () => {
      const member = await paying();
      const event = { ...eventOf(member.id, member.paymentId), provider: 'other' };
      expect(await own.lanes.settle.send(event)).toEqual({ kind: 'other_booking' });
      expect(await statusOf(member.id)).toBe('paying');
    });

    it.each(['held', 'expired'])(
      '[PAY-5] another sum than the price of a booking that is %s goes back',
      async (state) => {
        const member = await held();
        if (state === 'expired') {
          await scene.overdue(member.id);
          await own.lanes.expire.send(member.id);
        }
        const event = { ...eventOf(member.id, newId()), amount: 1 };
        expect(await own.lanes.settle.send(event)).toMatchObject({ kind: 'applied' });
        expect(await statusOf(member.id)).toBe(state);
        expect(await refundsOf(member.id)).toEqual([event.paymentId]);
      },
    );

    it('[PAY-5] another sum that was asked for goes back as well', async () => {
      const member = await held();
      const event = { ...eventOf(member.id, newId()), amount: 1 };
      await scene.db.query(
        `insert into payment (id, booking_id, provider, amount, currency) values ($1, $2, $3, $4, $5)`,
        [event.paymentId, member.id, event.provider, event.amount, event.currency],
      );
      expect(await own.lanes.settle.send(event)).toMatchObject({ kind: 'applied' });
      expect(await statusOf(member.id)).toBe('held');
      expect(await refundsOf(member.id)).toEqual([event.paymentId]);
    });

    it('[PAY-5] one payment that fails ends nothing while another may still come', async () => {
      const member = await paying();
      expect(await own.lanes.settle.send(eventOf(member.id, newId(), 'payment.failed'))).toMatchObject({
        kind: 'applied',
      });
      expect(await statusOf(member.id)).toBe('paying');
    });

    it('[PAY-3] a failure after the success leaves the payment succeeded', async () => {
      const member = await confirmed();
      expect(await own.lanes.settle.send(eventOf(member.id, member.paymentId, 'payment.failed'))).toEqual({
        kind: 'known',
      });
      expect(await store.read(member.id)).toMatchObject({ payment: { status: 'succeeded' } });
    });

    it('[PAY-4] late money for a flight that is closed by now goes back', async () => {
      for (const change of [`state = 'closed'`, `departs_at_utc = now() - interval '1 minute'`]) {
        const flight = await scene.flight();
        const member = await paying([flight.id]);
        await scene.overdue(member.id);
        await own.lanes.expire.send(member.id);
        await db.query(`update cabin set ${change}, version = version + 1 where flight_id = $1`, [flight.id]);
        await own.lanes.settle.send(eventOf(member.id, member.paymentId));
        expect(await statusOf(member.id)).toBe('refund_pending');
        expect(await refundsOf(member.id)).toEqual([member.paymentId]);
      }
    });

    it('[PAY-5] money for a cancelled hold moves it once, and says why', async () => {
      const member = await held();
      await own.lanes.cancel.send({ ...member, quoteId: null });
      await own.lanes.settle.send(eventOf(member.id, newId()));
      expect(await store.read(member.id)).toMatchObject({
        status: 'refund_pending',
        version: 3,
        reason: 'The payment came after the cancellation; the money goes back.',
      });
    });

    it('[PAY-7] a cancellation gives back the payment that has not gone back yet', async () => {
      // The first payment was given up, another one confirmed the booking, and then the first came all the same.
      const member = await paying();
      const second = newId();
      await own.lanes.settle.send(eventOf(member.id, second));
      await own.lanes.settle.send(eventOf(member.id, member.paymentId));
      expect(await refundsOf(member.id)).toEqual([member.paymentId]);
      expect(await own.lanes.cancel.send({ ...member, quoteId: await quoteOf(member.id) })).toBe('cancelled');
      expect(await refundsOf(member.id)).toEqual([member.paymentId, second]);
      expect(await statusOf(member.id)).toBe('refund_pending');
    });

    it('[PAY-7] a booking is refunded when nothing of it is on its way any more', async () => {
      const member = await paying();
      const second = newId();
      await own.lanes.settle.send(eventOf(member.id, second));
      await own.lanes.settle.send(eventOf(member.id, member.paymentId));
      await own.lanes.cancel.send({ ...member, quoteId: await quoteOf(member.id) });
      const { rows } = await db.query<{ id: string }>('select id from refund where booking_id = $1', [member.id]);
      const [one, other] = rows.map(({ id }) => ({ id, bookingId: member.id }));
      if (!one || !other) throw new Error('two refunds were expected');
      expect(await own.lanes.refunded.send(one)).toBe(false);
      expect(await own.lanes.refunded.send(one)).toBe(false);
      expect(await statusOf(member.id)).toBe('refund_pending');
      expect(await own.lanes.refunded.send(other)).toBe(true);
    });

    it('[PAY-10] what is promised and not collected yet is neither cancelled nor released', async () => {
      const flight = await scene.flight();
      const member = await paying([flight.id]);
      await own.lanes.settle.send(eventOf(member.id, member.paymentId, 'payment.authorised'));
      expect(await own.lanes.cancel.send({ ...member, quoteId: await quoteOf(member.id) })).toBe('capturing');
      await db.query(`update cabin set state = 'cancelled', version = version + 1 where flight_id = $1`, [flight.id]);
      expect(await own.lanes.release.send(member.id)).toBe(false);
      expect(await statusOf(member.id)).toBe('confirmed');
      expect(await refundsOf(member.id)).toEqual([]);
      await own.lanes.settle.send(eventOf(member.id, member.paymentId));
      expect(await own.lanes.release.send(member.id)).toBe(true);
      expect(await refundsOf(member.id)).toEqual([member.paymentId]);
    });

    it('[PAY-7] no more goes back than was paid', async () => {
      const member = await confirmed();
      const quoteId = newId();
      await store.saveQuote({ bookingId: member.id, quoteId, refund: 45_001, penalty: 0, lifeSeconds: 600 });
      // Such a quote is of another price, and cancels nothing.
      expect(await own.lanes.cancel.send({ ...member, quoteId })).toBe('quote_stale');
      // Whoever would give back a refund all the same.
      const refund = async (amount: number) =>
        (await db.query<{ done: boolean }>(`select add_refund($1, $2, 'USD') as done`, [member.id, amount])).rows[0]
          ?.done;
      expect(await refund(45_001)).toBe(false);
      expect(await refundsOf(member.id)).toEqual([]);
      expect(await refund(45_000)).toBe(true);
    });

    it('[PAY-7] a cancellation gives back what came, not what failed', async () => {
      const member = await paying();
      const second = newId();
      await own.lanes.settle.send(eventOf(member.id, second));
      await own.lanes.settle.send(eventOf(member.id, member.paymentId, 'payment.failed'));
      expect(await own.lanes.cancel.send({ ...member, quoteId: await quoteOf(member.id) })).toBe('cancelled');
      expect(await refundsOf(member.id)).toEqual([second]);
    });

    it('[PAY-10] a promise that was given up confirms nothing, though the seats are free again', async () => {
      const flight = await scene.flight({ seats: 1 });
      const member = await paying([flight.id]);
      await scene.overdue(member.id);
      await own.lanes.expire.send(member.id);
      const other = await held([flight.id]);
      await own.lanes.settle.send(eventOf(member.id, member.paymentId, 'payment.authorised'));
      await own.lanes.cancel.send({ ...other, quoteId: null });
      await own.lanes.settle.send(eventOf(member.id, member.paymentId));
      expect(await statusOf(member.id)).toBe('expired');
      expect(await refundsOf(member.id)).toEqual([member.paymentId]);
    });

    it('[PAY-10] a promise that comes after the seats are gone is given up, and its money goes back if it comes', async () => {
      const flight = await scene.flight({ seats: 1 });
      const member = await paying([flight.id]);
      await scene.overdue(member.id);
      await own.lanes.expire.send(member.id);
      await held([flight.id]);
      await own.lanes.settle.send(eventOf(member.id, member.paymentId, 'payment.authorised'));
      await own.lanes.settle.send(eventOf(member.id, member.paymentId));
      expect(await statusOf(member.id)).toBe('expired');
      expect(await refundsOf(member.id)).toEqual([member.paymentId]);
    });
  });
});
