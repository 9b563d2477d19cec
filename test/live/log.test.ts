import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRedis } from '../../scripts/stage/whole-redis.ts';
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
    // From before the beginning.
    const all = await states(there, id, 'refunded', '0');
    expect(all.map((each) => each.status)).toEqual(whole);
    expect(all.map((each) => each.id)).toEqual(['1', '2', '3', '4', '5']);
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

  it('[LOG-2] an id of one process is good at another, and after a restart', async () => {
    const flight = await scene.flight({ seats: 5 });
    const { id } = await scene.hold(flight.id);
    await scene.guest.trpc.booking.pay.mutate({ id });
    const about = (type: string) => (seen: AdminEvent[]) =>
      seen.at(-1)?.subject.bookingId === id && seen.at(-1)?.type === type;
    const here = await events(scene.operator, about('booking_intent.created'));
    const last = here.at(-1) as AdminEvent;
    expect(last.id).toMatch(/^1:\d+-\d+$/);
    expect(last.snapshot).toBeUndefined();

    const other = await scene.server.startAnother();
    const there = connect(other.url, { apiKey: scene.server.apiKey });
    const coming = events(there, about('booking.confirmed'), last.id);
    await scene.deliver({ bookingId: id });
    const confirmed = (await coming) as AdminEvent[];
    expect(confirmed.map((event) => event.type)).toEqual(['booking.confirmed']);
    await there.close();
    await other.stop();

    const again = await scene.server.startAnother();
    const operator = connect(again.url, { apiKey: scene.server.apiKey });
    expect(await events(operator, about('booking.confirmed'), last.id)).toEqual(confirmed);
    await operator.close();
    await again.stop();
  });

  it('[FEED-1] what any process wrote stands in the stream as in the record, each entry once', async () => {
    const flight = await scene.flight({ seats: 50 });
    const other = await scene.server.startAnother();
    const there = connect(other.url, { token: scene.guest.token });
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const who = index % 2 ? there : scene.guest;
        const { id } = await scene.hold(flight.id, 1, who);
        await who.trpc.booking.pay.mutate({ id });
      }),
    );
    const { rows: cluster } = await scene.db.query<{ id: string }>('select id from cluster');
    const redis = connectRedis(scene.server.engines.redisUrl);
    const inStream = async () =>
      (await redis.xrange(`airside:${cluster[0]?.id}:feed:{booking_event_stream}:1`, '-', '+')).map(([id]) => id);
    const { rows } = await scene.db.query<{ position: string }>(
      `select xid::text || '-' || id as position from outbox order by xid, id`,
    );
    expect(rows.length).toBeGreaterThan(20);
    await expect.poll(inStream, { timeout: 10_000 }).toEqual(rows.map((row) => row.position));
    redis.disconnect();
    await there.close();
    await other.stop();
  });

  it('[FEED-4] an id that cannot be served any more is answered by the newest fifty, marked, and then by what comes', async () => {
    const flight = await scene.flight({ seats: 90 });
    for (let index = 0; index < 60; index++) {
      await scene.db.query(`insert into outbox (type, data) values ('test.filler', '{}')`);
    }
    const newest = await events(scene.operator, (seen) => seen.length === 50);
    expect(newest.every((event) => event.snapshot === undefined)).toBe(true);
    const unmarked = (seen: AdminEvent[]) => seen.map(({ snapshot: _, ...event }) => event);
    const isOver = (seen: AdminEvent[]) => seen.at(-1)?.type === 'booking_intent.created' && !seen.at(-1)?.snapshot;
    const [oldest] = (
      await scene.db.query<{ xid: string; id: string }>('select xid::text, id::text from outbox limit 1')
    ).rows;
    const [middle] = (
      await scene.db.query<{ xid: string; id: string }>(
        'select xid::text, id::text from outbox order by xid, id offset 10 limit 1',
      )
    ).rows;
    await scene.db.query('update log_horizon set xid = $1, id = $2', [middle?.xid, middle?.id]);
    for (const lost of [`1:${oldest?.xid}-${oldest?.id}`, '1:99999999999-5', `2:${newest[9]?.id.slice(2)}`]) {
      let onTold = () => {};
      const told = new Promise<void>((resolve) => {
        onTold = resolve;
      });
      const enough = (seen: AdminEvent[]) => {
        if (seen.length === 50) onTold();
        return isOver(seen);
      };
      const following = events(scene.operator, enough, lost);
      // What happens before the newest fifty are read is one of them.
      await Promise.race([told, following]);
      const { id } = await scene.hold(flight.id);
      await scene.guest.trpc.booking.pay.mutate({ id });
      const seen = await following;
      const marked = seen.filter((event) => event.snapshot);
      expect(marked, lost).toHaveLength(50);
      expect(seen.slice(0, 50)).toEqual(marked);
      expect(seen.at(-1)?.subject.bookingId).toBe(id);
      expect(new Set(seen.map((event) => event.id)).size).toBe(seen.length);
      // From an id of the snapshot it goes on like from any other.
      const from = marked[47] as AdminEvent;
      const rest = await events(scene.operator, (now) => now.at(-1)?.id === seen.at(-1)?.id, from.id);
      expect(unmarked(rest)).toEqual(unmarked(seen.slice(48)));
    }
    await scene.db.query(`update log_horizon set xid = '0', id = 0`);
  });

  it('[FEED-4] a restored record begins a new epoch, with a stream of its own', async () => {
    const before = (await events(scene.operator, (seen) => seen.length === 50)) as AdminEvent[];
    // As a dump of another server brings them: numbers of transactions that this one has yet to reach.
    await scene.db.query(`update outbox set xid = (xid::text::bigint + 1000000000)::text::xid8`);
    const { rows } = await scene.db.query<{ epoch: number }>('select begin_epoch() as epoch');
    expect(rows).toEqual([{ epoch: 2 }]);
    const restored = await scene.server.startAnother();
    const operator = connect(restored.url, { apiKey: scene.server.apiKey });
    const seen = await events(operator, (now) => now.length === 50, before[40]?.id);
    expect(seen.every((event) => event.snapshot && event.id.startsWith('2:'))).toBe(true);
    expect(seen.map((event) => event.at)).toEqual(before.map((event) => event.at));
    // What happens from now on comes after all that.
    const guest = await connectGuest(restored.url);
    const flight = await scene.flight({ seats: 2 });
    const { id } = await scene.hold(flight.id, 1, guest);
    await guest.trpc.booking.pay.mutate({ id });
    const next = await events(operator, (now) => now.at(-1)?.subject.bookingId === id, seen.at(-1)?.id);
    expect(next.map((event) => event.type)).toEqual(['flight.created', 'booking_intent.created']);
    await Promise.all([operator.close(), guest.close()]);
    await restored.stop();
  });
});
