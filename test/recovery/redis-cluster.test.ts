import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../../scripts/stage/redis-cluster.ts';
import { flushRedis } from '../../scripts/stage/whole-redis.ts';
import type { App } from '../../server/app.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { createLease } from '../../server/platform/redis/lease.ts';
import { openRedis, type RedisConnections } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { createFailureMap } from '../../server/transport/failures.ts';
import { newId } from '../../shared/ids.ts';
import { type Connected, connect, failureOf } from '../support/connect.ts';
import { dateIn } from '../support/flights.ts';
import { jobInput, jobReaches } from '../support/jobs.ts';
import { openScene, type Scene } from '../support/scene.ts';

const failureMap = createFailureMap(() => 'reported');

describe('a Redis Cluster of three nodes', () => {
  let dir: string;
  let cluster: RedisCluster;
  let redis: RedisConnections;
  let scene: Scene;
  let other: App;
  /** The guest at the other process. */
  let there: Connected;
  const lost: unknown[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'airside-nodes-'));
    cluster = await startRedisCluster({ dir, durable: false, onLost: (error) => lost.push(error) });
    redis = openRedis(cluster.url, createLogger('silent'));
    scene = await openScene({ RATE_LIMITS: '1' }, { redisUrl: cluster.url });
    other = await scene.server.startAnother({ AIRSIDE_ROLE: 'web', RATE_LIMITS: '1' });
    there = connect(other.url, { token: scene.guest.token });
  }, 60_000);
  afterAll(async () => {
    await there.close();
    await scene.close();
    await redis.close();
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
    expect(lost).toEqual([]);
  });

  const pay = (who: Connected, id: string) => who.trpc.booking.pay.mutate({ id });
  const health = async () => (await (await fetch(`${other.url}/health`)).json()) as { parts: { redis: unknown } };

  /** Everything that Redis has a part in, by two processes. */
  async function sellAndSearch(): Promise<void> {
    const flight = await scene.flight({ seats: 4 });
    const seen: number[] = [];
    const watching = there.trpc.flights.onSeats.subscribe(
      { flightIds: [flight.id] },
      { onData: ({ data }) => void seen.push(data.cabins[0]?.available ?? -1) },
    );
    const ends: string[] = [];
    const [paid, cancelled, due] = await Promise.all([1, 1, 2].map((seats) => scene.hold(flight.id, seats)));
    const ended = [paid, cancelled, due].map((booking, at) =>
      scene
        .reaches(booking?.id as string, (['confirmed', 'cancelled', 'expired'] as const)[at] as 'confirmed', there)
        .then(({ status }) => ends.push(status)),
    );
    await expect.poll(() => seen.at(-1), { timeout: 5_000 }).toBe(0);
    expect(await failureOf(scene.hold(flight.id, 1, there))).toMatchObject({ code: 'SOLD_OUT' });
    await pay(there, paid?.id as string);
    await scene.guest.trpc.booking.cancel.mutate({ id: cancelled?.id as string });
    await scene.overdue(due?.id as string);
    await Promise.all(ended);
    expect(ends.toSorted()).toEqual(['cancelled', 'confirmed', 'expired']);
    await expect.poll(() => seen.at(-1), { timeout: 5_000 }).toBe(3);
    watching.unsubscribe();
    const search = async () => {
      const asked = { origin: 'JFK', destination: 'LHR', date: dateIn(30), limit: 200 };
      const { flights } = await there.trpc.search.flights.query(asked);
      return flights.find(({ id }) => id === flight.id)?.cabins[0]?.available;
    };
    await expect.poll(search, { timeout: 5_000 }).toBe(3);
    const job = jobInput();
    await there.trpc.jobs.create.mutate(job);
    expect((await jobReaches(there, job.id, 'completed')).at(-1)).toMatchObject({ status: 'completed', done: 12 });
    expect(await scene.drift()).toBe(0);
  }

  it('[NODE-1] two processes sell, watch, expire, search and run jobs on it, also when all of it was flushed', async () => {
    await sellAndSearch();
    const stranger = connect(scene.server.url);
    const wrong = () => stranger.trpc.auth.signIn.mutate({ email: 'nobody@example.org', password: 'not the password' });
    const codes: string[] = [];
    while (!codes.includes('RATE_LIMITED') && codes.length < 50) codes.push((await failureOf(wrong())).code);
    expect(codes.at(-1)).toBe('RATE_LIMITED');
    await stranger.close();
    await flushRedis(redis.commands);
    await sellAndSearch();
    expect((await health()).parts.redis).toMatchObject({ status: 'ok', detail: 'answers with 3 nodes' });
  }, 60_000);

  it('[NODE-2] a node that goes away stops neither sale nor chores, and what it had comes again with it', async () => {
    const keys = keyspace(newId());
    const lease = createLease(redis, (name) => keys.key('lease', name));
    const names = Array.from({ length: 24 }, (_, at) => `chore-${at}`);
    const runs = () => Promise.all(names.map((name) => lease(name, 1_000, async () => name)));
    expect(await runs()).toEqual(names);
    await cluster.nodes[1]?.kill(async () => {
      // Of so many keys each node has some; whoever needs one that is away hears that, and not of a fault.
      const codes = await Promise.all(
        names.map((name) =>
          redis.commands.get(keys.key('any', name)).then(
            () => 'answered',
            (error: unknown) => failureMap(error).code,
          ),
        ),
      );
      expect(new Set(codes)).toEqual(new Set(['answered', 'UNAVAILABLE']));
      // A lease that cannot be asked for is no reason not to work.
      expect(await runs()).toEqual(names);
      const flight = await scene.flight({ seats: 3 });
      const [paid, due] = [await scene.hold(flight.id), await scene.hold(flight.id, 1, there)];
      await pay(there, paid.id);
      await scene.overdue(due.id);
      await Promise.all([scene.reaches(paid.id, 'confirmed'), scene.reaches(due.id, 'expired', there)]);
      await expect.poll(health, { timeout: 5_000 }).toMatchObject({ parts: { redis: { status: 'degraded' } } });
    });
    await cluster.whole();
    await expect.poll(health, { timeout: 10_000 }).toMatchObject({ parts: { redis: { status: 'ok' } } });
    await sellAndSearch();
  }, 60_000);
});
