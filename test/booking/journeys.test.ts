import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import type { Passenger } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import { type Connected, connect, connectGuest, failureOf } from '../support/connect.ts';
import { dateIn } from '../support/flights.ts';
import { moveDeadline } from '../support/move-deadline.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

const adult: Passenger = { type: 'adult', givenName: 'Ada', familyName: 'Byron' };
const infant: Passenger = { type: 'infant_on_lap', givenName: 'Anne', familyName: 'Byron' };

describe('what a traveller does with a booking', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(async () => {
    expect(await scene.drift()).toBe(0);
    await scene.close();
  });
  const booking = () => scene.guest.trpc.booking;
  const confirmed = async (options: Parameters<Scene['flight']>[0] = {}) => {
    const flight = await scene.flight(options);
    const { id } = await scene.hold(flight.id, 2);
    await booking().pay.mutate({ id });
    expect(await scene.deliver({ bookingId: id })).toBe(200);
    return { flight, id };
  };

  it('[BOOK-4] several legs are held all or none', async () => {
    const [out, back] = await Promise.all([scene.flight({ seats: 3 }), scene.flight({ seats: 1, price: 30_000 })]);
    const legs = [out, back].map((flight) => ({ flightId: flight.id, cabin: 'economy' as const }));
    expect(await failureOf(booking().hold.mutate({ id: newId(), legs, seats: 2 }))).toMatchObject({
      code: 'SOLD_OUT',
      details: { flightId: back.id, available: 1 },
    });
    expect(await scene.cabin(out.id)).toMatchObject({ available: 3, version: 1 });
    const held = await booking().hold.mutate({ id: newId(), legs, seats: 1 });
    expect(held).toMatchObject({ price: { amount: 75_000, currency: 'USD' }, legs });
    expect(await scene.cabin(out.id)).toMatchObject({ available: 2 });
    expect(await scene.cabin(back.id)).toMatchObject({ available: 0 });
    await booking().cancel.mutate({ id: held.id });
    expect(await scene.cabin(out.id)).toMatchObject({ available: 3 });
    expect(await scene.cabin(back.id)).toMatchObject({ available: 1 });
  });

  it('[BOOK-4] two legs in one cabin are summed before they are taken', async () => {
    const flight = await scene.flight({ seats: 3 });
    const legs = [0, 1].map(() => ({ flightId: flight.id, cabin: 'economy' as const }));
    expect(await failureOf(booking().hold.mutate({ id: newId(), legs, seats: 2 }))).toMatchObject({ code: 'SOLD_OUT' });
    await booking().hold.mutate({ id: newId(), legs, seats: 1 });
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 1 });
  });

  it('[BOOK-5] charges what was shown, or says what changed', async () => {
    const flight = await scene.flight({ seats: 9 });
    const legs = [{ flightId: flight.id, cabin: 'economy' as const }];
    const expected = { amount: 90_000, currency: 'USD' };
    await scene.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: flight.version,
      cabins: [{ cabin: 'economy', price: { amount: 50_000, currency: 'USD' } }],
    });
    const id = newId();
    expect(await failureOf(booking().hold.mutate({ id, legs, seats: 2, expected }))).toMatchObject({
      code: 'PRICE_CHANGED',
      details: { was: expected, now: { amount: 100_000, currency: 'USD' } },
    });
    const held = await booking().hold.mutate({ id, legs, seats: 2, expected: { amount: 100_000, currency: 'USD' } });
    await scene.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: flight.version + 1,
      cabins: [{ cabin: 'economy', price: { amount: 70_000, currency: 'USD' } }],
    });
    expect(await booking().pay.mutate({ id: held.id })).toMatchObject({
      price: { amount: 100_000, currency: 'USD' },
      payment: { amount: { amount: 100_000, currency: 'USD' } },
    });
  });

  it('[BOOK-5] a price that changes between pricing and taking is not charged unseen', async () => {
    const flight = await scene.flight({ seats: 9 });
    const disarm = armPausePoint('lane.hold.before-call', async () => {
      disarm();
      await scene.db.query('update cabin set price_amount = 99999, version = version + 1 where flight_id = $1', [
        flight.id,
      ]);
    });
    const call = booking().hold.mutate({
      id: newId(),
      legs: [{ flightId: flight.id, cabin: 'economy' }],
      seats: 1,
      expected: { amount: 45_000, currency: 'USD' },
    });
    expect(await failureOf(call)).toMatchObject({ code: 'PRICE_CHANGED', details: { now: { amount: 99_999 } } });
  });

  it('[BOOK-6] lap infants take no seat, and names take none either', async () => {
    const flight = await scene.flight({ seats: 2 });
    const legs = [{ flightId: flight.id, cabin: 'economy' as const }];
    const held = await booking().hold.mutate({ id: newId(), legs, passengers: [adult, infant] });
    expect(held).toMatchObject({ seats: 1, passengers: [adult, infant], price: { amount: 45_000 } });
    const renamed = await booking().setPassengers.mutate({
      id: held.id,
      passengers: [{ ...adult, givenName: 'Augusta' }, infant],
      contact: { email: 'ada@example.org' },
    });
    expect(renamed).toMatchObject({ version: held.version + 1, contact: { email: 'ada@example.org' } });
    expect(renamed.passengers[0]).toMatchObject({ givenName: 'Augusta' });
    const repeated = await booking().setPassengers.mutate({ id: held.id, passengers: renamed.passengers });
    expect(repeated).toEqual(renamed);
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 1, version: 2 });
    expect(await failureOf(booking().setPassengers.mutate({ id: held.id, passengers: [adult, adult] }))).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path: ['passengers'] }] },
    });
  });

  it('[BOOK-7] a confirmed booking is cancelled by its newest quote, once', async () => {
    const { flight, id } = await confirmed({ seats: 4 });
    expect(await failureOf(booking().cancel.mutate({ id }))).toMatchObject({ code: 'NOT_ALLOWED' });
    const old = await booking().cancelQuote.query({ id });
    const quote = await booking().cancelQuote.query({ id });
    expect(quote).toMatchObject({ refund: { amount: 90_000, currency: 'USD' }, penalty: { amount: 0 } });
    expect(await failureOf(booking().cancel.mutate({ id, quoteId: old.quoteId }))).toMatchObject({
      code: 'NOT_ALLOWED',
    });
    const answers = await Promise.all([0, 1, 2].map(() => booking().cancel.mutate({ id, quoteId: quote.quoteId })));
    for (const answer of answers) expect(['refund_pending', 'refunded']).toContain(answer.status);
    expect(await scene.reaches(id, 'refunded')).toMatchObject({
      refund: { status: 'succeeded', amount: { amount: 90_000 } },
    });
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 4 });
  });

  it('[BOOK-7] within a day of departure half is kept', async () => {
    const tomorrow = new Date(Date.now() + 20 * 3_600_000).toISOString().slice(0, 16);
    const { id } = await confirmed({
      origin: 'LHR',
      destination: 'CDG',
      departsAt: tomorrow,
      arrivesAt: new Date(Date.now() + 24 * 3_600_000).toISOString().slice(0, 16),
      price: 10_001,
    });
    const quote = await booking().cancelQuote.query({ id });
    expect(quote).toMatchObject({ refund: { amount: 10_001 }, penalty: { amount: 10_001 } });
  });

  it('[BOOK-7] a booking that is being paid for cannot be cancelled', async () => {
    const flight = await scene.flight();
    const { id } = await scene.hold(flight.id);
    await booking().pay.mutate({ id });
    expect(await failureOf(booking().cancel.mutate({ id }))).toMatchObject({
      code: 'NOT_ALLOWED',
      details: { status: 'paying' },
    });
  });

  const tryHold = (flightId: string, who: Connected) =>
    scene.hold(flightId, 1, who).then(
      ({ status }) => status,
      () => 'refused',
    );

  it('[BOOK-8] a hold that is due is nobody\u2019s: its seats go to the next buyer without a sweeper', async () => {
    const flight = await scene.flight({ seats: 1 });
    const first = await scene.hold(flight.id);
    const other = await connectGuest(scene.server.url);
    expect(await failureOf(scene.hold(flight.id, 1, other))).toMatchObject({ code: 'SOLD_OUT' });
    await scene.overdue(first.id);
    await expect.poll(() => tryHold(flight.id, other)).toBe('held');
    expect(await booking().get.query({ id: first.id })).toMatchObject({ status: 'expired' });
    await other.close();
  });

  it('[BOOK-8] expiry and payment at the same moment: one of them wins, whole', async () => {
    const flight = await scene.flight({ seats: 1 });
    const { id } = await scene.hold(flight.id);
    await booking().pay.mutate({ id });
    await moveDeadline(scene.db, [id], '200 ms');
    // Somebody is deciding this booking and has its row; the payment waits, and the deadline passes meanwhile.
    const decider = await scene.db.connect();
    await decider.query('begin');
    await decider.query('select from booking where id = $1 for update', [id]);
    const delivered = scene.deliver({ bookingId: id });
    const due = () =>
      scene.db.query('select hold_expires_at < clock_timestamp() as due from booking where id = $1', [id]);
    await expect.poll(async () => (await due()).rows[0].due).toBe(true);
    const contender = await connectGuest(scene.server.url);
    const refused = await failureOf(scene.hold(flight.id, 1, contender));
    await decider.query('rollback');
    decider.release();
    expect(await delivered).toBe(200);
    expect(refused.code).toBe('SOLD_OUT');
    expect(await booking().get.query({ id })).toMatchObject({ status: 'confirmed' });
    await contender.close();
  });

  it('[BOOK-9] lists only one\u2019s own bookings, newest first, page by page', async () => {
    const own = await connectGuest(scene.server.url);
    const flight = await scene.flight({ seats: 9 });
    const made: string[] = [];
    for (let index = 0; index < 5; index++) made.push((await scene.hold(flight.id, 1, own)).id);
    const first = await own.trpc.booking.list.query({ limit: 3 });
    const second = await own.trpc.booking.list.query({ limit: 3, cursor: first.nextCursor });
    expect([...first.bookings, ...second.bookings].map((each) => each.id)).toEqual(made.toReversed());
    expect(second.nextCursor).toBeNull();
    expect((await own.trpc.booking.list.query({ status: 'confirmed' })).bookings).toEqual([]);
    const forged = Buffer.from('["yesterday","me"]').toString('base64url');
    for (const cursor of ['nonsense', forged]) {
      expect(await failureOf(own.trpc.booking.list.query({ cursor }))).toMatchObject({
        code: 'INVALID_INPUT',
        details: { issues: [{ path: ['cursor'] }] },
      });
    }
    await own.close();
  });

  it('[WIRE-1] bad input names each field, and nothing is written', async () => {
    const flight = await scene.flight({ seats: 9 });
    const leg = { flightId: flight.id, cabin: 'economy' as const };
    const paths = async (input: unknown) => {
      const failure = await failureOf(booking().hold.mutate(input as never));
      if (failure.code !== 'INVALID_INPUT') throw new Error(failure.code);
      return failure.details.issues.map((issue) => issue.path.join('.'));
    };
    expect(await paths({ id: newId(), legs: [leg], seats: 0 })).toEqual(['seats']);
    expect(await paths({ id: newId(), legs: [leg], seats: 10 })).toEqual(['seats']);
    expect(await paths({ id: newId(), legs: [leg] })).toEqual(['seats']);
    expect(await paths({ id: newId(), legs: [], seats: 1 })).toEqual(['legs']);
    expect(await paths({ id: 'x', legs: [{ flightId: 7, cabin: 'hold' }], seats: 1 })).toEqual([
      'id',
      'legs.0.flightId',
      'legs.0.cabin',
    ]);
    expect(await paths({ id: newId(), legs: [leg], passengers: [infant] })).toContain('passengers');
    expect(await paths(undefined)).toEqual(['']);
    expect(await scene.cabin(flight.id)).toMatchObject({ available: 9, version: 1 });
    const { rows } = await scene.db.query('select count(*)::int as n from booking_leg where flight_id = $1', [
      flight.id,
    ]);
    expect(rows[0]).toEqual({ n: 0 });
  });

  it('[WIRE-2] each refusal has its code', async () => {
    const flight = await scene.flight({ seats: 9 });
    const stranger = connect(scene.server.url);
    const hold = (flightId: string, cabin: 'economy' | 'first' = 'economy') =>
      booking().hold.mutate({ id: newId(), legs: [{ flightId, cabin }], seats: 1 });
    expect(await failureOf(hold(newId()))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failureOf(hold(flight.id, 'first'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failureOf(stranger.trpc.booking.list.query())).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await failureOf(scene.guest.trpc.admin.overview.query())).toMatchObject({ code: 'FORBIDDEN' });
    expect(await failureOf(stranger.trpc.admin.overview.query())).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await failureOf(booking().get.query({ id: newId() }))).toMatchObject({ code: 'NOT_FOUND' });
    await scene.operator.trpc.admin.flights.update.mutate({ flightId: flight.id, expectedVersion: 1, state: 'closed' });
    expect(await failureOf(hold(flight.id))).toMatchObject({ code: 'CLOSED' });
    const past = await scene.flight({ departsAt: `${dateIn(-2)}T10:00`, arrivesAt: `${dateIn(-2)}T22:00` });
    expect(past.state).toBe('departed');
    expect(await failureOf(hold(past.id))).toMatchObject({ code: 'CLOSED', details: { state: 'departed' } });
    await stranger.close();
  });
});
