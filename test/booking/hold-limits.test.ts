import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { flushRedis } from '../../scripts/stage/whole-redis.ts';
import {
  createHoldLimits,
  type HoldLimits,
  holdLimitDefaults,
  noHoldLimits,
} from '../../server/domain/booking/hold-limits.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { openRedis, type RedisConnections, serversOf } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { remoteAddress } from '../../server/transport/remote-address.ts';
import { newId } from '../../shared/ids.ts';
import { failureOf } from '../support/connect.ts';
import { openScene } from '../support/scene.ts';

const second = 1_000;

describe('limits of open holds', () => {
  let redis: RedisConnections;
  let now: number;
  let limits: HoldLimits;
  const clock = {
    now: () => now,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
  const open = (given: Parameters<typeof createHoldLimits>[1] = {}, connections = redis) =>
    createHoldLimits({ redis: connections, keys: keyspace(newId()), clock }, given);
  const settled = () => redis.commands.ping();

  beforeAll(async () => {
    redis = openRedis(inject('redisUrl'), createLogger('silent'));
    await new Promise((resolve) => redis.commands.once('ready', resolve));
    // A node of a cluster is connected to when it is first asked, and whoever waits for that is not limited.
    await Promise.all(serversOf(redis.commands).map((server) => server.ping()));
  });
  afterAll(async () => {
    await redis.close();
  });
  beforeEach(() => {
    now = Date.now();
    limits = open({ openPerUser: 5, openPerAddress: 8 });
  });
  const actor = 'a user';
  const address = '192.0.2.1';
  const enter = (change: Partial<Parameters<HoldLimits['enter']>[0]> = {}) =>
    limits.enter({ actor, address, bookingId: newId(), ttlSeconds: 900, ...change });
  const refused = (call: Promise<unknown>) => expect(call).rejects.toMatchObject({ code: 'RATE_LIMITED' });

  it('[LIMIT-1] fifty at once: as many are admitted as there is room for, the others are told when there will be', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 50 }, () => enter()));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    for (const answer of answers) {
      if (answer.status === 'fulfilled') expect(answer.value).toEqual({ ttlSeconds: 900 });
      else expect(answer.reason).toMatchObject({ code: 'RATE_LIMITED', details: { retryAfterMs: 900 * second } });
    }
    await enter({ actor: 'somebody else' });
    now += 899 * second;
    await refused(enter());
    now += second;
    await enter();
  });

  it('[LIMIT-1] an address has a limit of its own, over all its users', async () => {
    const users = Array.from({ length: 50 }, (_, index) => `user ${index}`);
    const answers = await Promise.allSettled(users.map((each) => enter({ actor: each })));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(8);
    await enter({ actor: 'user 49', address: '192.0.2.2' });
  });

  it('[LIMIT-2] the same id again counts once; what is paid for, refused or cancelled counts no more', async () => {
    const ids = Array.from({ length: 5 }, () => newId());
    for (const bookingId of [...ids, ...ids]) await enter({ bookingId });
    await refused(enter());
    limits.left({ actor, address, bookingId: ids[0] as string, abandoned: false });
    await settled();
    await enter();
    await refused(enter());
    limits.left({ actor, address, bookingId: ids[1] as string, abandoned: true });
    await settled();
    await enter();
    // The address has room for eight: of the seven that came, two are gone.
    for (let more = 0; more < 3; more++) await enter({ actor: 'somebody else' });
    await refused(enter({ actor: 'a third' }));
  });

  it('[LIMIT-3] who lets holds go unpaid gets shorter ones, down to a minute, for a day', async () => {
    const lives: number[] = [];
    for (let turn = 0; turn < 25; turn++) {
      const bookingId = newId();
      const { ttlSeconds } = await enter({ bookingId });
      lives.push(ttlSeconds);
      // Some are cancelled, some run out without anybody saying so.
      if (turn % 2 === 0) limits.left({ actor, address, bookingId, abandoned: true });
      await settled();
      now += ttlSeconds * second;
    }
    const each = (life: number) => Array.from({ length: 5 }, () => life);
    expect(lives).toEqual([...each(900), ...each(450), ...each(225), ...each(112), ...each(60)]);
    expect(await enter({ ttlSeconds: 20 })).toEqual({ ttlSeconds: 20 });
    expect(await enter({ actor: 'somebody else' })).toEqual({ ttlSeconds: 900 });
    now += 86_400 * second;
    expect(await enter()).toEqual({ ttlSeconds: 900 });
  });

  it('[LIMIT-3] paying late enough clears the name again', async () => {
    const ids = Array.from({ length: 5 }, () => newId());
    for (const bookingId of ids) await enter({ bookingId });
    now += 901 * second;
    expect(await enter()).toEqual({ ttlSeconds: 450 });
    for (const bookingId of ids) limits.left({ actor, address, bookingId, abandoned: false });
    await settled();
    expect(await enter()).toEqual({ ttlSeconds: 900 });
  });

  it('[LIMIT-3] what is remembered of one user is bounded', async () => {
    const keys = keyspace(newId());
    limits = createHoldLimits({ redis, keys, clock }, { openPerUser: 1_000 });
    for (let turn = 0; turn < 300; turn++) {
      await enter();
      now += 901 * second;
    }
    expect(await redis.commands.zcard(keys.key('hold-limits', 'open', 'actor', actor))).toBeLessThanOrEqual(101);
    expect(await redis.commands.pttl(keys.key('hold-limits', 'open', 'actor', actor))).toBeGreaterThan(0);
    expect(await redis.commands.pttl(keys.key('hold-limits', 'open', 'address', address))).toBeGreaterThan(0);
  });

  it('[LIMIT-4] without Redis everybody may hold', async () => {
    const other = openRedis(inject('redisUrl'), createLogger('silent'));
    await new Promise((resolve) => other.commands.once('ready', resolve));
    limits = open({ openPerUser: 1 }, other);
    await enter();
    await refused(enter());
    await other.close();
    for (let turn = 0; turn < 5; turn++) expect(await enter()).toEqual({ ttlSeconds: 900 });
    limits.left({ actor, address, bookingId: newId(), abandoned: false });
  });

  it('[LIMIT-4] a Redis that does not answer costs one short wait, not one a hold', async () => {
    limits = open({ openPerUser: 1, answerMs: 50 });
    await enter();
    const other = openRedis(inject('redisUrl'), createLogger('silent'));
    await new Promise((resolve) => other.commands.once('ready', resolve));
    await Promise.all(serversOf(other.commands).map((server) => server.client('PAUSE', 1_000, 'ALL')));
    await other.close();
    const startedAt = performance.now();
    for (let turn = 0; turn < 20; turn++) expect(await enter()).toEqual({ ttlSeconds: 900 });
    expect(performance.now() - startedAt).toBeLessThan(500);
    await settled();
    // Left alone for a second, then asked again.
    now += second;
    await refused(enter());
  });

  it('[LIMIT-4] a flushed Redis has forgotten everybody, script and all, and goes on', async () => {
    limits = open({ openPerUser: 1 });
    await enter();
    await refused(enter());
    await flushRedis(redis.commands);
    await Promise.all(serversOf(redis.commands).map((server) => server.script('FLUSH')));
    await enter();
    await refused(enter());
  });

  it('[LIMIT-4] RATE_LIMITS=0 limits nobody', async () => {
    limits = noHoldLimits;
    for (let turn = 0; turn < 100; turn++) expect(await enter()).toEqual({ ttlSeconds: 900 });
  });

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:0:12:a:b:c:d', '2001:db8:0:12::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [undefined, 'unknown'],
  ])('[LIMIT-5] %s counts as %s, whatever the caller claims', (from, counted) => {
    const socket = new Socket();
    Object.defineProperty(socket, 'remoteAddress', { value: from });
    const request = new IncomingMessage(socket);
    request.headers['x-forwarded-for'] = '203.0.113.9';
    expect(remoteAddress(request)).toBe(counted);
    socket.destroy();
  });
});

describe('limits at the front door', () => {
  it('[LIMIT-1] the hold beyond the cap is refused whole, and one that ends makes room for the next', async () => {
    const scene = await openScene({ RATE_LIMITS: '1' });
    try {
      const flight = await scene.flight({ seats: 200 });
      const held = await Promise.all(
        Array.from({ length: holdLimitDefaults.openPerUser }, () => scene.hold(flight.id)),
      );
      expect(await failureOf(scene.hold(flight.id))).toMatchObject({ code: 'RATE_LIMITED', retryable: true });
      expect(await scene.cabin(flight.id)).toMatchObject({ available: 200 - held.length });
      await scene.guest.trpc.booking.pay.mutate({ id: held[0]?.id as string });
      await expect
        .poll(() =>
          scene.hold(flight.id).then(
            ({ status }) => status,
            () => 'refused',
          ),
        )
        .toBe('held');
      expect(await scene.drift()).toBe(0);
    } finally {
      await scene.close();
    }
  });
});
