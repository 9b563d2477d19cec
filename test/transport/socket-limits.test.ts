import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { createRateLimit } from '../../server/platform/redis/rate-limit.ts';
import { openRedis } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import type { Context } from '../../server/transport/context.ts';
import { callsEverywhere, createSocketLimits } from '../../server/transport/socket-limits.ts';
import { newId } from '../../shared/ids.ts';
import { limits } from '../../shared/limits.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { startServer, type TestServer } from '../support/start-server.ts';

describe('how much somebody may send', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ env: { RATE_LIMITS: '1' } });
  });
  afterAll(() => server.stop());

  /** How a socket answers a message of so many bytes: with this failure's code, or by closing with this one. */
  async function sendLarge(bytes: number, apiKey?: string): Promise<string | number> {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc${apiKey ? '?connectionParams=1' : ''}`);
    await once(socket, 'open');
    const answer = new Promise<string | number>((resolve) => {
      socket.on('message', (data) => resolve(JSON.parse(data.toString()).error.json.data.failure.code));
      socket.on('close', resolve);
    });
    if (apiKey) socket.send(JSON.stringify({ method: 'connectionParams', data: { apiKey } }));
    const input = { json: { q: 'x'.repeat(bytes) } };
    socket.send(JSON.stringify({ id: 1, method: 'query', params: { path: 'search.places', input } }));
    const result = await answer;
    socket.terminate();
    return result;
  }

  it('[WIRE-7] strangers send small messages, operators large ones', async () => {
    const large = limits.strangersMessageBytes;
    expect(await sendLarge(large / 2)).toBe('INVALID_INPUT');
    expect(await sendLarge(large)).toBe(1009);
    expect(await sendLarge(large, 'not the key')).toBe('UNAUTHENTICATED');
    expect(await sendLarge(large, server.apiKey)).toBe('INVALID_INPUT');
  });

  it('[WIRE-10] whoever calls too fast is told under each id how long to wait', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc`);
    await once(socket, 'open');
    const codes: Record<string, number> = {};
    const calls = 2 * limits.callsAtOnce;
    const all = new Promise<void>((resolve) => {
      let answers = 0;
      socket.on('message', (data) => {
        const { error } = JSON.parse(data.toString());
        const failure = error?.json.data.failure ?? { code: 'ok' };
        codes[failure.code] = (codes[failure.code] ?? 0) + 1;
        if (failure.code === 'RATE_LIMITED') expect(failure.details.retryAfterMs).toBeGreaterThan(0);
        if (++answers === calls) resolve();
      });
    });
    // Batches of two hundred, so that the socket's own bound for calls is not what refuses.
    for (let batch = 0; batch < calls / 200; batch++) {
      const messages = Array.from({ length: 200 }, (_, n) => ({
        id: batch * 200 + n,
        method: 'query',
        params: { path: 'auth.me' },
      }));
      socket.send(JSON.stringify(messages));
      if (batch % 4 === 3) await new Promise(setImmediate);
    }
    await all;
    socket.terminate();
    expect(codes.RATE_LIMITED).toBeGreaterThan(200);
    expect(codes.ok).toBeGreaterThan(200);
    // Over HTTP it is the same account.
    const fifty = `${server.url}/trpc/${Array(limits.callsPerBatch).fill('auth.me').join()}?batch=1`;
    const answers = await Promise.all(Array.from({ length: 60 }, () => fetch(fifty)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    const told = (await refused[0]?.json()) as { error: { json: { data: { failure: object } } } }[];
    expect([told].flat()[0]?.error.json.data.failure).toMatchObject({ code: 'RATE_LIMITED' });
  });
});

describe('limits of calls and sockets', () => {
  const somebody = (id: string, address = '::1') => ({ actor: { role: 'traveller', id }, address }) as Context;
  const nobody = (address: string) => ({ actor: { role: 'anonymous', id: null }, address }) as Context;

  it('[WIRE-10] a burst is granted, then the steady rate; users and addresses count for themselves', () => {
    const clock = new ManualClock();
    const { waitMs } = createSocketLimits(clock);
    expect(waitMs(somebody('a'), limits.callsAtOnce)).toBe(0);
    expect(waitMs(somebody('a'), 10)).toBe((10 * 1_000) / limits.callsPerSecond);
    expect(waitMs(somebody('b'), 10)).toBe(0);
    expect(waitMs(nobody('1.2.3.4'), limits.callsAtOnce)).toBe(0);
    expect(waitMs(nobody('1.2.3.4'), 1)).toBeGreaterThan(0);
    expect(waitMs(nobody('1.2.3.5'), 1)).toBe(0);
    clock.advance((10 * 1_000) / limits.callsPerSecond);
    expect(waitMs(somebody('a'), 10)).toBe(0);
    expect(waitMs(somebody('a'), 1)).toBeGreaterThan(0);
  });

  it('[WIRE-10] over all processes it is no more than over one: Redis is told of some hundred calls at a time', async () => {
    const redis = openRedis(inject('redisUrl'), createLogger('silent'));
    await new Promise((resolve) => redis.commands.once('ready', resolve));
    const keys = keyspace(newId());
    const told = vi.spyOn(redis.commands, 'evalsha');
    const granted = async (processes: number, everywhere: boolean): Promise<number> => {
      const clock = new ManualClock();
      const who = somebody(newId());
      const doors = Array.from({ length: processes }, () =>
        createSocketLimits(clock, everywhere ? createRateLimit({ redis, keys }, callsEverywhere) : undefined),
      );
      let calls = 0;
      for (let round = 0; round < 150; round++) {
        for (const { waitMs } of doors) for (let n = 0; n < 8; n++) calls += waitMs(who, 10) === 0 ? 10 : 0;
        // What was asked of Redis is answered.
        await redis.commands.ping();
      }
      return calls;
    };
    // Each for itself: so many times what one grants.
    expect(await granted(6, false)).toBe(6 * limits.callsAtOnce);
    expect(told).not.toHaveBeenCalled();
    const together = await granted(6, true);
    expect(together).toBeGreaterThanOrEqual(callsEverywhere.points);
    expect(together).toBeLessThan(callsEverywhere.points + 6 * 600);
    // One alone never meets it.
    expect(await granted(1, true)).toBe(limits.callsAtOnce);
    await redis.close();
  });

  it('[WIRE-10] an address has so many sockets, and another one when one of them is gone', () => {
    const { admit, release } = createSocketLimits(new ManualClock());
    for (let n = 0; n < limits.socketsPerAddress; n++) expect(admit('1.2.3.4')).toBe(true);
    expect(admit('1.2.3.4')).toBe(false);
    expect(admit('1.2.3.5')).toBe(true);
    release('1.2.3.4');
    expect(admit('1.2.3.4')).toBe(true);
  });
});
