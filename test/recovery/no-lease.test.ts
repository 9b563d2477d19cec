import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import type { Lease } from '../../server/platform/redis/lease.ts';
import { openRedis, type RedisConnections } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { moveDeadline } from '../support/move-deadline.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

const expiring = 30;
const sold = 12;

describe('three processes that do the same chores, and a lease that keeps nobody out', () => {
  let scene: Scene;
  let redis: RedisConnections;
  const running = new Map<string, number>();
  /** How many were at the same chore at the same time, at most. */
  const crowd = new Map<string, number>();

  const grantsAlways: Lease = async (name, _ttlMs, run) => {
    const now = (running.get(name) ?? 0) + 1;
    running.set(name, now);
    crowd.set(name, Math.max(now, crowd.get(name) ?? 0));
    try {
      return await run();
    } finally {
      running.set(name, (running.get(name) as number) - 1);
    }
  };

  beforeAll(async () => {
    scene = await openScene(silentGateway, { lease: grantsAlways });
    redis = openRedis(inject('redisUrl'), createLogger('fatal'));
    await Promise.all([scene.server.startAnother(), scene.server.startAnother()]);
  });
  afterAll(async () => {
    await redis.close();
    await scene.close();
  });

  const count = async (sql: string) => (await scene.db.query<{ n: number }>(`select (${sql})::int as n`)).rows[0]?.n;

  it('[LOCK-1] each booking ends once, each payment goes back once, each entry of the log is told once', async () => {
    const [empty, full] = [await scene.flight({ seats: expiring }), await scene.flight({ seats: sold })];
    const over = await Promise.all(Array.from({ length: expiring }, () => scene.hold(empty.id)));
    const paid = await Promise.all(Array.from({ length: sold }, () => scene.hold(full.id)));
    await Promise.all(paid.map(({ id }) => scene.guest.trpc.booking.pay.mutate({ id })));
    await Promise.all(paid.map(({ id }) => scene.deliver({ bookingId: id })));
    // All at once: holds are over, and a full flight is cancelled.
    await Promise.all([
      moveDeadline(
        scene.db,
        over.map(({ id }) => id),
        '-1 second',
      ),
      scene.operator.trpc.admin.flights.remove.mutate({ flightId: full.id, expectedVersion: 1 }),
    ]);
    const ended = `select count(*) from booking where status in ('expired', 'refunded')`;
    await expect.poll(() => count(ended), { timeout: 20_000 }).toBe(expiring + sold);

    expect(await count(`select count(*) from outbox where type = 'booking.expired'`)).toBe(expiring);
    expect(await count(`select count(*) from outbox where type = 'booking.refunded'`)).toBe(sold);
    expect(await count(`select count(*) from refund where status = 'succeeded'`)).toBe(sold);
    expect(await count(`select count(*) from ledger where kind = 'release'`)).toBe(expiring);
    expect(await count(`select count(*) from ledger where kind = 'return'`)).toBe(sold);
    expect(await count('select sum(held + sold) from cabin')).toBe(0);
    expect(await scene.operator.trpc.admin.seats.replay.query()).toMatchObject({ drift: 0, findings: [] });
    expect(await scene.drift()).toBe(0);

    const { rows } = await scene.db.query<{ position: string; cluster: string }>(
      `select xid::text || '-' || id as position, (select id from cluster) as cluster from outbox order by xid, id`,
    );
    const stream = keyspace(rows[0]?.cluster as string).key('feed', 'booking_event_stream', '1');
    const positions = rows.map(({ position }) => position);
    await expect
      .poll(async () => (await redis.commands.xrange(stream, '-', '+')).map(([id]) => id), { timeout: 10_000 })
      .toEqual(positions);
    // Whether anybody was ever beside anybody else: without that the rest says nothing.
    expect(Object.fromEntries(crowd)).toMatchObject({ 'expire-holds': expect.any(Number) });
    expect(Math.max(...crowd.values())).toBeGreaterThan(1);
  });
});
