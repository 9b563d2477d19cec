import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../client/sdk/create-client.ts';
import { connectRedis, removeKeys } from '../../scripts/stage/whole-redis.ts';
import { pressure } from '../../server/domain/waiting-room/waiting-room.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { newId } from '../../shared/ids.ts';
import type { LineView, PlaceView } from '../../shared/waiting.ts';
import { type Connected, connect, connectGuest, failureOf } from '../support/connect.ts';
import { moveDeadline } from '../support/move-deadline.ts';
import { openScene, type Scene } from '../support/scene.ts';

/** Of the lane: who may wait, and who goes at once. */
const [laneWaitingMax, batchMax] = [1_024, 256];

type Guest = Awaited<ReturnType<typeof connectGuest>>;

describe('a hold where buyers wait in line', () => {
  let scene: Scene;
  /** The same guests may also ask at another process. */
  let elsewhere: string;
  const closings: (() => unknown)[] = [];

  beforeAll(async () => {
    scene = await openScene();
    elsewhere = (await scene.server.startAnother({ AIRSIDE_ROLE: 'web' })).url;
  }, 60_000);
  afterEach(async () => {
    for (const close of closings.splice(0)) await close();
    const { lines } = await scene.operator.trpc.admin.waitingRoom.list.query();
    for (const { flightId, cabin } of lines) {
      await scene.operator.trpc.admin.waitingRoom.close.mutate({ flightId, cabin });
    }
  });
  afterAll(() => scene.close());

  const guest = async (url = scene.server.url): Promise<Guest> => {
    const connected = await connectGuest(url);
    closings.push(connected.close);
    return connected;
  };
  const request = (flightId: string, more: { waitingToken?: string } = {}) => ({
    id: newId(),
    legs: [{ flightId, cabin: 'economy' as const }],
    seats: 1,
    ...more,
  });
  const hold = (who: Connected, flightId: string, more: { waitingToken?: string } = {}) =>
    who.trpc.booking.hold.mutate(request(flightId, more));
  /** The place that a hold is told of instead. */
  async function placeOf(call: Promise<unknown>): Promise<PlaceView> {
    const failure = await failureOf(call);
    if (failure.code !== 'BUSY' || !failure.details.line) throw new Error(`no place: ${JSON.stringify(failure)}`);
    return failure.details.line;
  }
  const enter = (who: Connected, flightId: string) => who.trpc.waiting.enter.mutate({ flightId, cabin: 'economy' });
  const open = (flightId: string, startsAt?: string) =>
    scene.operator.trpc.admin.waitingRoom.open.mutate({ flightId, cabin: 'economy', ...(startsAt && { startsAt }) });
  /** A line in which nobody is let in before the test says so. */
  async function closedSale(seats: number) {
    const flight = await scene.flight({ seats });
    await open(flight.id, new Date(Date.now() + 3_600_000).toISOString());
    await known(elsewhere, flight.id, true);
    return flight;
  }
  /** Waits until a process has heard of a line, or of its end. */
  async function known(url: string, flightId: string, isOpen: boolean): Promise<void> {
    const stranger = connect(url);
    await new Promise<void>((resolve, reject) => {
      const watching = stranger.trpc.waiting.onServing.subscribe(
        { flightId, cabin: 'economy' },
        {
          onData: ({ data }) => {
            if (data.open !== isOpen) return;
            watching.unsubscribe();
            resolve();
          },
          onError: reject,
        },
      );
    });
    await stranger.close();
  }

  it('[WAIT-1] is told its place instead of being turned away, at every process', async () => {
    const flight = await closedSale(3);
    const [here, there] = [await guest(), await guest(elsewhere)];
    const place = await placeOf(hold(here, flight.id));
    expect(place).toMatchObject({ flightId: flight.id, cabin: 'economy', ticket: null, position: 1, soldOut: false });
    expect(place.startsAt).not.toBeNull();
    expect(await placeOf(hold(there, flight.id))).toMatchObject({ ticket: null, position: 2 });
    expect(await enter(there, flight.id)).toMatchObject({ position: 2 });
    const { flights } = await here.trpc.search.flights.query({
      ...{ origin: flight.origin, destination: flight.destination },
      ...{ date: flight.departsAt.slice(0, 10), limit: 200 },
    });
    expect(flights.find(({ id }) => id === flight.id)?.cabins[0]?.available).toBe(3);
    expect(await scene.drift()).toBe(0);
  });

  it('[WAIT-4] is let in by tickets, each seat once, to the last', async () => {
    const flight = await scene.flight({ seats: 3 });
    await open(flight.id);
    await known(elsewhere, flight.id, true);
    const guests = await Promise.all(Array.from({ length: 6 }, (_, at) => guest(at % 2 ? elsewhere : undefined)));
    const told: string[] = [];
    await Promise.all(
      guests.map(async (who) => {
        let waitingToken: string | undefined;
        for (;;) {
          const booking = await hold(who, flight.id, waitingToken ? { waitingToken } : {}).catch(() => undefined);
          if (booking) return void told.push(booking.status);
          const { sold } = await seats(flight.id);
          if (sold === 3) return;
          const place = await enter(who, flight.id);
          waitingToken = place?.token;
          expect(place).not.toBeNull();
        }
      }),
    );
    expect(told).toEqual(['held', 'held', 'held']);
    const [line] = (await scene.operator.trpc.admin.waitingRoom.list.query()).lines;
    expect(line).toMatchObject({ flightId: flight.id, by: 'operator', inversionsPerThousand: 0 });
    expect(await scene.drift()).toBe(0);
  }, 30_000);

  async function seats(flightId: string): Promise<{ sold: number }> {
    const { rows } = await scene.db.query<{ sold: number }>(
      'select held + sold as sold from cabin where flight_id = $1',
      [flightId],
    );
    return rows[0] as { sold: number };
  }

  it('[WAIT-6] does not go past the line with somebody else’s pass', async () => {
    const flight = await scene.flight({ seats: 1 });
    await open(flight.id);
    const [first, thief] = [await guest(), await guest()];
    let pass: PlaceView | null = null;
    await expect
      .poll(async () => {
        pass = await enter(first, flight.id);
        return pass?.passUntil ?? null;
      })
      .not.toBeNull();
    const waitingToken = (pass as unknown as PlaceView).token;
    expect(await placeOf(hold(thief, flight.id, { waitingToken }))).toMatchObject({ position: 1 });
    expect(await hold(first, flight.id, { waitingToken })).toMatchObject({ status: 'held' });
  });

  it('[WAIT-8] that was made before there was a line is answered with its booking', async () => {
    const flight = await scene.flight({ seats: 2 });
    const who = await guest();
    const asked = request(flight.id);
    const booking = await who.trpc.booking.hold.mutate(asked);
    await open(flight.id, new Date(Date.now() + 3_600_000).toISOString());
    expect(await who.trpc.booking.hold.mutate(asked)).toMatchObject({ id: booking.id, version: booking.version });
    // Also with a token: it is no part of what is asked for.
    await enter(who, flight.id);
    expect((await placeOf(hold(who, flight.id))).ticket).toBeNull();
  });

  it('[WAIT-9] goes on without a line that Redis has lost, and the line comes back', async () => {
    const flight = await closedSale(5);
    const who = await guest();
    await placeOf(hold(who, flight.id));
    const redis = connectRedis(scene.server.engines.redisUrl);
    const { rows } = await scene.db.query<{ id: string }>('select id from cluster');
    await removeKeys(redis, `*${rows[0]?.id}*`);
    redis.disconnect();
    // Each process knows it, and whoever needs it puts it back.
    expect(await placeOf(hold(who, flight.id))).toMatchObject({ position: 1 });
    expect(await placeOf(hold(await guest(elsewhere), flight.id))).toMatchObject({ position: 2 });
  });

  it('[WAIT-10] needs no place when an operator has closed the line, at any process', async () => {
    const flight = await closedSale(5);
    const [here, there] = [await guest(), await guest(elsewhere)];
    await placeOf(hold(here, flight.id));
    const closing = { flightId: flight.id, cabin: 'economy' as const };
    expect(await scene.operator.trpc.admin.waitingRoom.close.mutate(closing)).toEqual({ closed: true });
    expect(await scene.operator.trpc.admin.waitingRoom.close.mutate(closing)).toEqual({ closed: false });
    await known(elsewhere, flight.id, false);
    expect(await hold(here, flight.id)).toMatchObject({ status: 'held' });
    expect(await hold(there, flight.id)).toMatchObject({ status: 'held' });
    expect(await enter(here, flight.id)).toBeNull();
  });

  it('[WAIT-10] lines are opened for cabins that exist, by operators of that area, and not by travellers', async () => {
    const failure = await failureOf(open(newId()));
    expect(failure.code).toBe('NOT_FOUND');
    const who = await guest();
    const input = { flightId: newId(), cabin: 'economy' as const };
    expect((await failureOf(who.trpc.admin.waitingRoom.open.mutate(input))).code).toBe('FORBIDDEN');
  });

  it('[WAIT-13] finds the seat of a hold that ran out while nobody was let in, without a sweep', async () => {
    const flight = await scene.flight({ seats: 1 });
    const { id } = await hold(await guest(), flight.id);
    await open(flight.id);
    const who = await guest();
    await enter(who, flight.id);
    await expect.poll(async () => (await enter(who, flight.id))?.soldOut).toBe(true);
    // The sweeps are somebody else's, who is slow.
    const redis = connectRedis(scene.server.engines.redisUrl);
    const { rows } = await scene.db.query<{ id: string }>('select id from cluster');
    const lease = keyspace(rows[0]?.id as string).key('lease', 'expire-holds');
    await expect.poll(() => redis.set(lease, 'elsewhere', 'PX', 60_000, 'NX')).toBe('OK');
    closings.push(() => redis.del(lease).finally(() => redis.disconnect()));
    await moveDeadline(scene.db, [id], '0 s');
    await expect.poll(() => hold(who, flight.id).catch(() => undefined), { timeout: 10_000 }).toBeDefined();
    expect(await redis.get(lease)).toBe('elsewhere');
    expect(await scene.drift()).toBe(0);
  }, 20_000);

  it('[WAIT-7] whoever looks is told the same number, the newest at once', async () => {
    const flight = await scene.flight({ seats: 2 });
    await open(flight.id);
    await known(elsewhere, flight.id, true);
    const seen: Record<string, LineView[]> = { here: [], there: [] };
    const strangers = [connect(scene.server.url), connect(elsewhere)];
    closings.push(...strangers.map((each) => each.close));
    for (const [at, name] of ['here', 'there'].entries()) {
      strangers[at]?.trpc.waiting.onServing.subscribe(
        { flightId: flight.id, cabin: 'economy' },
        { onData: ({ data }) => void seen[name]?.push(data) },
      );
    }
    const guests = await Promise.all([guest(), guest(elsewhere), guest()]);
    for (const who of guests) await enter(who, flight.id);
    for (const name of ['here', 'there']) {
      await expect.poll(() => seen[name]?.at(-1)).toMatchObject({ open: true, nowServing: 2, issued: 3 });
      const served = seen[name]?.map(({ nowServing }) => nowServing) ?? [];
      expect(served).toEqual(served.toSorted((a, b) => a - b));
    }
  });

  it('[WAIT-11] by the SDK stands in line by itself, tells its place, and may leave', async () => {
    const flight = await closedSale(1);
    const sdk = async (url: string) => {
      const client = createClient({ url });
      await client.auth.guest();
      closings.push(() => client.close());
      return client;
    };
    const [first, second, leaver] = await Promise.all([scene.server.url, elsewhere, elsewhere].map(sdk));
    const legs = [{ flightId: flight.id, cabin: 'economy' as const }];
    const places: Record<string, PlaceView[]> = { first: [], second: [], leaver: [] };
    const left = new AbortController();
    const waits = (name: string) => ({ onPlace: (place: PlaceView) => void places[name]?.push(place) });
    const holding = first?.bookings.hold({ legs, seats: 1 }, { waiting: waits('first') });
    await expect.poll(() => places.first?.length).toBe(1);
    const next = second?.bookings.hold({ legs, seats: 1 }, { waiting: { ...waits('second'), stays: true } });
    const leaving = leaver?.bookings
      .hold({ legs, seats: 1 }, { signal: left.signal, waiting: waits('leaver') })
      .catch((error: unknown) => error);
    await expect.poll(() => places.leaver?.length).toBe(1);
    left.abort('had enough');
    expect(await leaving).toBe('had enough');
    // The line is closed: nobody need wait, and one of the two is first.
    await scene.operator.trpc.admin.waitingRoom.close.mutate({ flightId: flight.id, cabin: 'economy' });
    const ended = await Promise.allSettled([holding, next]);
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = ended.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ failure: { code: 'SOLD_OUT' } });
    expect((await leaver?.bookings.list())?.bookings).toEqual([]);
  }, 20_000);

  it('[WAIT-1] a line opens by itself where many are turned away within a second, and each has a place then', async () => {
    const flight = await scene.flight({ seats: 60 });
    // The lane is kept from serving, so that it fills up.
    const barrier = Promise.withResolvers<void>();
    closings.push(armPausePoint('lane.hold.before-call', () => barrier.promise));
    const who = await Promise.all(Array.from({ length: 4 }, () => guest()));
    const answers = Array.from({ length: laneWaitingMax + 2 * batchMax + pressure.refusals + 40 }, (_, at) =>
      hold(who[at % who.length] as Guest, flight.id).then(
        () => 'held',
        (error: { data?: { failure?: { code: string; details: { line?: PlaceView } } } }) =>
          error.data?.failure?.details.line ? 'place' : (error.data?.failure?.code ?? 'no answer'),
      ),
    );
    await expect.poll(async () => (await scene.operator.trpc.admin.waitingRoom.list.query()).lines.length).toBe(1);
    const late = await placeOf(hold(await guest(), flight.id));
    expect(late.ticket).toBeGreaterThan(0);
    barrier.resolve();
    const told = await Promise.all(answers);
    const times = (what: string) => told.filter((each) => each === what).length;
    expect(times('held')).toBe(60);
    expect(times('BUSY')).toBeLessThan(pressure.refusals + 1);
    expect(times('place')).toBeGreaterThan(0);
    expect(await scene.drift()).toBe(0);
  }, 30_000);
});
