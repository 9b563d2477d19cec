import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ConnectionState, socketUrl } from '../../client/sdk/connection.ts';
import { type AirsideClient, type ClientOptions, createClient } from '../../client/sdk/create-client.ts';
import { memoryStorage } from '../../client/sdk/storage.ts';
import { type CutProxy, startCutProxy } from './cut-proxy.ts';
import { type Call, refusalFrame, type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const answerAll = (call: Call) => call.answer({ path: call.params.path, socket: call.socket });

async function serve(...args: Parameters<typeof startScriptedServer>): Promise<ScriptedServer> {
  const server = await startScriptedServer(...args);
  closing.push(server.stop);
  return server;
}

async function proxyOf(server: { url: string }): Promise<CutProxy> {
  const proxy = await startCutProxy(server.url);
  closing.push(proxy.stop);
  return proxy;
}

function client(server: { url: string }, options: Partial<ClientOptions> = {}): AirsideClient {
  const made = createClient({ url: server.url, retryDelayMs: () => 0, ...options });
  closing.push(made.close);
  return made;
}

/** Done when the connection is in a state of this kind. */
const reached = <K extends ConnectionState['kind']>({ connection }: AirsideClient, kind: K) =>
  new Promise<Extract<ConnectionState, { kind: K }>>((resolve) => {
    const look = () => {
      const state = connection.state();
      if (state.kind !== kind) return;
      stop();
      resolve(state as Extract<ConnectionState, { kind: K }>);
    };
    const stop = connection.subscribe(look);
    look();
  });

const socketOf = (answer: unknown) => (answer as { socket: number }).socket;

describe('connection', () => {
  test.each([
    ['http://127.0.0.1:3000', 'ws://127.0.0.1:3000/trpc'],
    ['https://airside.example/', 'wss://airside.example/trpc'],
    ['ws://127.0.0.1:3000/trpc', 'ws://127.0.0.1:3000/trpc'],
    ['https://airside.example/behind/trpc', 'wss://airside.example/behind/trpc'],
  ])('[SDK-9] %s is served at %s', (url, expected) => {
    expect(socketUrl(url)).toBe(expected);
  });

  test.each([
    ['Node’s own WebSocket', undefined],
    ['the WebSocket of ws', WebSocket],
  ])('[SDK-9] its state tells what it does: %s', async (_, Socket) => {
    const server = await serve(answerAll);
    const proxy = await proxyOf(server);
    const airside = client(proxy, { WebSocket: Socket, retryDelayMs: () => 60_000 });
    const kinds: string[] = [];
    airside.connection.subscribe(() => kinds.push(airside.connection.state().kind));
    expect(airside.connection.state()).toEqual({ kind: 'connecting' });
    const open = await reached(airside, 'open');
    expect(Math.abs(Date.now() - open.since)).toBeLessThan(5_000);
    proxy.cut();
    const waiting = await reached(airside, 'waiting');
    expect(waiting).toMatchObject({ attempt: 1, lastOpenAt: open.since });
    expect(waiting.retryAt - Date.now()).toBeGreaterThan(50_000);
    airside.connection.reconnect();
    await reached(airside, 'open');
    await airside.close();
    expect(airside.connection.state()).toEqual({ kind: 'closed' });
    expect(kinds).toEqual(['open', 'waiting', 'connecting', 'open', 'closed']);
    await expect(airside.auth.me()).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'refused', attempts: 0 });
  });

  test('[SDK-9] calls made while it is down wait for the next attempt instead of making one', async () => {
    const server = await serve(answerAll);
    const proxy = await proxyOf(server);
    let delayMs = 60_000;
    const airside = client(proxy, { retryDelayMs: () => delayMs });
    await airside.auth.me();
    proxy.cut();
    await reached(airside, 'waiting');
    const before = proxy.accepted();
    const asked = Promise.all([airside.auth.me(), airside.trpc.system.ping.query()]);
    // A whole turn of the event loop, which is when tRPC's client would have connected.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(proxy.accepted()).toBe(before);
    delayMs = 0;
    airside.connection.reconnect();
    expect((await asked).map(socketOf)).toEqual([2, 2]);
    expect(proxy.accepted()).toBe(before + 1);
  });

  test('[SDK-9] the wait grows with each attempt that fails, and starts over after a good one', async () => {
    const server = await serve(answerAll);
    const proxy = await proxyOf(server);
    const attempts: number[] = [];
    const airside = client(proxy, {
      retryDelayMs: (attempt) => {
        attempts.push(attempt);
        if (attempt === 4) proxy.refuse(false);
        return 1;
      },
    });
    await airside.auth.me();
    proxy.refuse(true);
    proxy.cut();
    await airside.auth.me();
    expect(attempts).toEqual([1, 2, 3, 4]);
    proxy.cut();
    await airside.auth.me();
    expect(attempts).toEqual([1, 2, 3, 4, 1]);
  });

  test('[SDK-9] a socket that opens and dies again without a word is no success', async () => {
    const attempts: number[] = [];
    const server = await serve(answerAll, { onConnect: (socket, number) => void (number < 4 && socket.close()) });
    const airside = client(server, { retryDelayMs: (attempt) => attempts.push(attempt) && 1 });
    expect(socketOf(await airside.auth.me())).toBe(4);
    expect(attempts).toEqual([1, 2, 3]);
  });

  test('[SDK-9] wherever sockets die, the call is answered over the first that lives', async () => {
    const deaths = {
      'closed at once': (socket: WebSocket) => socket.close(),
      'cut at once': (socket: WebSocket) => socket.terminate(),
      'cut at its first frame': (socket: WebSocket) => socket.once('message', () => socket.terminate()),
      'closed at its first frame': (socket: WebSocket) => socket.once('message', () => socket.close()),
      'cut at its first call': (socket: WebSocket) =>
        socket.on('message', (frame) => String(frame).includes('auth.me') && socket.terminate()),
    };
    const kinds = Object.values(deaths);
    let dying: ((socket: WebSocket) => unknown)[] = [];
    const server = await serve(answerAll, { onConnect: (socket) => dying.shift()?.(socket) });
    for (let n = 0; n < kinds.length ** 3; n++) {
      dying = [n, Math.floor(n / kinds.length), Math.floor(n / kinds.length ** 2)].map(
        (each) => kinds[each % kinds.length] as (socket: WebSocket) => unknown,
      );
      const airside = createClient({ url: server.url, retryDelayMs: () => 0, repeat: { baseMs: 1, totalMs: 5_000 } });
      // Each was used, and none but them: the answer is the fourth socket's.
      expect(socketOf(await airside.auth.me())).toBe(4 * (n + 1));
      await airside.close();
    }
  });

  test('[SDK-10] a token that is refused is forgotten, and the client goes on as nobody', async () => {
    const server = await serve(answerAll, {
      onConnect: (socket, number) => {
        if (number === 1) socket.once('message', () => socket.close(socket.send(refusalFrame('expired')) as undefined));
      },
    });
    const storage = memoryStorage();
    await storage.set('airside:token', 'old');
    const refusals: unknown[] = [];
    const airside = client(server, { storage, onUnauthenticated: (failure) => refusals.push(failure.details) });
    expect(socketOf(await airside.auth.me())).toBe(2);
    expect(server.received.filter((each) => each.startsWith('connectionParams'))).toEqual([
      'connectionParams {"token":"old"}',
      'connectionParams {}',
    ]);
    expect(refusals).toEqual([{ reason: 'expired' }]);
    expect(await airside.auth.token()).toBe(null);
    expect(await storage.get('airside:token')).toBe(null);
  });

  test('[SDK-10] an operator key that is refused ends the client, and every call says why', async () => {
    const server = await serve(() => {}, {
      onConnect: (socket) => socket.once('message', () => socket.send(refusalFrame('the operator key is not valid'))),
    });
    const airside = client(server, { apiKey: 'wrong' });
    await expect(airside.admin.overview()).rejects.toMatchObject({
      failure: { code: 'UNAUTHENTICATED', details: { reason: 'the operator key is not valid' } },
    });
    expect(airside.connection.state()).toEqual({ kind: 'closed' });
    await expect(airside.auth.me()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('[SDK-10] a guest’s token is kept, and everything afterwards is asked with it', async () => {
    const server = await serve((call) =>
      call.answer(call.params.path === 'auth.guest' ? { token: 'fresh', user: { id: 'u' } } : { socket: call.socket }),
    );
    const storage = memoryStorage();
    const airside = client(server, { storage, retryDelayMs: () => expect.unreachable('nothing had failed') });
    await airside.auth.guest();
    expect(socketOf(await airside.auth.me())).toBe(2);
    await airside.close();
    const later = client(server, { storage });
    await later.auth.me();
    expect(server.received.filter((each) => each.startsWith('connectionParams'))).toEqual([
      'connectionParams {}',
      'connectionParams {"token":"fresh"}',
      'connectionParams {"token":"fresh"}',
    ]);
  });

  test('[SDK-11] at the server’s notice it moves to another socket without losing a call', async () => {
    const slow: Call[] = [];
    let arrived = () => {};
    const server = await serve((call) => {
      if (call.params.path === 'flights.get') {
        slow.push(call);
        arrived();
      } else answerAll(call);
    });
    const repeats: unknown[] = [];
    const airside = client(server, { onRepeat: (repeat) => repeats.push(repeat) });
    const isThere = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const asked = airside.flights.get('x');
    await isThere;
    for (const socket of server.sockets()) socket.send('{"id":null,"method":"reconnect"}');
    // Still on the old socket, or held back for the new one: either way it is answered.
    expect(socketOf(await airside.auth.me())).toBe(1);
    const moved = new Promise<void>((resolve) => {
      const stop = airside.connection.subscribe(() => {
        if (airside.connection.state().kind !== 'connecting') return;
        stop();
        resolve();
      });
    });
    slow[0]?.answer({ socket: 1 });
    expect(socketOf(await asked)).toBe(1);
    await moved;
    expect(socketOf(await airside.auth.me())).toBe(2);
    expect(repeats).toEqual([]);
  });

  test('[SDK-13] a dead link is noticed by its silence, and the call goes over another socket', async () => {
    const server = await serve(answerAll);
    const proxy = await proxyOf(server);
    const airside = client(proxy, { keepAlive: { intervalMs: 60, pongTimeoutMs: 40 } });
    const before = socketOf(await airside.auth.me());
    proxy.goDark();
    expect(socketOf(await airside.auth.me())).toBeGreaterThan(before);
  });

  test('[SDK-13] a server that accepts and then says nothing is given up', async () => {
    const accepted: unknown[] = [];
    const mute = createServer((socket) => {
      socket.on('error', () => {});
      accepted.push(socket);
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    closing.push(async () => void mute.close());
    const { port } = mute.address() as { port: number };
    const airside = client({ url: `http://127.0.0.1:${port}` }, { connectTimeoutMs: 20, retryDelayMs: () => 60_000 });
    expect(await reached(airside, 'waiting')).toMatchObject({ attempt: 1, lastOpenAt: null });
    expect(accepted).toHaveLength(1);
  });

  test('[SDK-13] a socket that says what is no message is given up, and the process lives on', async () => {
    const server = await serve(answerAll, { onConnect: (socket, number) => void (number === 1 && socket.send('{"')) });
    const airside = client(server);
    await reached(airside, 'waiting');
    expect(socketOf(await airside.auth.me())).toBe(2);
  });

  test('[SDK-13] an address that can never be connected to does not keep the client busy', async () => {
    const attempts: number[] = [];
    // Node refuses this port by itself, at once.
    const airside = client({ url: 'http://127.0.0.1:9' }, { retryDelayMs: (attempt) => attempts.push(attempt) && 5 });
    await expect(airside.trpc.system.ping.query(undefined, { context: { repeat: { totalMs: 80 } } })).rejects.toThrow();
    expect(attempts.length).toBeGreaterThan(1);
    expect(attempts.length).toBeLessThan(40);
  });
});
