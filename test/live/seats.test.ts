import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hub } from '../../server/platform/live/hub.ts';
import type { Update } from '../../server/platform/live/topic.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import type { SeatsView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { type Connected, connect, failureOf } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('live seats', () => {
  let scene: Scene;
  let elsewhere: Connected;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
    elsewhere = connect((await scene.server.startAnother()).url);
  });
  afterAll(async () => {
    await elsewhere.close();
    await scene.close();
  });

  /** Collects frames of one flight until one fits. */
  function watch(who: Connected, flightId: string) {
    const frames: { id: string; seats: SeatsView }[] = [];
    let look = () => {};
    const subscription = who.trpc.flights.onSeats.subscribe(
      { flightIds: [flightId] },
      {
        onData: (frame) => {
          frames.push({ id: frame.id, seats: frame.data });
          look();
        },
      },
    );
    return {
      frames,
      until: (fits: (seats: SeatsView) => boolean) =>
        new Promise<SeatsView>((resolve) => {
          look = () => {
            const last = frames.at(-1);
            if (last && fits(last.seats)) resolve(last.seats);
          };
          look();
        }),
      stop: () => subscription.unsubscribe(),
    };
  }
  const available = (count: number) => (seats: SeatsView) => seats.cabins[0]?.available === count;

  it('[LIVE-1] the newest value comes at once, then each change, here and on another process', async () => {
    const flight = await scene.flight({ seats: 5 });
    const here = watch(scene.guest, flight.id);
    const there = watch(elsewhere, flight.id);
    await Promise.all([here.until(available(5)), there.until(available(5))]);
    const held = await scene.hold(flight.id, 2);
    await Promise.all([here.until(available(3)), there.until(available(3))]);
    await scene.guest.trpc.booking.cancel.mutate({ id: held.id });
    await Promise.all([here.until(available(5)), there.until(available(5))]);
    for (const { frames, stop } of [here, there]) {
      stop();
      const versions = frames.map((frame) => Number(frame.id.split(':')[1]));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    }
  });

  it('[LIVE-1] what was told before never replaces what is newer', async () => {
    const at = (version: number): Update[] => [{ topic: 'flight', parts: { economy: { version, body: {} } } }];
    const fail = (error: unknown) => expect.unreachable(String(error));
    const hub = new Hub({ clock: systemClock, load: async () => at(5), onError: fail });
    const leaving = new AbortController();
    const watched = hub.watch(['flight'], leaving.signal);
    const versionOf = async () => (await watched.next()).value?.parts.get('economy')?.version;
    expect(await versionOf()).toBe(5);
    hub.offer(at(6));
    hub.offer(at(4));
    expect(await versionOf()).toBe(6);
    hub.offer(at(5));
    hub.offer(at(7));
    expect(await versionOf()).toBe(7);
    leaving.abort();
    await watched.return(undefined);
    await hub.close();
  });

  it('[LIVE-2] closing, cancelling and new prices ride the same frames', async () => {
    const flight = await scene.flight({ seats: 5 });
    const there = watch(elsewhere, flight.id);
    await there.until(available(5));
    await scene.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: 1,
      state: 'closed',
      cabins: [{ cabin: 'economy', price: { amount: 1, currency: 'USD' } }],
    });
    expect(await there.until((seats) => seats.state === 'closed')).toMatchObject({
      cabins: [{ price: { amount: 1 } }],
    });
    await scene.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: 2,
      state: 'cancelled',
    });
    await there.until((seats) => seats.state === 'cancelled');
    there.stop();
  });

  it('[LIVE-3] a change that no message told of is seen all the same', async () => {
    const flight = await scene.flight({ seats: 5 });
    const there = watch(elsewhere, flight.id);
    await there.until(available(5));
    await scene.db.query('update cabin set target_capacity = 4, version = version + 1 where flight_id = $1', [
      flight.id,
    ]);
    await there.until(available(4));
    there.stop();
  });

  it('[LIVE-4] many changes at once arrive as few frames, and the last is the truth', async () => {
    const flight = await scene.flight({ seats: 60 });
    const here = watch(scene.guest, flight.id);
    await here.until(available(60));
    await Promise.all(Array.from({ length: 50 }, () => scene.hold(flight.id)));
    await here.until(available(10));
    expect(here.frames.length).toBeLessThan(50);
    here.stop();
  });

  it('[LIVE-5] a flight that does not exist says nothing, and its neighbours are served', async () => {
    const flight = await scene.flight({ seats: 5 });
    const frame = await new Promise<SeatsView>((resolve) => {
      const subscription = scene.guest.trpc.flights.onSeats.subscribe(
        { flightIds: [newId(), flight.id] },
        {
          onData: ({ data }) => {
            subscription.unsubscribe();
            resolve(data);
          },
        },
      );
    });
    expect(frame.flightId).toBe(flight.id);
    const tooMany = new Promise((_, reject) => {
      scene.guest.trpc.flights.onSeats.subscribe(
        { flightIds: Array.from({ length: 101 }, newId) },
        { onError: reject },
      );
    });
    expect(await failureOf(tooMany)).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
