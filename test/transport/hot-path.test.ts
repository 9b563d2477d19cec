import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { keyOperator } from '../../server/domain/identity/actor.ts';
import type { Metrics } from '../../server/domain/operations/metrics.ts';
import { type Clock, systemClock } from '../../server/platform/runtime/clock.ts';
import { Failure, refuse } from '../../server/platform/runtime/failure.ts';
import { JsonText } from '../../server/platform/runtime/json-text.ts';
import { requestScope } from '../../server/platform/telemetry/logger.ts';
import type { Context } from '../../server/transport/context.ts';
import { createFailureMap } from '../../server/transport/failures.ts';
import { gatherFrames } from '../../server/transport/gather-frames.ts';
import { observeCalls } from '../../server/transport/observe-calls.ts';
import { open, router } from '../../server/transport/trpc.ts';
import { openWsAdapter } from '../../server/transport/ws-adapter/open-ws-adapter.ts';
import { inJson } from '../../server/transport/ws-adapter/own-resolver.ts';
import { newId } from '../../shared/ids.ts';
import { limits } from '../../shared/limits.ts';
import { plainPayload, transformer } from '../../shared/transformer.ts';
import { connect, failureOf } from '../support/connect.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';

type Adapter = (wss: WebSocketServer) => { close(): void };

/** A socket server with a router of one procedure, behind the adapter that is asked for. */
async function openSockets(adapter: Adapter) {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  const adapted = adapter(sockets);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    sockets,
    url: `ws://127.0.0.1:${port}`,
    close: () => {
      adapted.close();
      for (const socket of sockets.clients) socket.terminate();
      server.close();
    },
  };
}

const echo = router({
  echo: open.input((value: unknown) => value).query(({ input }) => input),
  told: open.query(inJson(async () => new JsonText<{ fare: number }>('{ "fare" : 1e2 }'))),
});
const own =
  (clock: Clock = systemClock): Adapter =>
  (wss) =>
    openWsAdapter({ wss, router: echo, limits: limits.socket, clock });
const stock: Adapter = (wss) => {
  applyWSSHandler({ wss, router: echo, createContext: () => ({}) as Context });
  return { close: () => undefined };
};
const gathered: Adapter = (wss) => {
  wss.on('connection', (socket, request) => gatherFrames(socket, request.socket));
  return stock(wss);
};

describe('what is sent in one turn', () => {
  /** How many writes the connection makes of the answers to five calls of one frame. */
  async function writesOfFiveAnswers(adapter: Adapter): Promise<number> {
    let writes = 0;
    const server = await openSockets(adapter);
    server.sockets.on('connection', (_socket, { socket: connection }) => {
      const { _write, _writev } = connection as Socket & Required<Pick<Socket, '_writev'>>;
      connection._write = (...args) => {
        writes++;
        _write.apply(connection, args);
      };
      connection._writev = (...args) => {
        writes++;
        _writev.apply(connection, args);
      };
    });
    const client = new WebSocket(server.url);
    const answers: { id: number; result: { data: { json: unknown } } }[] = [];
    const calls = [0, 1, 2, 3, 4].map((id) => ({
      id,
      method: 'query',
      params: { path: 'echo', input: { json: `näive ${'€'.repeat(id * 20)}` } },
    }));
    client.on('open', () => client.send(JSON.stringify(calls)));
    await new Promise<void>((resolve) => {
      client.on('message', (data) => {
        if (answers.push(JSON.parse(data.toString())) === 5) resolve();
      });
    });
    client.terminate();
    server.close();
    expect(answers.map((each) => [each.id, each.result.data.json])).toEqual(
      calls.map((each) => [each.id, each.params.input.json]),
    );
    return writes;
  }

  it('[HOT-1] leaves in one write, in its order; without joining it is one each', async () => {
    expect(await writesOfFiveAnswers(stock)).toBe(5);
    expect(await writesOfFiveAnswers(gathered)).toBe(1);
    expect(await writesOfFiveAnswers(own())).toBe(1);
  });
});

describe('what is JSON already', () => {
  async function told(adapter: Adapter): Promise<string> {
    const server = await openSockets(adapter);
    const client = new WebSocket(server.url);
    await once(client, 'open');
    client.send(JSON.stringify({ id: 7, method: 'query', params: { path: 'told' } }));
    const [frame] = await once(client, 'message');
    client.terminate();
    server.close();
    return String(frame);
  }

  it('[SEARCH-22] leaves as it is over our sockets, and is the value that it says everywhere else', async () => {
    expect(await told(own())).toBe('{"id":7,"result":{"type":"data","data":{"json":{ "fare" : 1e2 }}}}');
    expect(await told(stock)).toBe('{"id":7,"result":{"type":"data","data":{"json":{"fare":100}}}}');
    expect(await echo.createCaller({} as Context).told()).toEqual({ fare: 100 });
  });

  it('[SEARCH-22] is put together with what is not, as JSON itself would say it', () => {
    const view = { 'a "b"': [1, null], text: 'näive €', at: { stops: 0 }, none: undefined };
    const made = JsonText.object({ ...view, at: new JsonText<{ stops: number }>('{"stops":0}') });
    expect(made.text).toBe(JSON.stringify(view));
    expect(plainPayload(made.text)).toBe(JSON.stringify(transformer.output.serialize(made.value)));
  });
});

describe('silent sockets', () => {
  it('[HOT-2] are asked after 20 s and ended after 10 more; whoever says anything stays', async () => {
    let now = 0;
    let wake = () => {};
    const clock: Clock = {
      now: () => now,
      sleep: () =>
        new Promise((resolve) => {
          wake = resolve;
        }),
    };
    /** Lets so many seconds pass, with every look that falls into them. */
    const pass = async (seconds: number) => {
      for (let at = 0; at < seconds; at += 2.5) {
        now += 2_500;
        wake();
        await new Promise(setImmediate);
      }
    };
    const server = await openSockets(own(clock));
    const [silent, lively] = [new WebSocket(server.url), new WebSocket(server.url)];
    const heard = { silent: [] as string[], lively: [] as string[] };
    silent.on('message', (data) => heard.silent.push(data.toString()));
    lively.on('message', (data) => {
      heard.lively.push(data.toString());
      lively.send('PONG');
    });
    const ended = once(silent, 'close');
    await Promise.all([once(silent, 'open'), once(lively, 'open')]);
    await pass(17.5);
    expect(heard).toEqual({ silent: [], lively: [] });
    const asked = [once(silent, 'message'), once(lively, 'message')];
    const answered = new Promise<void>((resolve) => {
      for (const socket of server.sockets.clients) socket.once('message', () => resolve());
    });
    await pass(2.5);
    await Promise.all([...asked, answered]);
    expect(heard).toEqual({ silent: ['PING'], lively: ['PING'] });
    await pass(10);
    await ended;
    expect(lively.readyState).toBe(WebSocket.OPEN);
    server.close();
  });
});

describe('calls', () => {
  it('[HOT-3] are counted and logged once each, with their outcome and a request id', async () => {
    const counted: string[] = [];
    const logged: unknown[] = [];
    const rooms = {
      metrics: {
        requestLatencySeconds: {
          labels: ({ procedure, outcome }: Record<string, string>) => ({
            observe: (seconds: number) => counted.push(`${procedure} ${outcome} ${seconds >= 0}`),
          }),
        },
      } as unknown as Metrics,
      log: {
        debug: (line: object) => logged.push({ ...line, requestId: requestScope.getStore()?.requestId }),
      },
      failureOf: createFailureMap(() => 'reported'),
    };
    const ids: (string | undefined)[] = [];
    const observed = observeCalls(
      router({
        good: open.query(() => {
          ids.push(requestScope.getStore()?.requestId);
          return 'good';
        }),
        inner: router({
          refused: open.query((): string => {
            throw refuse('CLOSED', { reason: 'not today' });
          }),
        }),
        broken: open.query((): string => {
          throw new Error('secret');
        }),
      }),
    );
    const caller = observed.createCaller({ rooms, actor: keyOperator } as unknown as Context);
    expect(await caller.good()).toBe('good');
    const refusal = await caller.inner.refused().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'TRPCError', code: 'CONFLICT', cause: expect.any(Failure) });
    // Collecting a stack costs more than the refusal.
    expect((refusal as Error).stack).not.toMatch(/\n\s+at /);
    expect(await caller.broken().catch((error: unknown) => error)).toMatchObject({
      code: 'INTERNAL_SERVER_ERROR',
      cause: { details: { errorId: 'reported' } },
    });
    await caller.good();
    expect(counted).toEqual(['good ok true', 'inner.refused CLOSED true', 'broken INTERNAL true', 'good ok true']);
    expect(logged).toMatchObject([
      { procedure: 'good', outcome: 'ok', requestId: ids[0] },
      { procedure: 'inner.refused', outcome: 'CLOSED', requestId: expect.any(String) },
      { procedure: 'broken', outcome: 'INTERNAL', requestId: expect.any(String) },
      { procedure: 'good', outcome: 'ok', requestId: ids[1] },
    ]);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('calls that go straight', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(() => scene.close());

  it('[HOT-4] ask who it is before they look at the input, and answer over sockets and HTTP alike', async () => {
    const flight = await scene.flight({ seats: 1 });
    const good = { id: newId(), legs: [{ flightId: flight.id, cabin: 'economy' as const }], seats: 1 };
    const bad = { ...good, seats: 99 };
    const nobody = connect(scene.server.url);
    expect(await failureOf(nobody.trpc.booking.hold.mutate(bad))).toMatchObject({ code: 'UNAUTHENTICATED' });
    await nobody.close();
    const { trpc } = scene.guest;
    expect(await failureOf(trpc.booking.hold.mutate(bad))).toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: [{ path: ['seats'] }] },
    });
    const capital = { ...good, id: good.id.toUpperCase() };
    expect(await trpc.booking.hold.mutate(capital)).toMatchObject({ id: good.id, status: 'held' });

    const post = (path: string, body: string, headers: Record<string, string>) =>
      fetch(`${scene.server.url}/trpc/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
    const bearer = { authorization: `Bearer ${scene.guest.token}` };
    const overHttp = (path: string, input: object) => post(path, JSON.stringify({ json: input }), bearer);
    // Who may not call is not told that this is no JSON.
    expect((await post('booking.hold', '{', {})).status).toBe(401);
    expect((await post('booking.hold', '{', bearer)).status).toBe(400);
    const repeat = await overHttp('booking.hold', good);
    expect(await repeat.json()).toMatchObject({ result: { data: { json: { id: good.id, status: 'held' } } } });
    const full = await overHttp('booking.hold', { ...good, id: newId() });
    expect(full.status).toBe(409);
    expect(await full.json()).toMatchObject({
      error: { json: { data: { path: 'booking.hold', failure: { code: 'SOLD_OUT', details: { available: 0 } } } } },
    });
    // A mutation is none by GET, whichever way it goes.
    expect((await fetch(`${scene.server.url}/trpc/booking.hold`)).status).toBe(405);

    const metrics = await (await fetch(`${scene.server.url}/metrics`)).text();
    for (const [outcome, times] of [
      ['ok', 2],
      ['UNAUTHENTICATED', 2],
      ['INVALID_INPUT', 2],
      ['SOLD_OUT', 1],
    ]) {
      expect(metrics).toMatch(
        new RegExp(
          `^request_latency_seconds_count\\{(?=.*procedure="booking\\.hold")(?=.*outcome="${outcome}").*\\} ${times}$`,
          'm',
        ),
      );
    }
  });
});
