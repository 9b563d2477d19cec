import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { seatGateKey } from '../../server/domain/inventory/seat-gate.keys.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { openRedis, type RedisConnections } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

describe('the gate of a server', () => {
  let scene: Scene;
  let redis: RedisConnections;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
    redis = openRedis(inject('redisUrl'), createLogger('fatal'));
    await new Promise((resolve) => redis.commands.once('ready', resolve));
  });
  afterAll(async () => {
    await redis.close();
    await scene.close();
  });

  async function keyOf(flightId: string): Promise<string> {
    const { rows } = await scene.db.query<{ cluster: string; cabin: number }>(
      'select (select id from cluster) as cluster, id as cabin from cabin where flight_id = $1',
      [flightId],
    );
    const { cluster, cabin } = rows[0] as { cluster: string; cabin: number };
    return seatGateKey(keyspace(cluster), cabin);
  }
  const shows = (key: string, hash: Record<string, string>) =>
    vi.waitFor(async () => expect(await redis.commands.hgetall(key)).toMatchObject(hash), {
      timeout: 5_000,
      interval: 20,
    });

  it('[GATE-9] tells Redis of each sale, and again when Redis has lost it', async () => {
    const flight = await scene.flight({ seats: 5 });
    const key = await keyOf(flight.id);
    const held = await scene.hold(flight.id, 2);
    await shows(key, { epoch: '1', version: '2', free: '3', state: 'open' });
    await scene.guest.trpc.booking.cancel.mutate({ id: held.id });
    await shows(key, { version: '3', free: '5' });
    await redis.commands.del(key);
    await shows(key, { version: '3', free: '5' });
    await scene.operator.trpc.admin.flights.update.mutate({ flightId: flight.id, expectedVersion: 1, state: 'closed' });
    await shows(key, { version: '4', state: 'closed' });
  });

  it('[RUN-16] counts what it does for the gate', async () => {
    const metrics = await (await fetch(`${scene.server.url}/metrics`)).text();
    for (const name of [
      'redis_decrements_total 0',
      'redis_decrements_failed 0',
      '# TYPE gate_verdicts_total counter',
    ]) {
      expect(metrics).toContain(name);
    }
  });
});
