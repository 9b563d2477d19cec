import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BookingView, Passenger } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import { type Connected, connectGuest, failureOf } from '../support/connect.ts';
import { moveDeadline } from '../support/move-deadline.ts';
import { inOrder } from '../support/row-queue.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

const adult: Passenger = { type: 'adult', givenName: 'Ada', familyName: 'Byron' };
const infant: Passenger = { type: 'infant_on_lap', givenName: 'Anne', familyName: 'Byron' };

describe('two things at once', () => {
  let scene: Scene;
  let rival: Connected;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
    rival = await connectGuest(scene.server.url);
  });
  afterAll(async () => {
    await vi.waitFor(async () => expect(await unsettled()).toBe(0), { timeout: 10_000 });
    expect(await money()).toMatchObject({ surplus: 0 });
    expect(await scene.operator.trpc.admin.seats.replay.query()).toMatchObject({ drift: 0, findings: [] });
    expect(await scene.drift()).toBe(0);
    await rival.close();
    await scene.close();
  });
  const booking = () => scene.guest.trpc.booking;
  const get = (id: string) => booking().get.query({ id });
  const kindsOf = async (id: string): Promise<string> => {
    const { rows } = await scene.db.query<{ kind: string }>(
      'select kind from ledger where booking_id = $1 order by version',
      [id],
    );
    return rows.map(({ kind }) => kind).join(' ');
  };
  const unsettled = async () => {
    const { rows } = await scene.db.query<{ n: number }>(
      `select count(*)::int as n from refund where status = 'pending'`,
    );
    return rows[0]?.n;
  };
  /** What was captured, not refunded, and is not the price of a confirmed booking. */
  const money = async () => {
    const { rows } = await scene.db.query<{ surplus: number }>(`
      select ((select coalesce(sum(amount), 0) from payment where status = 'succeeded')
        - (select coalesce(sum(amount), 0) from refund where status = 'succeeded')
        - (select coalesce(sum(price_amount), 0) from booking where status = 'confirmed'))::int as surplus`);
    return rows[0];
  };
  const refusedAs = async (result: PromiseSettledResult<unknown>) => {
    expect(result.status).toBe('rejected');
    return failureOf(Promise.reject((result as PromiseRejectedResult).reason));
  };
  const theBooking = 'select from booking where id = $1';
  const theCabin = 'select from cabin where flight_id = $1';

  const held = async (seats = 2) => {
    const flight = await scene.flight({ seats });
    const { id } = await scene.hold(flight.id);
    return { flight, id, lock: theBooking, of: [id] };
  };
  const paying = async (seats = 2) => {
    const arranged = await held(seats);
    await booking().pay.mutate({ id: arranged.id });
    return arranged;
  };
  const pay = ({ id }: { id: string }) => booking().pay.mutate({ id });
  const cancel = ({ id }: { id: string }) => booking().cancel.mutate({ id });
  const succeed = ({ id }: { id: string }) => scene.deliver({ bookingId: id });

  describe('cancelling and confirming', () => {
    it('[PAY-5] cancelled first: the money goes back, the seats are free', async () => {
      const { arranged, first, second } = await inOrder(scene.db, held, cancel, succeed);
      // What is answered is read after the commit: the money may be on its way back already.
      expect(first).toMatchObject({
        status: 'fulfilled',
        value: { status: expect.stringMatching(/^(cancelled|refund_pending|refunded)$/) },
      });
      expect(second).toMatchObject({ status: 'fulfilled', value: 200 });
      await scene.reaches(arranged.id, 'refunded');
      expect(await scene.cabin(arranged.flight.id)).toMatchObject({ available: 2 });
      expect(await kindsOf(arranged.id)).toBe('hold release');
    });

    it('[BOOK-7] confirmed first: without a quote nothing is cancelled', async () => {
      const { arranged, first, second } = await inOrder(scene.db, held, succeed, cancel);
      expect(first).toMatchObject({ status: 'fulfilled', value: 200 });
      expect(await refusedAs(second)).toMatchObject({ code: 'NOT_ALLOWED' });
      expect(await get(arranged.id)).toMatchObject({ status: 'confirmed' });
      expect(await scene.cabin(arranged.flight.id)).toMatchObject({ available: 1 });
      expect(await kindsOf(arranged.id)).toBe('hold confirm');
    });

    it('[BOOK-7] two cancellations of one quote, and a second payment between them: one refund each', async () => {
      const confirmed = async () => {
        const arranged = await paying();
        await succeed(arranged);
        const { quoteId } = await booking().cancelQuote.query({ id: arranged.id });
        return { ...arranged, quoteId };
      };
      const { arranged } = await inOrder(
        scene.db,
        confirmed,
        ({ id, quoteId }) =>
          Promise.all([booking().cancel.mutate({ id, quoteId }), booking().cancel.mutate({ id, quoteId })]),
        ({ id }) => scene.deliver({ bookingId: id, paymentId: newId() }),
      );
      await scene.reaches(arranged.id, 'refunded');
      await expect.poll(unsettled).toBe(0);
      expect(await kindsOf(arranged.id)).toBe('hold confirm return');
      const { rows } = await scene.db.query(
        `select count(*)::int as refunds from refund where booking_id = $1 and status = 'succeeded'`,
        [arranged.id],
      );
      expect(rows[0]).toEqual({ refunds: 2 });
    });
  });

  describe('expiring and paying', () => {
    it('[BOOK-8] expired first: it cannot be paid for, and nothing is charged', async () => {
      const due = async () => {
        const { flight, id } = await held();
        await scene.overdue(id);
        // Whoever expires it takes the booking and then waits for the cabin.
        return { flight, id, lock: theCabin, of: [flight.id] };
      };
      const { arranged, first, second } = await inOrder(scene.db, due, ({ id }) => get(id), pay);
      expect(first).toMatchObject({ status: 'fulfilled', value: { status: 'expired', payment: null } });
      expect(await refusedAs(second)).toMatchObject({ code: 'HOLD_EXPIRED' });
      expect(await kindsOf(arranged.id)).toBe('hold release');
      expect(await scene.cabin(arranged.flight.id)).toMatchObject({ available: 2 });
    });

    it('[BOOK-8] paid for first: it still ends at its deadline, and its late money takes the seats again', async () => {
      const { arranged, first } = await inOrder(scene.db, held, pay, ({ id }) => get(id));
      expect(first).toMatchObject({ status: 'fulfilled', value: { status: 'paying' } });
      await scene.overdue(arranged.id);
      await scene.reaches(arranged.id, 'expired');
      expect(await succeed(arranged)).toBe(200);
      expect(await get(arranged.id)).toMatchObject({ status: 'confirmed' });
      expect(await kindsOf(arranged.id)).toBe('hold release retake');
    });

    it('[BOOK-8] the money comes while it expires: it expires, and is taken again', async () => {
      const due = async () => {
        const { flight, id } = await paying();
        await scene.overdue(id);
        return { flight, id, lock: theCabin, of: [flight.id] };
      };
      const { arranged, second } = await inOrder(scene.db, due, ({ id }) => get(id), succeed);
      expect(second).toMatchObject({ status: 'fulfilled', value: 200 });
      expect(await get(arranged.id)).toMatchObject({ status: 'confirmed' });
      // The sweeper may have been there before either.
      expect(await kindsOf(arranged.id)).toBe('hold release retake');
      expect(await scene.cabin(arranged.flight.id)).toMatchObject({ available: 1 });
    });
  });

  describe('cancelling and expiring', () => {
    it('[BOOK-8] expired first: there is nothing to cancel, and the seats come back once', async () => {
      const due = async () => {
        const { flight, id } = await held();
        await scene.overdue(id);
        return { flight, id, lock: theCabin, of: [flight.id] };
      };
      const { arranged, second } = await inOrder(scene.db, due, ({ id }) => get(id), cancel);
      expect(await refusedAs(second)).toMatchObject({ code: 'NOT_ALLOWED', details: { status: 'expired' } });
      expect(await kindsOf(arranged.id)).toBe('hold release');
      expect(await scene.cabin(arranged.flight.id)).toMatchObject({ available: 2 });
    });

    it('[BOOK-7] cancelled while the deadline passes: whichever is first, the seats come back once', async () => {
      const almostDue = async () => {
        const { flight, id } = await held();
        await moveDeadline(scene.db, [id], '40 ms');
        return { flight, id, lock: theCabin, of: [flight.id] };
      };
      for (let round = 0; round < 5; round++) {
        const { arranged, first } = await inOrder(scene.db, almostDue, cancel, ({ id }) => get(id));
        const { status } = await get(arranged.id);
        if (first.status === 'fulfilled') expect(status).toBe('cancelled');
        else expect(status).toBe('expired');
        expect(await kindsOf(arranged.id)).toBe('hold release');
        expect(await scene.cabin(arranged.flight.id)).toMatchObject({ available: 2 });
      }
    });
  });

  describe('paying and cancelling the flight', () => {
    const takeOff = (flightId: string) =>
      scene.operator.trpc.admin.flights.remove.mutate({ flightId, expectedVersion: 1 });

    async function endsWhole(arranged: Awaited<ReturnType<typeof held>>, paid: PromiseSettledResult<BookingView>) {
      if (paid.status === 'fulfilled') {
        expect(paid.value.status).toBe('paying');
        expect(await succeed(arranged)).toBe(200);
        await scene.reaches(arranged.id, 'refunded');
        expect(['hold confirm return', 'hold release']).toContain(await kindsOf(arranged.id));
      } else {
        expect(await refusedAs(paid)).toMatchObject({ code: 'NOT_ALLOWED' });
        expect(await get(arranged.id)).toMatchObject({ status: 'cancelled', payment: null });
        expect(await kindsOf(arranged.id)).toBe('hold release');
      }
      const { rows } = await scene.db.query('select held, sold from cabin where flight_id = $1', [arranged.flight.id]);
      expect(rows[0]).toEqual({ held: 0, sold: 0 });
    }

    it('[FLIGHT-7] paid for first: the flight goes, and the money comes back', async () => {
      const { arranged, first } = await inOrder(scene.db, held, pay, ({ flight }) => takeOff(flight.id));
      await endsWhole(arranged, first);
    });

    it('[FLIGHT-7] cancelled first: nothing is charged, or all of it comes back', async () => {
      const { arranged, second } = await inOrder(
        scene.db,
        held,
        // What waits is whoever releases the bookings of the flight.
        async ({ flight, id }) => {
          await takeOff(flight.id);
          await scene.reaches(id, 'cancelled');
        },
        pay,
      );
      await endsWhole(arranged, second);
    });

    it('[FLIGHT-7] the money of a payment under way meets the cancellation, in either order', async () => {
      for (const order of ['money', 'cancellation']) {
        const arranged = await paying();
        if (order === 'money') await Promise.all([succeed(arranged), takeOff(arranged.flight.id)]);
        else await takeOff(arranged.flight.id).then(() => succeed(arranged));
        await scene.reaches(arranged.id, 'refunded');
        const { rows } = await scene.db.query('select held, sold from cabin where flight_id = $1', [
          arranged.flight.id,
        ]);
        expect(rows[0]).toEqual({ held: 0, sold: 0 });
      }
    });
  });

  describe('late money for two legs', () => {
    const late = async () => {
      const [out, back] = [await scene.flight({ seats: 1 }), await scene.flight({ seats: 1, price: 30_000 })];
      const legs = [out, back].map((flight) => ({ flightId: flight.id, cabin: 'economy' as const }));
      const { id } = await booking().hold.mutate({ id: newId(), legs, seats: 1 });
      await booking().pay.mutate({ id });
      await scene.overdue(id);
      await get(id);
      return { out, back, id, lock: theCabin, of: [back.id] };
    };
    const buyTheOther = ({ back }: Awaited<ReturnType<typeof late>>) => scene.hold(back.id, 1, rival);

    it('[PAY-4] one leg is gone first: nothing is taken on the other, and all goes back', async () => {
      const { arranged, first, second } = await inOrder(scene.db, late, buyTheOther, succeed);
      expect(first).toMatchObject({ status: 'fulfilled', value: { status: 'held' } });
      expect(second).toMatchObject({ status: 'fulfilled', value: 200 });
      const ended = await scene.reaches(arranged.id, 'refunded');
      expect(ended.refund).toMatchObject({ amount: { amount: 75_000, currency: 'USD' } });
      expect(await kindsOf(arranged.id)).toBe('hold hold release release');
      expect(await scene.cabin(arranged.out.id)).toMatchObject({ available: 1 });
      expect(await scene.cabin(arranged.back.id)).toMatchObject({ available: 0 });
    });

    it('[PAY-4] the money is first: both legs are taken again, and the other buyer is too late', async () => {
      const { arranged, first, second } = await inOrder(scene.db, late, succeed, buyTheOther);
      expect(first).toMatchObject({ status: 'fulfilled', value: 200 });
      expect(await refusedAs(second)).toMatchObject({ code: 'SOLD_OUT', details: { flightId: arranged.back.id } });
      expect(await get(arranged.id)).toMatchObject({ status: 'confirmed' });
      for (const { id } of [arranged.out, arranged.back]) expect(await scene.cabin(id)).toMatchObject({ available: 0 });
    });
  });

  describe('people', () => {
    it('[BOOK-6] names change while somebody has the cabin in his hands: they need no seat of it', async () => {
      const flight = await scene.flight({ seats: 1 });
      const legs = [{ flightId: flight.id, cabin: 'economy' as const }];
      const { id } = await booking().hold.mutate({ id: newId(), legs, passengers: [adult] });
      const before = await scene.cabin(flight.id);
      const holder = await scene.db.connect();
      await holder.query('begin');
      await holder.query(`${theCabin} for update`, [flight.id]);
      // An infant on a lap comes along, and everybody is renamed at once by several calls.
      const names = ['Augusta', 'Annabella', 'Allegra'];
      const views = await Promise.all(
        names.map((givenName) =>
          booking().setPassengers.mutate({ id, passengers: [{ ...adult, givenName }, { ...infant }] }),
        ),
      );
      await holder.query('rollback');
      holder.release();
      expect(new Set(views.map(({ version }) => version)).size).toBe(3);
      expect(names).toContain((await get(id)).passengers[0]?.givenName);
      expect((await get(id)).passengers).toHaveLength(2);
      expect(await scene.cabin(flight.id)).toEqual(before);
      expect(await kindsOf(id)).toBe('hold');
    });

    it('[BOOK-6] lap infants fit where no seat is left for them, and a seat for one must be bought', async () => {
      const flight = await scene.flight({ seats: 2 });
      const legs = [{ flightId: flight.id, cabin: 'economy' as const }];
      const hold = (passengers: Passenger[]) => booking().hold.mutate({ id: newId(), legs, passengers });
      const answers = await Promise.allSettled(Array.from({ length: 6 }, () => hold([adult, infant])));
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
      expect(await scene.cabin(flight.id)).toMatchObject({ available: 0 });
      const one = answers.find(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<BookingView>;
      const seated = { ...infant, type: 'infant_in_seat' as const };
      expect(
        await failureOf(booking().setPassengers.mutate({ id: one.value.id, passengers: [adult, seated] })),
      ).toMatchObject({ code: 'INVALID_INPUT' });
    });

    it('[BOOK-6] a renaming that meets the end of the booking changes its people or nothing', async () => {
      const rename = ({ id }: { id: string }) => booking().setPassengers.mutate({ id, passengers: [adult] });
      const before = await inOrder(scene.db, held, rename, cancel);
      expect(before.first.status).toBe('fulfilled');
      expect(await get(before.arranged.id)).toMatchObject({ status: 'cancelled', passengers: [adult] });
      const after = await inOrder(scene.db, held, cancel, rename);
      expect(await refusedAs(after.second)).toMatchObject({ code: 'NOT_ALLOWED' });
      expect(await get(after.arranged.id)).toMatchObject({ status: 'cancelled', passengers: [] });
    });
  });

  describe('capacity below what is taken', () => {
    const cabinOf = async (flightId: string) => {
      const { flights } = await scene.operator.trpc.admin.flights.list.query({ limit: 200 });
      return flights.find(({ id }) => id === flightId)?.cabins[0];
    };
    const cut = ({ flight }: { flight: { id: string } }, capacity = 1) =>
      scene.operator.trpc.admin.flights.update.mutate({
        flightId: flight.id,
        expectedVersion: 1,
        cabins: [{ cabin: 'economy', capacity }],
      });
    const three = async () => {
      const flight = await scene.flight({ seats: 4 });
      const ids = (await Promise.all([1, 2, 3].map(() => scene.hold(flight.id)))).map(({ id }) => id);
      return { flight, ids, id: ids[0] as string, lock: theCabin, of: [flight.id] };
    };

    it('[FLIGHT-5] a cut meets the hold of the last seat: it is kept, or it is refused', async () => {
      const buy = ({ flight }: { flight: { id: string } }) => scene.hold(flight.id, 1, rival);
      const kept = await inOrder(scene.db, three, buy, cut);
      expect(kept.first.status).toBe('fulfilled');
      expect(await cabinOf(kept.arranged.flight.id)).toMatchObject({ held: 4, targetCapacity: 1, deficit: 3 });
      const late = await inOrder(scene.db, three, cut, buy);
      expect(late.first).toMatchObject({ status: 'fulfilled' });
      expect(await refusedAs(late.second)).toMatchObject({ code: 'SOLD_OUT', details: { available: 0 } });
      expect(await cabinOf(late.arranged.flight.id)).toMatchObject({ held: 3, targetCapacity: 1, deficit: 2 });
    });

    it('[FLIGHT-5] seats that come free make up the deficit before one is sold', async () => {
      const { flight, ids } = await three();
      await cut({ flight });
      await booking().pay.mutate({ id: ids[0] as string });
      await scene.deliver({ bookingId: ids[0] as string });
      expect(await cabinOf(flight.id)).toMatchObject({ held: 2, sold: 1, deficit: 2, available: 0, capacity: 1 });
      for (const [place, deficit] of [
        [1, 1],
        [2, 0],
      ] as const) {
        const [freed, ...tried] = await Promise.allSettled([
          cancel({ id: ids[place] as string }),
          ...Array.from({ length: 4 }, () => scene.hold(flight.id, 1, rival)),
        ]);
        expect(freed.status).toBe('fulfilled');
        for (const each of tried) expect(await refusedAs(each)).toMatchObject({ code: 'SOLD_OUT' });
        expect(await cabinOf(flight.id)).toMatchObject({ deficit, available: 0 });
      }
      // A late payment finds no seat either: what is left belongs to nobody.
      await booking()
        .cancelQuote.query({ id: ids[0] as string })
        .then(({ quoteId }) => booking().cancel.mutate({ id: ids[0] as string, quoteId }));
      expect(await scene.hold(flight.id, 1, rival)).toMatchObject({ status: 'held' });
    });
  });
});
