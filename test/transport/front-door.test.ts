import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';
import { startServer } from '../support/start-server.ts';

describe('the front door', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ ...silentGateway, CORS_ORIGINS: 'https://shop.example' });
  });
  afterAll(() => scene.close());

  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${scene.server.url}${path}`, { headers });

  /** One raw exchange on a socket of its own. */
  async function exchange(
    frames: string[],
    answers: number,
    options: { path?: string; origin?: string } = {},
  ): Promise<unknown[]> {
    const socket = new WebSocket(`${scene.server.url.replace('http', 'ws')}${options.path ?? '/trpc'}`, {
      origin: options.origin,
    });
    const received: unknown[] = [];
    const enough = new Promise<void>((resolve, reject) => {
      socket.on('message', (data) => {
        received.push(data.toString().startsWith('P') ? data.toString() : JSON.parse(data.toString()));
        if (received.length === answers) resolve();
      });
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
    await Promise.race([once(socket, 'open'), enough]);
    for (const frame of frames) socket.send(frame);
    await enough;
    socket.terminate();
    return received;
  }

  it('[WIRE-3] an absent input and {"json":null} both mean no input', async () => {
    const call = (id: number, input: string) => `{"id":${id},"method":"query","params":{"path":"system.ping"${input}}}`;
    const answers = await exchange([call(1, ''), call(2, ',"input":{"json":null}'), call(3, ',"input":{}')], 3);
    for (const answer of answers)
      expect(answer).toMatchObject({ result: { type: 'data', data: { json: { version: '0.1.0' } } } });
    const list = await exchange(['{"id":4,"method":"query","params":{"path":"booking.list"}}'], 1);
    expect(list).toMatchObject([{ id: 4, error: { json: { data: { failure: { code: 'UNAUTHENTICATED' } } } } }]);
  });

  it('[WIRE-4] whatever goes wrong carries a failure of the catalogue, and no internals', async () => {
    const answers = await exchange(
      [
        '{"id":1,"method":"query","params":{"path":"no.such"}}',
        '{"id":2,"method":"query","params":{"path":"flights.get","input":{"json":{"flightId":"x"}}}}',
        '{"id":3,"method":"query","params":{"path":"auth.guest"}}',
        '{"id":4,"method":"query","params":{"path":"search.places","input":{"json":{"q":"a"},"meta":{"values":{"__proto__.x":["Date"]}}}}}',
      ],
      4,
    );
    const codes = (answers as { id: number; error: { json: { data: { failure: { code: string } } } } }[])
      .toSorted((a, b) => a.id - b.id)
      .map((answer) => answer.error.json.data.failure.code);
    expect(codes).toEqual(['NOT_FOUND', 'INVALID_INPUT', 'NOT_FOUND', 'INVALID_INPUT']);
    expect(JSON.stringify(answers)).not.toMatch(/node_modules|\.ts:|select |stack/i);
    const bad = await exchange(['{"method":"connectionParams","data":{"token":"forged"}}'], 1, {
      path: '/trpc?connectionParams=1',
    });
    expect(bad).toMatchObject([{ id: null, error: { json: { data: { failure: { code: 'UNAUTHENTICATED' } } } } }]);
    const wrong = await exchange(['{"method":"connectionParams","data":7}'], 1, { path: '/trpc?connectionParams=1' });
    expect(wrong).toMatchObject([
      { id: null, error: { json: { data: { path: null, failure: { code: 'INVALID_INPUT' } } } } },
    ]);
    expect(await exchange(['not json'], 1)).toMatchObject([
      { id: null, error: { json: { data: { failure: { code: 'INVALID_INPUT' } } } } },
    ]);
  });

  it('[WIRE-5] the same procedures answer over HTTP, with the token in a header', async () => {
    const me = await get('/trpc/auth.me', { authorization: `Bearer ${scene.guest.token}` });
    expect(await me.json()).toMatchObject({
      result: { data: { json: { id: scene.guest.userId, role: 'traveller' } } },
    });
    const key = await get('/trpc/admin.overview', { 'x-api-key': scene.server.apiKey });
    expect(key.status).toBe(200);
    const wrong = await get('/trpc/admin.overview', { 'x-api-key': 'wrong' });
    expect(wrong.status).toBe(401);
    expect(await wrong.json()).toMatchObject({ error: { json: { data: { failure: { code: 'UNAUTHENTICATED' } } } } });
  });

  it('[WIRE-6] pages of other origins are let in only when they are listed', async () => {
    const other = { origin: 'https://evil.example' };
    expect((await get('/trpc/system.ping', other)).status).toBe(403);
    const listed = await get('/trpc/system.ping', { origin: 'https://shop.example' });
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect((await get('/trpc/system.ping', { origin: scene.server.url })).status).toBe(200);
    await expect(exchange([], 1, other)).rejects.toThrow('403');
    const ping = '{"id":1,"method":"query","params":{"path":"system.ping"}}';
    expect(await exchange([ping], 1, { origin: 'https://shop.example' })).toHaveLength(1);
    expect(await exchange([ping], 1, { origin: scene.server.url })).toHaveLength(1);
    await expect(exchange([], 1, { path: '/elsewhere' })).rejects.toThrow('404');
  });

  it('[RUN-16] says how it is, for machines and people', async () => {
    expect(await (await get('/livez')).json()).toEqual({ status: 'ok' });
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/health')).json()).toMatchObject({
      status: 'ok',
      parts: { postgres: { status: 'ok' }, redis: { status: 'ok' }, backlog: { status: 'ok' } },
    });
    const flight = await scene.flight();
    await scene.hold(flight.id);
    const metrics = await (await get('/metrics')).text();
    for (const name of [
      'bookings_total 1',
      'bookings_success 0',
      'bookings_failed 0',
      'bookings_pending 1',
      'flight_db_updates_total 1',
      'request_latency_seconds_bucket',
      'db_pool_connections{state="open"}',
      'websocket_connections 2',
    ]) {
      expect(metrics).toContain(name);
    }
    expect((await get('/health')).headers.get('content-security-policy')).toContain("script-src 'self'");
  });

  it('[RUN-17] stopping tells clients to come back, ends calls in flight, and leaves no connection', async () => {
    const server = await startServer();
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc`);
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(data.toString()));
    await once(socket, 'open');
    const { trpc, close } = connect(server.url);
    await trpc.system.ping.query();
    const closed = once(socket, 'close');
    const stopped = server.stop();
    await closed;
    expect(heard).toContain('{"id":null,"method":"reconnect"}');
    await close();
    await stopped;
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
  });
});
