import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDriftBook } from '../../server/domain/inventory/drift-book.ts';
import { repairBooking } from '../../server/domain/inventory/repair-seats.ts';
import { createDriftWatch } from '../../server/domain/inventory/watch-drift.ts';
import { writeFlights } from '../../server/domain/inventory/write-flights.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { cabinClasses, type OperatorFlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import type { ReplayView } from '../../shared/operations.ts';
import { failureOf } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('the audit of seats', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(async () => {
    await scene.close();
  });
  beforeEach(async () => {
    // What a test has corrupted is its own business.
    await scene.db.query('truncate ledger_hold, ledger_move, booking, passenger, outbox');
    await scene.db.query('update cabin set held = 0, sold = 0');
    await scene.db.query('delete from flight');
  });
  const seats = () => scene.operator.trpc.admin.seats;
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${scene.server.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  const events = async (type: string) => {
    const { rows } = await scene.db.query<{ subject: string; data: Record<string, unknown> }>(
      'select subject, data from outbox where type = $1 order by id',
      [type],
    );
    return rows;
  };
  const corrupt = (flightId: string, change = 'held = held + 1') =>
    scene.db.query(`update cabin set ${change}, version = version + 1 where flight_id = $1`, [flightId]);
  const versionOf = async (flightId: string): Promise<number> => (await scene.cabin(flightId)).version;
  const repair = (flight: { id: string }, expectedVersion: number) =>
    seats().repair.mutate({ flightId: flight.id, cabin: 'economy', expectedVersion });

  /** One booking of each fate, all on one flight. */
  async function everyFate(): Promise<OperatorFlightView> {
    const flight = await scene.flight({ seats: 40 });
    const held = await Promise.all(Array.from({ length: 7 }, () => scene.hold(flight.id, 2)));
    const ids = held.map(({ id }) => id) as [string, string, string, string, string, string, string];
    const { booking } = scene.guest.trpc;
    await booking.cancel.mutate({ id: ids[1] });
    for (const id of ids.slice(2)) await booking.pay.mutate({ id });
    await scene.deliver({ bookingId: ids[3] });
    await scene.deliver({ bookingId: ids[4], type: 'payment.failed' });
    // Failed, and taken again when its money came after all.
    await scene.deliver({ bookingId: ids[5], type: 'payment.failed' });
    await scene.deliver({ bookingId: ids[5] });
    await scene.deliver({ bookingId: ids[6] });
    const { quoteId } = await booking.cancelQuote.query({ id: ids[6] });
    await booking.cancel.mutate({ id: ids[6], quoteId });
    return flight;
  }

  describe('that never rests', () => {
    const watching = ({ db }: Pick<Scene, 'db'> = scene, pageMin?: number) => {
      const drift = createDriftBook({ seatDrift: { set: () => undefined } as never });
      const clock = { now: () => Date.now(), sleep: async () => undefined };
      return { drift, watch: createDriftWatch({ pool: db, clock, drift }, { everyMs: 5_000, pageMin }) };
    };

    it('[AUDIT-11] finds a booking of which neither counters nor ledger know, and takes a repair for one', async () => {
      const flight = await scene.flight({ seats: 9 });
      await scene.hold(flight.id, 1);
      const { watch } = watching();
      expect((await watch.round()).news).toEqual([]);
      await scene.db.query(`
        insert into booking select (jsonb_populate_record(b, jsonb_build_object('id', gen_random_uuid()))).* from booking b`);
      expect((await watch.round()).news).toMatchObject([
        { flightId: flight.id, counters: { held: 1 }, ledger: { held: 1 }, bookings: { held: 2 } },
      ]);
      // Seats are sold meanwhile, by which it is the same finding.
      await scene.hold(flight.id, 1);
      expect(await watch.round()).toMatchObject({ news: [], status: { drift: 1 } });
      await repair(flight, await versionOf(flight.id));
      expect(await watch.round()).toMatchObject({ news: [], status: { drift: 0 } });
      await scene.hold(flight.id, 1);
      expect(await watch.round()).toMatchObject({ news: [], status: { drift: 0 } });
      expect(await seats().audit.query({ flightId: flight.id })).toMatchObject({ drift: 0 });
    });

    it('[AUDIT-10] finds holds that nobody would ever end, and ends them', async () => {
      // A record with one cabin: its turn comes at once.
      const small = await openScene(silentGateway);
      const flight = await small.flight({ seats: 3 });
      const [lost, paying, fresh] = await Promise.all([1, 1, 1].map((seats) => small.hold(flight.id, seats)));
      await small.guest.trpc.booking.pay.mutate({ id: paying?.id as string });
      const { watch } = watching(small);
      expect((await watch.round()).overdue).toEqual([]);
      const ids = [lost?.id, paying?.id] as string[];
      // As after a repair by hand that went wrong: their seats are kept, and no deadline says until when.
      await small.db.query('delete from hold_deadline where bookings && $1::uuid[]', [ids]);
      await small.db.query(`update booking set hold_expires_at = now() - interval '3 minutes' where id = any($1)`, [
        ids,
      ]);
      const { rows } = await small.db.query<{ due: string[] }>('select due_bookings(1000)::text[] as due');
      for (const id of ids) expect(rows[0]?.due).not.toContain(id);
      await expect
        .poll(() => statusesOf(small, [...ids, fresh?.id as string]), { timeout: 30_000 })
        .toEqual(['expired', 'expired', 'held']);
      expect((await watching(small).watch.round()).overdue).toEqual([]);
      expect(await small.drift()).toBe(0);
      await small.close();
    });

    /** As the record has them: whoever reads one through the server ends what is over. */
    async function statusesOf({ db }: Pick<Scene, 'db'>, ids: string[]): Promise<string[]> {
      const { rows } = await db.query<{ status: string }>(
        'select b.status from unnest($1::uuid[]) with ordinality u (id, place) join booking b on b.id = u.id order by u.place',
        [ids],
      );
      return rows.map(({ status }) => status);
    }

    it('[AUDIT-1] compares what changed since it last looked, and nothing twice', async () => {
      const [busy] = await Promise.all([scene.flight(), scene.flight(), scene.flight()]);
      await scene.db.query(`alter table cabin disable trigger cabin_touch`);
      await scene.db.query(`update cabin set updated_at = now() - interval '1 hour'`);
      await scene.db.query(`alter table cabin enable trigger cabin_touch`);
      const { watch } = watching();
      expect((await watch.round()).status).toMatchObject({ changed: 0, drift: 0 });
      await scene.hold(busy.id);
      expect((await watch.round()).status).toMatchObject({ changed: 1, drift: 0 });
      expect((await watch.round()).status).toMatchObject({ changed: 0, drift: 0 });
      await corrupt(busy.id);
      const { status, news } = await watch.round();
      expect(status).toMatchObject({
        changed: 1,
        drift: 1,
        disagreements: [{ flightId: busy.id, counters: { held: 2 }, ledger: { held: 1 }, bookings: { held: 1 } }],
      });
      expect(news).toHaveLength(1);
      // Still there, but no news; a sale in a cabin that has drifted is none either.
      await scene.hold(busy.id);
      const later = await watch.round();
      expect(later.status.drift).toBe(1);
      expect(later.news).toEqual([]);
    });

    it('[AUDIT-1] [AUDIT-2] of an import it compares a part at once, and all the rest on its way around', async () => {
      const departs = Date.now() + 30 * 86_400_000;
      const wall = (ms: number) => new Date(ms).toISOString().slice(0, 16);
      await writeFlights(
        scene.db,
        Array.from({ length: 700 }, (_, n) => ({
          id: newId(),
          carrier: 'QX',
          number: String(n + 1),
          origin: 'JFK',
          destination: 'LHR',
          departsAt: wall(departs),
          arrivesAt: wall(departs + 7 * 3_600_000),
          departsAtUtc: departs,
          arrivesAtUtc: departs + 7 * 3_600_000,
          cabins: cabinClasses.map((cabin) => ({ cabin, capacity: 9, price: { amount: 9_900, currency: 'USD' } })),
        })),
      );
      const { watch } = watching(scene, 1_000);
      const first = await watch.round();
      expect(first.status.changed).toBe(2_000);
      expect((await watch.round()).status.changed).toBe(0);
      for (let round = 0; round < 8; round++) await watch.round();
      const { status } = await watch.round();
      expect(status.sweep.lastFinishedAt).not.toBeNull();
    });

    it('[AUDIT-1] a change that was committed late is not slept over', async () => {
      const flight = await scene.flight();
      const { watch } = watching();
      await watch.round();
      const slow = await scene.db.connect();
      await slow.query('begin');
      await slow.query('update cabin set held = held + 1, version = version + 1 where flight_id = $1', [flight.id]);
      // Others change meanwhile, with later times.
      await scene.hold((await scene.flight()).id);
      expect((await watch.round()).status.drift).toBe(0);
      await slow.query('commit');
      slow.release();
      // Not only met by the walk through all cabins.
      expect((await watch.round()).status).toMatchObject({ changed: 1, drift: 1 });
    });

    it('[AUDIT-2] visits every other cabin page by page, round by round', async () => {
      const flights = await Promise.all(Array.from({ length: 7 }, () => scene.flight()));
      await scene.db.query(`alter table cabin disable trigger cabin_touch`);
      await corrupt(flights[6]?.id as string, `held = 3, updated_at = now() - interval '1 hour'`);
      await scene.db.query(`update cabin set updated_at = now() - interval '1 hour'`);
      await scene.db.query(`alter table cabin enable trigger cabin_touch`);
      const { watch, drift } = watching(scene, 3);
      const done: number[] = [];
      for (let round = 0; round < 3; round++) {
        const { status } = await watch.round();
        expect(status.changed).toBe(0);
        done.push(status.sweep.done);
      }
      expect(done).toEqual([3, 6, 7]);
      expect(drift.known()).toHaveLength(1);
      await scene.db.query('update cabin set held = 0 where flight_id = $1', [flights[6]?.id]);
      const { status } = await watch.round();
      expect(status).toMatchObject({ drift: 0, sweep: { done: 3, of: 7, lastFinishedAt: expect.any(String) } });
    });

    it('[AUDIT-3] drift raises the metric and one entry of the log a finding, whoever finds it', async () => {
      // Two servers look; each knows nothing of what the other has told.
      const other = await scene.server.startAnother();
      const flight = await scene.flight();
      await scene.hold(flight.id);
      await corrupt(flight.id);
      await expect.poll(() => metric('seat_drift_cabins'), { timeout: 15_000, interval: 200 }).toBe(1);
      await expect.poll(async () => (await events('seats.drift')).length, { timeout: 5_000 }).toBe(1);
      expect((await events('seats.drift'))[0]).toMatchObject({
        subject: flight.id,
        data: { cabin: 'economy', gap: { ledger: { held: -1, sold: 0 }, bookings: { held: -1, sold: 0 } } },
      });
      await expect
        .poll(async () => (await seats().status.query())?.disagreements[0]?.flightId, { timeout: 10_000 })
        .toBe(flight.id);
      // Selling goes on in it.
      await scene.hold(flight.id);
      const before = (await seats().status.query())?.at as string;
      await expect.poll(async () => (await seats().status.query())?.at, { timeout: 20_000 }).not.toBe(before);
      await other.stop();
      expect(await events('seats.drift')).toHaveLength(1);
      await corrupt(flight.id, 'held = held - 1');
      await expect.poll(() => metric('seat_drift_cabins'), { timeout: 15_000, interval: 200 }).toBe(0);
    }, 60_000);
  });

  describe('replay', () => {
    const faults = (view: ReplayView) => view.findings.map(({ fault }) => fault).sort();

    it('[AUDIT-4] replays every fate of a booking without a finding, and tells how far it is', async () => {
      const flight = await everyFate();
      await scene.flight();
      expect(await seats().replay.query({ flightId: flight.id })).toEqual({
        checked: 1,
        of: 1,
        rows: 14,
        drift: 0,
        findings: [],
        finished: true,
      });
      const views: ReplayView[] = [];
      await new Promise<void>((resolve, reject) => {
        seats().onReplay.subscribe({}, { onData: (view) => views.push(view), onComplete: resolve, onError: reject });
      });
      expect(views.at(-1)).toMatchObject({ checked: 2, of: 2, rows: 14, drift: 0, finished: true });
    });

    it('[AUDIT-4] reads any number of cabins in pages', async () => {
      const flight = await everyFate();
      await scene.db.query(`
        with made as (
          insert into flight (id, carrier, number, origin, destination, departs_at, arrives_at, departs_at_utc, arrives_at_utc)
          select gen_random_uuid(), carrier, number, origin, destination, departs_at, arrives_at, departs_at_utc, arrives_at_utc
          from flight, generate_series(1, 1050) where id = '${flight.id}' returning id)
        insert into cabin (flight_id, cabin, target_capacity, capacity, price_amount, price_currency, departs_at_utc)
        select id, 'economy', 9, 9, 1, 'USD', now() from made`);
      const views: ReplayView[] = [];
      await new Promise<void>((resolve, reject) => {
        seats().onReplay.subscribe({}, { onData: (view) => views.push(view), onComplete: resolve, onError: reject });
      });
      expect(views.map(({ checked }) => checked)).toEqual([500, 1_000, 1_051]);
      expect(views.at(-1)).toMatchObject({ of: 1_051, rows: 14, drift: 0, finished: true });
    });

    it.each([
      ['counters', `update cabin set held = held + 1`],
      ['version', `update ledger_move set version = 99 where kind = 'return'`],
      [
        'quantity',
        `update ledger_hold set seats = array_fill(1, array[cardinality(seats)]) where version = (select max(version) from ledger_hold)`,
      ],
      ['sequence', `update ledger_move set kind = 'retake' where kind = 'return'`],
      ['status', `update booking set status = 'held' where status = 'confirmed'`],
      ['no_booking', `delete from booking where status = 'confirmed'`],
      [
        'no_ledger',
        `update ledger_hold h set bookings = array_remove(h.bookings, b.id), seats = h.seats[2:] from booking b
         where b.status = 'paying' and b.id = any(h.bookings)`,
      ],
      // Neither counted nor written down.
      [
        'no_ledger',
        `insert into booking select (jsonb_populate_record(b, jsonb_build_object('id', gen_random_uuid()))).* from booking b limit 1`,
      ],
      [
        'no_cabin',
        `insert into ledger_hold (cabin_id, version, bookings, seats) values (2000000000, 2, array[gen_random_uuid()], '{1}')`,
      ],
      ['below_zero', `update ledger_move set version = 2 where kind = 'return'`],
      ['above_capacity', `update cabin set target_capacity = 4, capacity = held + sold`],
    ] as const)('[AUDIT-5] finds %s', async (fault, damage) => {
      await everyFate();
      expect(await seats().replay.query()).toMatchObject({ drift: 0 });
      await scene.db.query(damage);
      const view = await seats().replay.query();
      expect(faults(view)).toContain(fault);
      expect(view.drift).toBe(1);
      expect(view.findings[0]?.about).not.toBe('');
    });

    it('[AUDIT-5] a cut of capacity is no finding', async () => {
      const flight = await everyFate();
      await scene.operator.trpc.admin.flights.update.mutate({
        flightId: flight.id,
        expectedVersion: 1,
        cabins: [{ cabin: 'economy', capacity: 3 }],
      });
      expect(await seats().replay.query()).toMatchObject({ drift: 0 });
    });
  });

  describe('repair', () => {
    it('[AUDIT-6] brings counters and ledger to what the bookings say', async () => {
      const flight = await everyFate();
      const drift = async () => (await seats().audit.query()).drift;
      const repairs = await metric('seat_repairs_total');
      for (const damage of [
        `update cabin set held = held + 3, sold = sold - 1`,
        `delete from ledger_move where kind = 'confirm'`,
        // More is promised than the limit allows: the limit gives way, as for a cut.
        `update cabin set target_capacity = 1, capacity = 1, held = 0, sold = 0`,
      ]) {
        expect(await drift()).toBe(0);
        await scene.db.query(damage);
        expect(await drift()).toBe(1);
        expect((await seats().replay.query()).drift).toBe(1);
        const { disagreements } = await seats().audit.query();
        const repaired = await repair(flight, disagreements[0]?.version as number);
        expect(repaired).toMatchObject({ was: { bookings: { held: 4, sold: 4 } }, now: { held: 4, sold: 4 } });
        expect(await scene.cabin(flight.id)).toMatchObject({ version: repaired.version });
        expect(await drift()).toBe(0);
        expect(await seats().replay.query()).toMatchObject({ drift: 0, findings: [] });
      }
      expect(await metric('seat_drift_cabins')).toBe(0);
      expect(await metric('seat_repairs_total')).toBe(repairs + 3);
      expect(await events('seats.repaired')).toHaveLength(3);
      const { rows } = await scene.db.query(
        'select kind, attempt, d_held, d_sold from ledger where booking_id = $1 order by attempt',
        [repairBooking],
      );
      expect(rows).toEqual([
        { kind: 'repair', attempt: 0, d_held: 0, d_sold: 0 },
        { kind: 'repair', attempt: 1, d_held: -4, d_sold: 4 },
        { kind: 'repair', attempt: 2, d_held: 0, d_sold: 0 },
      ]);
      // What was repaired sells on and gives back, and stays right.
      const { rows: taken } = await scene.db.query<{ id: string }>(`select id from booking where status = 'confirmed'`);
      const { quoteId } = await scene.guest.trpc.booking.cancelQuote.query({ id: taken[0]?.id as string });
      await scene.guest.trpc.booking.cancel.mutate({ id: taken[0]?.id as string, quoteId });
      expect(await drift()).toBe(0);
      expect(await seats().replay.query()).toMatchObject({ drift: 0, findings: [] });
    });

    it('[AUDIT-7] two repairs at once have one effect, and the other is told', async () => {
      const flight = await everyFate();
      await corrupt(flight.id);
      const expectedVersion = await versionOf(flight.id);
      const answers = await Promise.allSettled(Array.from({ length: 4 }, () => repair(flight, expectedVersion)));
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const answer of answers) {
        if (answer.status === 'fulfilled') continue;
        expect(await failureOf(Promise.reject(answer.reason))).toEqual({
          code: 'VERSION_CONFLICT',
          retryable: false,
          details: { expected: expectedVersion, actual: expectedVersion + 1 },
        });
      }
      const { rows } = await scene.db.query(`select count(*)::int as n from ledger where kind = 'repair'`);
      expect(rows[0]).toEqual({ n: 1 });
    });

    it('[AUDIT-7] refuses where there is nothing to repair, or no such cabin', async () => {
      const flight = await everyFate();
      const version = await versionOf(flight.id);
      expect(await failureOf(repair(flight, version))).toMatchObject({ code: 'NOT_ALLOWED' });
      await corrupt(flight.id);
      expect(await failureOf(repair(flight, version + 2))).toMatchObject({
        code: 'VERSION_CONFLICT',
        details: { actual: version + 1 },
      });
      expect(await failureOf(repair({ id: newId() }, 1))).toMatchObject({ code: 'NOT_FOUND' });
      const { admin } = scene.guest.trpc;
      const input = { flightId: flight.id, cabin: 'economy', expectedVersion: version } as const;
      expect(await failureOf(admin.seats.repair.mutate(input))).toMatchObject({ code: 'FORBIDDEN' });
    });

    it('[AUDIT-8] sales that go on meanwhile are neither stopped nor lost', async () => {
      const flight = await scene.flight({ seats: 500 });
      await scene.hold(flight.id);
      await corrupt(flight.id, 'held = held + 5');
      const expectedVersion = await versionOf(flight.id);
      let selling = true;
      let sold = 0;
      const sellers = Array.from({ length: 4 }, async () => {
        while (selling) {
          const { id } = await scene.hold(flight.id);
          await scene.guest.trpc.booking.pay.mutate({ id });
          await scene.deliver({ bookingId: id });
          sold++;
        }
      });
      await expect.poll(() => sold).toBeGreaterThan(8);
      // Stopped with the row in its hands: whoever sells waits for it.
      const disarm = armPausePoint('repair.before-commit', async () => {
        disarm();
        const now = sold;
        await Promise.race([
          scene.hold(flight.id).then(() => Promise.reject(new Error('a sale went past the lock'))),
          expect
            .poll(() =>
              scene.db
                .query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
                .then((r) => r.rowCount),
            )
            .toBeGreaterThan(0),
        ]);
        expect(sold).toBeLessThanOrEqual(now + 4);
      });
      await repair(flight, expectedVersion);
      const then = sold;
      await expect.poll(() => sold).toBeGreaterThan(then + 8);
      selling = false;
      await Promise.all(sellers);
      expect(await seats().audit.query({ flightId: flight.id })).toMatchObject({ drift: 0 });
      expect(await seats().replay.query({ flightId: flight.id })).toMatchObject({ drift: 0, findings: [] });
    });
  });
});
