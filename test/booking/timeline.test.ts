import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TimelineEntry } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import { connectGuest, failureOf } from '../support/connect.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('the timeline of a booking', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(() => scene.close());

  const timeline = async (id: string) => (await scene.guest.trpc.booking.timeline.query({ id })).entries;
  const words = (entries: TimelineEntry[]) => entries.map(({ kind, title }) => `${kind}: ${title}`);
  const statesOf = (entries: TimelineEntry[]) =>
    entries.filter((entry) => entry.kind === 'state').map(({ status, version }) => [version, status]);

  it('[STORY-1] tells states, money, seats and changes of its flights, each after what led to it', async () => {
    const [out, back] = await Promise.all([
      scene.flight({ carrier: 'QX', number: '31', seats: 9, price: 40_000 }),
      scene.flight({ carrier: 'QX', number: '32', seats: 9, price: 30_000, origin: 'LHR', destination: 'JFK' }),
    ]);
    const id = newId();
    const legs = [out, back].map(({ id: flightId }) => ({ flightId, cabin: 'economy' as const }));
    await scene.guest.trpc.booking.hold.mutate({ id, legs, seats: 2 });
    const edit = (expectedVersion: number, change: object) =>
      scene.operator.trpc.admin.flights.update.mutate({ flightId: out.id, expectedVersion, ...change });
    await edit(1, { departsAt: `${dateIn(30)}T10:45` });
    // Who has a seat is not concerned.
    await edit(2, { cabins: [{ cabin: 'economy', capacity: 8 }] });
    await edit(3, { state: 'closed' });
    await scene.guest.trpc.booking.setPassengers.mutate({
      id,
      passengers: ['Ada', 'Grace'].map((givenName) => ({ type: 'adult', givenName, familyName: 'Doe' })),
    });
    await scene.guest.trpc.booking.pay.mutate({ id, method: 'card' });
    await scene.deliver({ bookingId: id });
    const { quoteId } = await scene.guest.trpc.booking.cancelQuote.query({ id });
    await scene.guest.trpc.booking.cancel.mutate({ id, quoteId });
    await scene.reaches(id, 'refunded');
    // After its end it is nobody's business any more.
    await edit(4, { departsAt: `${dateIn(30)}T11:00` });

    const entries = await timeline(id);
    const lines = words(entries);
    expect(lines.filter((line) => !line.startsWith('seats'))).toEqual([
      'state: Held for you',
      `schedule: QX 31, JFK → LHR: now departs ${dateIn(30)} 10:45`,
      'passengers: Passengers changed',
      'money: Payment started',
      'state: Waiting for the payment',
      'money: Payment received',
      'state: Confirmed',
      'money: Refund started',
      'state: Your money is on its way back',
      'money: Refund paid out',
      'state: Refunded',
    ]);
    const seats = entries.filter((entry) => entry.kind === 'seats');
    expect(seats.map((entry) => [entry.title, entry.detail])).toEqual(
      ['held', 'sold to you', 'given back'].flatMap((what) => [
        [`2 seats ${what}`, 'QX 31, JFK → LHR, economy.'],
        [`2 seats ${what}`, 'QX 32, LHR → JFK, economy.'],
      ]),
    );
    expect(seats.map((entry) => entry.flightId)).toEqual([out.id, back.id, out.id, back.id, out.id, back.id]);
    // Between two states stands what made the second of them.
    expect(lines.indexOf('seats: 2 seats sold to you')).toBeGreaterThan(
      lines.indexOf('state: Waiting for the payment'),
    );
    expect(lines.lastIndexOf('seats: 2 seats sold to you')).toBeLessThan(lines.indexOf('state: Confirmed'));

    expect(statesOf(entries)).toEqual([
      [1, 'held'],
      [3, 'paying'],
      [4, 'confirmed'],
      [5, 'refund_pending'],
      [6, 'refunded'],
    ]);
    const amount = { amount: 140_000, currency: 'USD' };
    expect(entries.filter((entry) => entry.kind === 'money').map((entry) => entry.amount)).toEqual(
      Array(4).fill(amount),
    );
    expect(entries.find((entry) => entry.title === 'Payment started')?.detail).toBe('Method: card.');
    expect(entries.find((entry) => entry.status === 'paying')?.detail).toMatch(
      /^Your record locator is [A-Z2-9]{6}\.$/,
    );
    expect(JSON.stringify(entries)).not.toMatch(/Ada|Grace|Doe/);
  });

  it('[STORY-1] seats stand before the hold that they made, also where rounding puts them a millisecond behind it', async () => {
    const flight = await scene.flight({ seats: 1 });
    const id = newId();
    await scene.guest.trpc.booking.hold.mutate({ id, legs: [{ flightId: flight.id, cabin: 'economy' }], seats: 1 });
    await scene.db.query(
      `update ledger_hold g set at = b.created_at + interval '1 millisecond' from booking b
       where b.id = $1 and b.id = any(g.bookings)`,
      [id],
    );
    expect(words(await timeline(id))).toEqual(['seats: 1 seat held', 'state: Held for you']);
  });

  it('[STORY-1] a late payment and a cancelled flight are told as they were', async () => {
    const flight = await scene.flight({ carrier: 'QX', number: '33', seats: 1 });
    const { id } = await scene.hold(flight.id);
    await scene.guest.trpc.booking.pay.mutate({ id });
    await scene.overdue(id);
    await scene.reaches(id, 'expired');
    await scene.deliver({ bookingId: id });
    await scene.reaches(id, 'confirmed');
    await scene.operator.trpc.admin.flights.remove.mutate({ flightId: flight.id, expectedVersion: 1 });
    await scene.reaches(id, 'refunded');
    const entries = await timeline(id);
    const lines = words(entries);
    expect(lines).toEqual([
      'seats: 1 seat held',
      'state: Held for you',
      'money: Payment started',
      'state: Waiting for the payment',
      'seats: 1 seat given back',
      'state: The hold ran out',
      'money: Payment received',
      'seats: 1 seat taken again for your payment',
      'state: Confirmed',
      'schedule: QX 33, JFK → LHR: the flight is cancelled',
      'money: Refund started',
      'seats: 1 seat given back',
      'state: Your money is on its way back',
      'money: Refund paid out',
      'state: Refunded',
    ]);
    expect([...entries].sort((a, b) => (a.at < b.at ? -1 : 1)).map((entry) => entry.at)).toEqual(
      entries.map((entry) => entry.at),
    );
  });

  it('[STORY-2] is for its owner and for operators, and for nobody else', async () => {
    const flight = await scene.flight({ seats: 1 });
    const { id } = await scene.hold(flight.id);
    const stranger = await connectGuest(scene.server.url);
    expect(await failureOf(stranger.trpc.booking.timeline.query({ id }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failureOf(stranger.trpc.admin.bookings.timeline.query({ id }))).toMatchObject({ code: 'FORBIDDEN' });
    await stranger.close();
    expect((await scene.operator.trpc.admin.bookings.timeline.query({ id })).entries).toEqual(await timeline(id));
    expect(await failureOf(scene.operator.trpc.admin.bookings.timeline.query({ id: newId() }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    // Whoever looks at a hold that is over is told so.
    await scene.overdue(id);
    expect(statesOf(await timeline(id))).toEqual([
      [1, 'held'],
      [2, 'expired'],
    ]);
  });
});
