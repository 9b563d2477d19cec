import pino from 'pino';
import { expect, inject, it } from 'vitest';
import { marketOf } from '../../server/domain/projection/projection.keys.ts';
import { openRedisProjection } from '../../server/domain/projection/redis-projection.ts';
import { freePort } from '../../server/platform/embedded/engine-process.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { openRedis } from '../../server/platform/redis/redis.ts';
import { connectGuest, failureOf } from '../support/connect.ts';
import { dateIn } from '../support/flights.ts';
import { openScene, silentGateway } from '../support/scene.ts';

it('[SEARCH-23] until its timetable is built a server sells and finds flights, is not ready, and tells other searches when to come back', async () => {
  const scene = await openScene(silentGateway);
  const date = dateIn(30);
  const market = { origin: 'JFK', destination: 'LHR', date };
  const flight = await scene.flight({ ...market, departsAt: `${date}T09:00`, arrivesAt: `${date}T21:00` });
  // Building begins with the rules for connections, which nothing else reads.
  const hand = await scene.db.connect();
  await hand.query('begin');
  await hand.query('lock table connection_time in access exclusive mode');
  const port = await freePort();
  const starting = scene.server.startAnother({ PORT: String(port) });
  const url = `http://127.0.0.1:${port}`;
  const statusOf = (path: string) =>
    fetch(`${url}${path}`).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(() => statusOf('/livez'), { timeout: 30_000 }).toBe(200);
  expect(await statusOf('/readyz')).toBe(503);
  const early = await connectGuest(url);
  const flights = () => early.trpc.search.flights.query(market);
  const journeys = () =>
    early.trpc.search.itineraries.query({ slices: [{ origin: ['JFK'], destination: ['LHR'], date }] });

  expect(await flights()).toMatchObject({ flights: [{ id: flight.id }], indexVersion: null, lagMs: null });
  expect(await scene.hold(flight.id, 1, early)).toMatchObject({ status: 'held' });
  const later = { code: 'BUSY', retryable: true, details: { retryAfterMs: expect.any(Number) } };
  expect(await failureOf(journeys())).toMatchObject(later);
  const days = { origin: 'JFK', destination: 'LHR', from: date, to: date };
  expect(await failureOf(early.trpc.search.calendar.query(days))).toMatchObject(later);

  // Once the market is in Redis, Postgres is not asked: what is changed there behind everybody's back does not show.
  const { rows } = await scene.db.query<{ id: string; epoch: number }>('select id, epoch from cluster');
  const [{ id, epoch }] = rows as [{ id: string; epoch: number }];
  const connections = openRedis(inject('redisUrl'), pino({ level: 'silent' }));
  const redis = openRedisProjection({ redis: connections, keys: keyspace(id), epoch });
  await expect.poll(() => redis.ranked([marketOf('JFK', 'LHR', date)], 'price')).toHaveLength(1);
  await connections.close();
  await scene.db.query(`update flight set number = '9876' where id = $1`, [flight.id]);
  expect(await flights()).toMatchObject({ flights: [{ number: flight.number }], indexVersion: null });

  await hand.query('rollback');
  hand.release();
  await starting;
  expect(await statusOf('/readyz')).toBe(200);
  expect(await flights()).toMatchObject({ flights: [{ number: '9876' }], indexVersion: expect.any(Number) });
  expect((await journeys()).itineraries).toHaveLength(1);
  await early.close();
  await scene.close();
});
