import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BookingView } from '../../shared/booking.ts';
import type { AdminEvent } from '../../shared/operations.ts';
import { type Connected, connect, connectGuest, failureOf } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('the log', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(() => scene.close());

  /** The states after `lastEventId`, up to one with this status. */
  const states = (who: Connected, bookingId: string, until: BookingView['status'], lastEventId?: string) =>
    new Promise<{ id: string; status: string }[]>((resolve, reject) => {
      const seen: { id: string; status: string }[] = [];
      const subscription = who.trpc.booking.onStatus.subscribe(
        { bookingId, lastEventId },
        {
          onData: ({ id, data }) => {
            seen.push({ id, status: data.status });
            if (data.status !== until) return;
            subscription.unsubscribe();
            resolve(seen);
          },
          onError: reject,
        },
      );
    });

  it('[LOG-1] a booking\u2019s states come in order, none skipped, none twice, wherever one asks', async () => {
    const flight = await scene.flight({ seats: 5 });
    const { id } = await scene.hold(flight.id);
    const other = await scene.server.startAnother();
    const there = connect(other.url, { token: scene.guest.token });
    const watched = Promise.all([states(scene.guest, id, 'refunded'), states(there, id, 'refunded')]);
    await scene.guest.trpc.booking.pay.mutate({ id });
    await scene.deliver({ bookingId: id });
    const { quoteId } = await scene.guest.trpc.booking.cancelQuote.query({ id });
    await scene.guest.trpc.booking.cancel.mutate({ id, quoteId });
    const whole = ['held', 'paying', 'confirmed', 'refund_pending', 'refunded'];
    for (const seen of await watched) {
      // Whoever came later starts from what was then; from there on nothing is missing.
      expect(seen.map((each) => each.status)).toEqual(whole.slice(whole.length - seen.length));
      expect(seen.map((each) => Number(each.id))).toEqual(seen.map((_, index) => 6 - seen.length + index));
    }
    // Resumed from each position, by another process.
    for (let from = 1; from <= 4; from++) {
      const rest = await states(there, id, 'refunded', String(from));
      expect(rest.map((each) => each.status)).toEqual(whole.slice(from));
    }
    expect(await failureOf(states(there, id, 'refunded', '99'))).toMatchObject({ code: 'INVALID_INPUT' });
    const stranger = await connectGuest(scene.server.url);
    expect(await failureOf(states(stranger, id, 'refunded'))).toMatchObject({ code: 'NOT_FOUND' });
    await Promise.all([there.close(), stranger.close()]);
  });

  const events = (who: Connected, enough: (seen: AdminEvent[]) => boolean, lastEventId?: string) =>
    new Promise<AdminEvent[]>((resolve, reject) => {
      const seen: AdminEvent[] = [];
      const subscription = who.trpc.admin.onEvents.subscribe(
        { lastEventId },
        {
          onData: ({ data }) => {
            seen.push(data);
            if (!enough(seen)) return;
            subscription.unsubscribe();
            resolve(seen);
          },
          onError: reject,
        },
      );
    });

  it('[LOG-2] an operator follows everything and resumes without a gap or a repeat', async () => {
    const flight = await scene.flight({ seats: 50 });
    const bookings = await Promise.all(Array.from({ length: 20 }, () => scene.hold(flight.id)));
    const ids = new Set(bookings.map((booking) => booking.id));
    const [created] = await events(scene.operator, (seen) => seen.at(-1)?.subject.flightId === flight.id).then((seen) =>
      seen.slice(-1),
    );
    await Promise.all(bookings.map(({ id }) => scene.guest.trpc.booking.pay.mutate({ id })));
    await Promise.all(bookings.map(({ id }) => scene.deliver({ bookingId: id })));
    const ours = (seen: AdminEvent[]) => seen.filter((event) => ids.has(event.subject.bookingId ?? ''));
    const all = await events(scene.operator, (seen) => ours(seen).length === 40, created?.id);
    expect(new Set(all.map((event) => event.id)).size).toBe(all.length);
    for (const id of ids) {
      expect(all.filter((event) => event.subject.bookingId === id).map((event) => event.type)).toEqual([
        'booking_intent.created',
        'booking.confirmed',
      ]);
    }
    const middle = all[Math.floor(all.length / 2)] as AdminEvent;
    const rest = await events(scene.operator, (seen) => seen.at(-1)?.id === all.at(-1)?.id, middle.id);
    expect(rest.map((event) => event.id)).toEqual(all.slice(all.indexOf(middle) + 1).map((event) => event.id));
    expect(await failureOf(events(scene.operator, () => true, 'nonsense'))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('[LOG-3] an entry that commits late is not skipped by whoever has read later ones', async () => {
    const late = await scene.db.connect();
    await late.query('begin');
    await late.query(`insert into outbox (type, data) values ('test.late', '{}')`);
    // This one has a greater id and commits first.
    await scene.db.query(`insert into outbox (type, data) values ('test.early', '{}')`);
    const both = events(scene.operator, (seen) => {
      const types = seen.map((event) => event.type);
      return types.includes('test.late') && types.includes('test.early');
    });
    await late.query('commit');
    late.release();
    const types = (await both).map((event) => event.type).filter((type) => type.startsWith('test.'));
    expect(types).toEqual(['test.late', 'test.early']);
  });
});
