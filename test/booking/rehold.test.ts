import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BookingView, Passenger } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import { connectGuest, failureOf } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

const passengers: Passenger[] = [
  {
    type: 'adult',
    givenName: 'Ada',
    familyName: 'Byron',
    bornOn: '1990-12-10',
    // Keys in an order that neither the schema nor jsonb keeps.
    document: { number: 'X1234567', expiresOn: '2040-01-01', type: 'passport', country: 'GB' },
  },
  { type: 'infant_on_lap', givenName: 'Anne', familyName: 'Byron' },
];

describe('holding again', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(async () => {
    expect(await scene.drift()).toBe(0);
    await scene.close();
  });
  const booking = () => scene.guest.trpc.booking;
  const rehold = (id: string, more: { newId?: string; expected?: { amount: number; currency: string } } = {}) =>
    booking().rehold.mutate({ id, newId: newId(), ...more });

  /** A booking of two legs, as each state leaves it. */
  async function ended(how: 'expired' | 'failed' | 'cancelled' | 'refunded'): Promise<BookingView> {
    const [out, back] = await Promise.all([scene.flight({ seats: 4 }), scene.flight({ seats: 4, price: 30_000 })]);
    const legs = [out, back].map((flight) => ({ flightId: flight.id, cabin: 'economy' as const }));
    const contact = { email: 'ada@example.org' };
    const { id } = await booking().hold.mutate({ id: newId(), legs, passengers, contact });
    if (how === 'expired') await scene.overdue(id);
    if (how === 'cancelled') await booking().cancel.mutate({ id });
    if (how === 'failed' || how === 'refunded') {
      await booking().pay.mutate({ id });
      await scene.deliver({ bookingId: id, type: how === 'failed' ? 'payment.failed' : 'payment.succeeded' });
    }
    if (how === 'refunded') {
      const { quoteId } = await booking().cancelQuote.query({ id });
      await booking().cancel.mutate({ id, quoteId });
    }
    return scene.reaches(id, how);
  }

  it.each(['expired', 'failed', 'cancelled', 'refunded'] as const)(
    '[BOOK-10] what a booking that is %s had is held under a new id, once',
    async (how) => {
      const old = await ended(how);
      expect(old.availableActions).toEqual(['rehold']);
      const id = newId();
      const answers = await Promise.all(Array.from({ length: 4 }, () => rehold(old.id, { newId: id })));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      const { legs, seats, contact, price } = old;
      expect(answers[0]).toMatchObject({ id, status: 'held', legs, seats, contact, price, passengers, payment: null });
      expect(await booking().get.query({ id: old.id })).toEqual(old);
      for (const { flightId } of legs) expect(await scene.cabin(flightId)).toMatchObject({ available: 3 });
    },
  );

  it('[BOOK-10] a repeat is answered although the old booking lives again', async () => {
    const old = await ended('failed');
    const again = await rehold(old.id);
    await scene.deliver({ bookingId: old.id });
    await scene.reaches(old.id, 'confirmed');
    expect(await rehold(old.id, { newId: again.id })).toEqual(again);
    expect(await failureOf(rehold(old.id))).toMatchObject({ code: 'NOT_ALLOWED' });
  });

  it('[BOOK-10] at today\u2019s price, or the one that was shown, or not at all', async () => {
    const old = await ended('cancelled');
    await scene.operator.trpc.admin.flights.update.mutate({
      flightId: old.legs[1]?.flightId as string,
      expectedVersion: 1,
      cabins: [{ cabin: 'economy', price: { amount: 50_000, currency: 'USD' } }],
    });
    expect(await failureOf(rehold(old.id, { expected: old.price }))).toEqual({
      code: 'PRICE_CHANGED',
      retryable: false,
      details: { was: old.price, now: { amount: 95_000, currency: 'USD' } },
    });
    expect(await rehold(old.id)).toMatchObject({ price: { amount: 95_000 } });
  });

  it('[BOOK-10] only one\u2019s own, only what is over, and only while there are seats', async () => {
    const old = await ended('cancelled');
    const other = await connectGuest(scene.server.url);
    expect(await failureOf(other.trpc.booking.rehold.mutate({ id: old.id, newId: newId() }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    const flightId = old.legs[0]?.flightId as string;
    await scene.hold(flightId, 3, other);
    const last = await rehold(old.id);
    expect(await failureOf(rehold(old.id))).toMatchObject({ code: 'SOLD_OUT', details: { flightId, available: 0 } });
    for (const state of ['held', 'paying', 'confirmed']) {
      if (state === 'paying') await booking().pay.mutate({ id: last.id });
      if (state === 'confirmed') await scene.deliver({ bookingId: last.id });
      expect(await failureOf(rehold(last.id))).toMatchObject({ code: 'NOT_ALLOWED', details: { status: state } });
    }
    // A repeat needs no seats, and an id of another request is none.
    expect(await rehold(old.id, { newId: last.id })).toMatchObject({ id: last.id, status: 'confirmed' });
    const strange = await ended('expired');
    expect(await failureOf(rehold(strange.id, { newId: last.id }))).toMatchObject({ code: 'REQUEST_ID_REUSED' });
    await other.close();
  });
});
