import pino from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { removeKeys } from '../../scripts/stage/whole-redis.ts';
import { openPlaceDirectory, type PlaceDirectory } from '../../server/domain/places/place-directory.ts';
import { FlightProjection } from '../../server/domain/projection/flight-projection.ts';
import { openRedisProjection, type RedisProjection } from '../../server/domain/projection/redis-projection.ts';
import { searchFlights } from '../../server/domain/search/search-flights.ts';
import type { LiveTimetable } from '../../server/domain/timetable/live-timetable.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { openRedis, type RedisConnections } from '../../server/platform/redis/redis.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { flightSorts, type OperatorFlightView, type SearchFlightsInput } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

const dates = [dateIn(40), dateIn(41)] as const;
const usd = (amount: number) => ({ amount, currency: 'USD' });

describe('the projection in Redis', () => {
  let scene: Scene;
  let connections: RedisConnections;
  let redis: RedisProjection;
  let prefix: string;
  let places: PlaceDirectory;
  /** Of another process, which only reads. */
  let reader: FlightProjection;
  const errors: unknown[] = [];
  beforeAll(async () => {
    scene = await openScene(silentGateway);
    connections = openRedis(inject('redisUrl'), pino({ level: 'silent' }));
    const { rows } = await scene.db.query<{ id: string; epoch: number }>('select id, epoch from cluster');
    const [{ id, epoch }] = rows as [{ id: string; epoch: number }];
    prefix = `airside:${id}`;
    redis = openRedisProjection({ redis: connections, keys: keyspace(id), epoch });
    places = await openPlaceDirectory(scene.db);
    reader = new FlightProjection({
      redis,
      pool: scene.db,
      clock: systemClock,
      report: (error) => {
        errors.push(error);
        return '';
      },
    });
    await connections.commands.ping().catch(() => connections.commands.once('ready', () => undefined));
  });
  afterAll(async () => {
    await reader.close();
    expect(errors).toEqual([]);
    await connections.close();
    await scene.close();
  });

  const flightOn = (date: string, options: Parameters<Scene['flight']>[0] = {}) =>
    scene.flight({ departsAt: `${date}T10:00`, arrivesAt: `${date}T22:00`, ...options });
  const search = (input: Partial<SearchFlightsInput>) => {
    const { date, cabin, seats, sort } = {
      date: dates[0],
      cabin: undefined,
      seats: 1,
      sort: 'price' as const,
      ...input,
    };
    return reader.search(['JFK', 'EWR'], ['LHR'], { date, cabin, seats, sort }, undefined, 50);
  };
  const idsOf = async (input: Partial<SearchFlightsInput> = {}) =>
    (await search(input))?.map(({ flight }) => flight.id);
  const markets = dates.flatMap((date) => [`JFK:LHR:${date}`, `EWR:LHR:${date}`]);
  const edit = (flight: OperatorFlightView, change: object) =>
    scene.operator.trpc.admin.flights.update.mutate({
      flightId: flight.id,
      expectedVersion: flight.version,
      ...change,
    });
  /** Every page of every question, by Redis and by Postgres. */
  const compare = async () => {
    // A timetable that is still being read: Postgres answers, or the projection where it can.
    const live = { isBuilt: false } as LiveTimetable;
    const room = { pool: scene.db, clock: systemClock, places, live, projection: { search: async () => undefined } };
    for (const date of dates)
      for (const sort of flightSorts)
        for (const seats of [1, 3])
          for (const cabin of [undefined, 'business'] as const) {
            let cursor: string | null = null;
            do {
              const input: SearchFlightsInput = {
                origin: 'NYC',
                destination: 'LHR',
                date,
                sort,
                seats,
                cabin,
                limit: 4,
                cursor,
              };
              const wanted = await searchFlights(room, input);
              const got = await searchFlights({ ...room, projection: mustAnswer }, input);
              expect({ ...got, asOf: '' }).toEqual({ ...wanted, asOf: '' });
              cursor = wanted.nextCursor;
            } while (cursor);
          }
  };
  const mustAnswer: Pick<FlightProjection, 'search'> = {
    search: async (origins, ...rest) => {
      const found = await reader.search(
        origins.filter((code) => code !== 'LGA'),
        ...rest,
      );
      if (!found) throw new Error('Postgres would have been asked');
      return found;
    },
  };
  const flush = async () => {
    await removeKeys(connections.commands, `${prefix}:*`);
  };

  it('[PROJ-1] an unread market is answered by Postgres and read in; edits and sales arrive by log and state', async () => {
    const flight = await flightOn(dates[0], { seats: 2 });
    await reader.fill(markets);
    expect(await idsOf()).toEqual([flight.id]);
    const other = await flightOn(dates[0], { price: 20_000 });
    await expect.poll(() => idsOf()).toEqual([other.id, flight.id]);
    await edit(other, { cabins: [{ cabin: 'economy', price: usd(90_000) }] });
    await expect.poll(() => idsOf()).toEqual([flight.id, other.id]);
    // Seats are the gate's: at once, whatever waits to be told.
    const held = await scene.hold(flight.id, 2);
    await expect.poll(() => idsOf()).toEqual([other.id]);
    expect((await search({ seats: 1 }))?.[0]?.flight.cabins[0]).toMatchObject({ available: 10, price: usd(90_000) });
    await scene.guest.trpc.booking.cancel.mutate({ id: held.id });
    await expect.poll(() => idsOf()).toEqual([flight.id, other.id]);
    await edit(flight, { departsAt: `${dates[1]}T11:00`, arrivesAt: `${dates[1]}T23:00` });
    await expect.poll(() => idsOf({ date: dates[1] })).toEqual([flight.id]);
    expect(await idsOf()).toEqual([other.id]);
  });

  it('[PROJ-2] it is what Postgres says after any edits, with Redis flushed in the middle', async () => {
    let seed = 11;
    const draw = (n: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % n;
    };
    const flights: OperatorFlightView[] = [];
    const holds: string[] = [];
    const make = () => {
      const hour = 1 + draw(8);
      const date = dates[draw(2)] as string;
      return flightOn(date, {
        origin: draw(3) === 0 ? 'EWR' : 'JFK',
        departsAt: `${date}T0${hour}:00`,
        arrivesAt: `${date}T${12 + draw(10)}:30`,
        cabins: [
          {
            cabin: 'economy',
            capacity: 1 + draw(5),
            price: usd(10_000),
            fares: { ladder: [{ above: 0, amount: 10_000 }] },
          },
          { cabin: 'business', capacity: draw(4), price: usd(1_000 * (5 + draw(30))) },
        ],
      });
    };
    for (let n = 0; n < 8; n++) flights.push(await make());
    await reader.fill(markets);
    for (let step = 0; step < 60; step++) {
      const at = draw(flights.length);
      const flight = flights[at] as OperatorFlightView;
      const [one, two] = [draw(9), draw(2)];
      if (step === 30) await flush();
      if (one < 3) {
        const booking = {
          id: newId(),
          legs: [{ flightId: flight.id, cabin: two ? ('economy' as const) : ('business' as const) }],
          seats: 1 + draw(2),
        };
        const held = await scene.guest.trpc.booking.hold.mutate(booking).catch(() => undefined);
        if (held) holds.push(held.id);
      } else if (one === 3) {
        const id = holds.pop();
        if (id) await scene.guest.trpc.booking.cancel.mutate({ id }).catch(() => undefined);
      } else if (one === 4) flights.push(await make());
      else if (one === 5) {
        await scene.operator.trpc.admin.flights.remove.mutate({ flightId: flight.id, expectedVersion: flight.version });
        flights.splice(at, 1);
      } else {
        const changes = [
          { cabins: [{ cabin: 'economy', price: usd(1_000 * (5 + draw(30))) }] },
          { cabins: [{ cabin: 'business', capacity: draw(5) }] },
          { departsAt: `${dates[two]}T0${1 + draw(8)}:15`, arrivesAt: `${dates[two]}T20:00` },
          { state: two ? 'open' : 'closed' },
        ];
        flights[at] = await edit(flight, changes[draw(4)] as object);
      }
      // Somebody searches meanwhile; what is not there is read in.
      if (step % 7 === 0) await search({ date: dates[two] });
    }
    await reader.fill(markets);
    await expect
      .poll(() =>
        compare().then(
          () => 'equal',
          (error: Error) => error.message,
        ),
      )
      .toBe('equal');
  });

  it('[PROJ-3] what was missed is wrong until it is doubted; then it is read again, and stale entries vanish', async () => {
    const [kept, gone] = await Promise.all([flightOn(dates[0], { price: 1 }), flightOn(dates[0], { price: 2 })]);
    await expect.poll(async () => (await idsOf())?.slice(0, 2)).toEqual([kept.id, gone.id]);
    // Nobody tells of these.
    await scene.db.query('delete from flight where id = $1', [gone.id]);
    await scene.db.query('update cabin set price_amount = 95000, version = version + 1 where flight_id = $1', [
      kept.id,
    ]);
    expect((await idsOf())?.slice(0, 2)).toEqual([kept.id, gone.id]);
    await redis.doubtAll();
    expect(await search({})).toBeUndefined();
    await expect.poll(async () => (await idsOf())?.at(-1)).toBe(kept.id);
    expect(await idsOf()).not.toContain(gone.id);
  });

  it('[PROJ-4] an older reading brings back neither what was sold nor what was moved', async () => {
    const flight = await flightOn(dates[0], { price: 3, seats: 1 });
    await expect.poll(async () => (await idsOf())?.[0]).toBe(flight.id);
    const [old] = await redis.read([flight.id]);
    await scene.hold(flight.id, 1);
    await expect.poll(() => idsOf()).not.toContain(flight.id);
    await redis.put([old as NonNullable<typeof old>]);
    expect(await idsOf()).not.toContain(flight.id);
    const [{ id: bookingId }] = (
      await scene.db.query('select booking_id as id from booking_leg where flight_id = $1', [flight.id])
    ).rows;
    await scene.guest.trpc.booking.cancel.mutate({ id: bookingId });
    await edit(flight, { departsAt: `${dates[1]}T11:00`, arrivesAt: `${dates[1]}T23:00` });
    await expect.poll(async () => (await idsOf({ date: dates[1] }))?.[0]).toBe(flight.id);
    await redis.put([old as NonNullable<typeof old>]);
    expect(await idsOf()).not.toContain(flight.id);
  });

  it('[PROJ-5] nothing in Redis lives for ever', async () => {
    const keys = await connections.commands.keys(`${prefix}:{flight,search}:*`.replace('{flight,search}', '*'));
    const own = keys.filter((key) => key.startsWith(`${prefix}:flight:`) || key.startsWith(`${prefix}:search:`));
    expect(own.length).toBeGreaterThan(4);
    for (const key of own) {
      if (key.endsWith('{generation}')) continue;
      expect(await connections.commands.pttl(key), key).toBeGreaterThan(0);
    }
  });
});
