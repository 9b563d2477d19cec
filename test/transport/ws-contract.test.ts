import { createTRPCClient, createWSClient, httpBatchLink, httpLink, TRPCClientError, wsLink } from '@trpc/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { transformer } from '../../shared/transformer.ts';
import type { ContractRouter } from './contract-router.ts';
import { type AdapterName, type ContractOptions, type ContractServer, openContract } from './open-contract.ts';
import { RawLine } from './raw-line.ts';

// What tRPC's protocol over WebSockets is, frame by frame, as its own adapter of the pinned version speaks it; and the
// same of ours. Whatever a stock client can tell stands here. What ours adds is in ws-adapter.test.ts.

const adapters: AdapterName[] = ['stock', 'own'];

type Method = 'query' | 'mutation' | 'subscription';
const call = (id: unknown, path: string, input?: unknown, method: Method = 'query', more: object = {}) => ({
  id,
  method,
  params: { path, ...(input === undefined ? {} : { input: { json: input } }), ...more },
});
const subscribe = (id: unknown, path: string, input?: unknown, more: object = {}) =>
  call(id, path, input, 'subscription', more);
const stop = (id: unknown) => ({ id, method: 'subscription.stop' });

const data = (id: unknown, json: unknown) => JSON.stringify({ id, result: { type: 'data', data: { json } } });
const tracked = (id: unknown, n: number) =>
  JSON.stringify({ id, result: { type: 'data', data: { json: { id: `${n}`, data: { n } } }, id: `${n}` } });
const started = (id: unknown) => JSON.stringify({ id, result: { type: 'started' } });
const stopped = (id: unknown) => JSON.stringify({ id, result: { type: 'stopped' } });

const numbers = { CONFLICT: -32009, NOT_FOUND: -32004, PARSE_ERROR: -32700, BAD_REQUEST: -32600, UNAUTHORIZED: -32001 };
const statuses = { CONFLICT: 409, NOT_FOUND: 404, PARSE_ERROR: 400, BAD_REQUEST: 400, UNAUTHORIZED: 401 };
/** An error of a call (with its path and kind), or one that belongs to none. */
function error(
  id: unknown,
  code: keyof typeof numbers,
  message: string,
  about: { path?: string; type?: string; name?: string | null } = {},
) {
  const { path, type = 'unknown', name = 'nobody' } = about;
  const data = { code, httpStatus: statuses[code], path, type, name };
  return JSON.stringify({ id, error: { json: { message, code: numbers[code], data } } });
}
/** The same without the message, where that is the JSON parser's or the schema's. */
const withoutMessage = (frame: string): unknown => {
  const parsed = JSON.parse(frame) as { error: { json: { message?: string } } };
  expect(typeof parsed.error.json.message).toBe('string');
  delete parsed.error.json.message;
  return parsed;
};

describe.each(adapters)('the %s adapter', (adapter) => {
  let server: ContractServer;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await openContract(adapter);
  });
  afterAll(() => server.close());
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    server.probe.release();
    server.probe.log.length = 0;
  });

  async function serverWith(options: ContractOptions): Promise<ContractServer> {
    const opened = await openContract(adapter, options);
    closing.push(opened.close);
    return opened;
  }

  async function line(first: unknown[] = [], path = '/trpc', url = server.url): Promise<RawLine> {
    const opened = await RawLine.open(url + path, first);
    closing.push(() => opened.socket.terminate());
    return opened;
  }

  /** One exchange on a socket of its own: everything that is said to these messages. */
  async function answers(messages: unknown[], count: number): Promise<string[]> {
    const opened = await line(messages);
    const frames = await opened.take(count);
    expect(await opened.rest()).toEqual([]);
    return frames;
  }

  describe('calls', () => {
    test.each([
      [call(1, 'echo', { a: [1, 'zwei', null] }), data(1, { a: [1, 'zwei', null] })],
      [call(1, 'shout', 'hey', 'mutation'), data(1, 'HEY')],
      [call(1, 'nested.deep'), data(1, 'deep')],
      [call(1, 'behindMiddleware'), data(1, 'nobody by way of a middleware')],
      [call('a "string"', 'echo', 1), data('a "string"', 1)],
      [call(0, 'echo', 1), data(0, 1)],
      [call(-1.5, 'echo', 1), data(-1.5, 1)],
      [
        call(1, 'nothing'),
        '{"id":1,"result":{"type":"data","data":{"json":null,"meta":{"values":["undefined"],"v":1}}}}',
      ],
      [
        call(1, 'when'),
        '{"id":1,"result":{"type":"data","data":{"json":"1970-01-01T00:00:00.000Z","meta":{"values":["Date"],"v":1}}}}',
      ],
      [
        { ...call(1, 'echo', 1), jsonrpc: '2.0' },
        '{"id":1,"jsonrpc":"2.0","result":{"type":"data","data":{"json":1}}}',
      ],
    ])('[CONTRACT-1] %j is answered to the letter', async (message, answer) => {
      expect(await answers([message], 1)).toEqual([answer]);
    });

    test('[CONTRACT-1] they run beside each other, and each is answered when it is done', async () => {
      const opened = await line([call(1, 'slow', 'a', 'mutation'), call(2, 'echo', 2)]);
      expect(await opened.next()).toBe(data(2, 2));
      server.probe.release();
      expect(await opened.next()).toBe(data(1, 'a'));
    });

    test('[CONTRACT-1] an id of calls may be used again, even meanwhile', async () => {
      expect(await answers([call(1, 'echo', 'a'), call(1, 'echo', 'b')], 2)).toEqual([data(1, 'a'), data(1, 'b')]);
    });

    test('[CONTRACT-1] a batch is answered one by one; one message of it that is none refuses it whole', async () => {
      const batch = [call(1, 'echo', 1), subscribe(2, 'count', { to: 1 }), call(3, 'echo', 3)];
      expect((await answers([batch], 5)).toSorted()).toEqual(
        [data(1, 1), data(3, 3), started(2), tracked(2, 1), stopped(2)].toSorted(),
      );
      expect(await answers([[call(1, 'echo', 1), { id: 2 }]], 1)).toEqual([
        error(null, 'PARSE_ERROR', 'Invalid procedure type'),
      ]);
      expect(await answers([[]], 0)).toEqual([]);
    });
  });

  describe('errors', () => {
    test.each([
      [call(1, 'refusing'), error(1, 'CONFLICT', 'not twice', { path: 'refusing', type: 'query' })],
      [
        { ...call(1, 'refusing'), jsonrpc: '2.0' },
        error(1, 'CONFLICT', 'not twice', { path: 'refusing', type: 'query' }).replace(
          '"id":1,',
          '"id":1,"jsonrpc":"2.0",',
        ),
      ],
      ...(['no.such', '__proto__', 'constructor', 'toString', 'nested', 'nested.', ''] as const).map(
        (path): [object, string] => [
          call(1, path),
          error(1, 'NOT_FOUND', `No "query"-procedure on path "${path}"`, { path, type: 'query' }),
        ],
      ),
      [
        call(1, 'shout', 'x'),
        error(1, 'NOT_FOUND', 'No "query"-procedure on path "shout"', { path: 'shout', type: 'query' }),
      ],
      [
        call(1, 'count', { to: 1 }, 'mutation'),
        error(1, 'NOT_FOUND', 'No "mutation"-procedure on path "count"', { path: 'count', type: 'mutation' }),
      ],
      [
        subscribe(1, 'echo', 1),
        error(1, 'NOT_FOUND', 'No "subscription"-procedure on path "echo"', { path: 'echo', type: 'subscription' }),
      ],
    ])('[CONTRACT-2] %j goes through the formatter of the router', async (message, answer) => {
      expect(await answers([message], 1)).toEqual([answer]);
    });

    test('[CONTRACT-2] what a procedure throws, and what its schema refuses, is an error of that call', async () => {
      const [broken] = await answers([call(1, 'broken')], 1);
      expect(JSON.parse(broken as string)).toEqual({
        id: 1,
        error: {
          json: {
            message: 'broken inside',
            code: -32603,
            data: { code: 'INTERNAL_SERVER_ERROR', httpStatus: 500, path: 'broken', type: 'query', name: 'nobody' },
          },
        },
      });
      const [refused] = await answers([call(2, 'shout', 5, 'mutation')], 1);
      expect(withoutMessage(refused as string)).toEqual(
        withoutMessage(error(2, 'BAD_REQUEST', '', { path: 'shout', type: 'mutation' })),
      );
      const [iterable] = await answers([call(3, 'iterableQuery')], 1);
      expect(JSON.parse(iterable as string)).toMatchObject({
        id: 3,
        error: { json: { data: { code: 'UNSUPPORTED_MEDIA_TYPE' } } },
      });
    });

    test.each([
      ['null id', call(null, 'echo', 1), '`id` is required'],
      ['no id', { method: 'query', params: { path: 'echo' } }, 'Invalid request id'],
      ['an object as id', call({}, 'echo', 1), 'Invalid request id'],
      ['another JSON-RPC', { ...call(1, 'echo', 1), jsonrpc: '1.0' }, 'Must be JSONRPC 2.0'],
      ['no method', { id: 1 }, 'Invalid procedure type'],
      ['an odd method', { id: 1, method: 'delete', params: { path: 'echo' } }, 'Invalid procedure type'],
      ['a method of every object', { id: 1, method: 'toString', params: { path: 'echo' } }, 'Invalid procedure type'],
      ['no params', { id: 1, method: 'query' }, 'Not an object'],
      ['params null', { id: 1, method: 'query', params: null }, 'Not an object'],
      ['a number as path', { id: 1, method: 'query', params: { path: 5 } }, 'Invalid string'],
      ['a number as lastEventId', subscribe(1, 'count', { to: 1 }, { lastEventId: 5 }), 'Invalid string'],
      ['a number', '5', 'Not an object'],
      ['null', 'null', 'Not an object'],
      ['a string', '"x"', 'Not an object'],
      ['a batch in a batch', [[call(1, 'echo', 1)]], 'Not an object'],
      ['a stop of null', stop(null), '`id` is required'],
      ['params where none are expected', { method: 'connectionParams', data: {} }, 'Invalid request id'],
    ])('[CONTRACT-3] %s is a parse error that belongs to no call, and the socket goes on', async (_, message, text) => {
      expect(await answers([message, call(7, 'echo', 7)], 2)).toEqual([error(null, 'PARSE_ERROR', text), data(7, 7)]);
    });

    test.each(['not json', '', '{"id":1', '{"id":1}}', '\u0000'])('[CONTRACT-3] so is %j', async (text) => {
      const [refused, answered] = await answers([text, call(7, 'echo', 7)], 2);
      expect(withoutMessage(refused as string)).toEqual(withoutMessage(error(null, 'PARSE_ERROR', '')));
      expect(answered).toBe(data(7, 7));
    });

    test('[CONTRACT-3] so is a binary frame, whatever is in it', async () => {
      const opened = await line();
      opened.socket.send(Buffer.from(JSON.stringify(call(1, 'echo', 1))));
      opened.socket.send(Buffer.from('PING'));
      for (const refused of await opened.take(2)) {
        expect(withoutMessage(refused)).toEqual(withoutMessage(error(null, 'PARSE_ERROR', '')));
      }
      expect(await opened.rest()).toEqual([]);
    });

    test('[CONTRACT-3] a frame that is too large closes the socket with 1009, and nobody else is hurt', async () => {
      const small = await serverWith({ maxPayload: 1_000 });
      const [big, other] = [await line([], '/', small.url), await line([], '/', small.url)];
      big.send(call(1, 'echo', 'x'.repeat(2_000)));
      expect(await big.closed).toBe(1009);
      other.send(call(1, 'echo', 1));
      expect(await other.next()).toBe(data(1, 1));
    });
  });

  describe('who connects', () => {
    const asking = '/trpc?connectionParams=1';

    test.each([
      [{ method: 'connectionParams', data: { name: 'ann' } }, 'ann'],
      [{ method: 'connectionParams', data: null }, 'nobody'],
      [{ data: { name: 'ann' } }, 'ann'],
    ])('[CONTRACT-4] the first message is %j', async (params, name) => {
      const opened = await line([params, call(1, 'who'), call(2, 'who')], asking);
      expect(await opened.take(2)).toEqual([data(1, name), data(2, name)]);
      expect(server.probe.log).toEqual(['context made']);
    });

    test('[CONTRACT-4] without the query parameter the context is made at once, and once', async () => {
      const opened = await line([]);
      await server.probe.noted('context made');
      opened.send([call(1, 'who'), call(2, 'who')]);
      expect(await opened.take(2)).toEqual([data(1, 'nobody'), data(2, 'nobody')]);
      expect(server.probe.log).toEqual(['context made']);
    });

    test.each([
      ['Invalid connection params shape', { method: 'connectionParams' }],
      ['Invalid connection params shape', { method: 'connectionParams', data: { name: 5 } }],
      ['Invalid connection params shape', { method: 'connectionParams', data: 'ann' }],
      ['Invalid connection params shape', call(1, 'who')],
      ['Malformed TRPCConnectionParamsMessage', 'not json'],
      ['Malformed TRPCConnectionParamsMessage', '[]'],
      ['Malformed TRPCConnectionParamsMessage', '5'],
    ])('[CONTRACT-4] %s: %j; told to nobody’s call and to each, then the socket is closed', async (text, params) => {
      const opened = await line([params, call(9, 'who')], asking);
      expect(await opened.take(2)).toEqual([
        error(null, 'PARSE_ERROR', text, { name: null }),
        error(9, 'PARSE_ERROR', text, { path: 'who', type: 'query', name: null }),
      ]);
      await opened.closed;
      expect(server.probe.log).toEqual([]);
    });

    test('[CONTRACT-4] PING is answered before anybody said who they are', async () => {
      const opened = await line(['PING', { data: { name: 'ann' } }, call(1, 'who')], asking);
      expect(await opened.take(2)).toEqual(['PONG', data(1, 'ann')]);
    });

    test('[CONTRACT-5] what is sent while the context is being made waits for it, in its order', async () => {
      const slow = await serverWith({
        name: async (_, probe) => {
          await probe.hold();
          return 'late';
        },
      });
      const opened = await line([call(1, 'who'), subscribe(2, 'count', { to: 1 }), call(3, 'who')], '/', slow.url);
      await slow.probe.noted('context made');
      expect(await opened.rest()).toEqual([]);
      slow.probe.release();
      const frames = await opened.take(5);
      expect(frames.indexOf(data(1, 'late'))).toBeLessThan(frames.indexOf(data(3, 'late')));
      expect(frames.toSorted()).toEqual(
        [data(1, 'late'), data(3, 'late'), started(2), tracked(2, 1), stopped(2)].toSorted(),
      );
    });

    test('[CONTRACT-5] a context that cannot be made is told once for the socket and to each call, which never run', async () => {
      const strict = await serverWith({
        name: async (_, probe) => {
          await probe.hold();
          throw Object.assign(new Error('not you'), { code: 'whatever' });
        },
      });
      const opened = await line([call(1, 'slow', 'x', 'mutation'), subscribe(2, 'silent')], '/', strict.url);
      expect(await opened.rest()).toEqual([]);
      strict.probe.release();
      const frames = (await opened.take(3)).map((frame) => JSON.parse(frame) as { id: unknown; error: unknown });
      expect(frames.map(({ id }) => id)).toEqual([null, 1, 2]);
      for (const { error } of frames) expect(error).toMatchObject({ json: { message: 'not you', code: -32603 } });
      await opened.closed;
      expect(strict.probe.log).toEqual(['context made']);
    });
  });

  describe('subscriptions', () => {
    test('[CONTRACT-6] start, bring each value under its own id, and end', async () => {
      expect(await answers([subscribe('s', 'count', { to: 2 })], 4)).toEqual([
        started('s'),
        tracked('s', 1),
        tracked('s', 2),
        stopped('s'),
      ]);
    });

    test('[CONTRACT-6] go on after lastEventId, which the input is told of', async () => {
      const after = await answers([subscribe(1, 'count', { to: 3 }, { lastEventId: '2' })], 3);
      expect(after).toEqual([started(1), tracked(1, 3), stopped(1)]);
      const [withoutInput] = await answers([subscribe(1, 'count', undefined, { lastEventId: '2' })], 1);
      expect(withoutInput).toContain('expected number, received undefined');
    });

    test('[CONTRACT-6] bring untracked values as they are', async () => {
      expect(await answers([subscribe(1, 'untracked')], 5)).toEqual([
        started(1),
        data(1, 'one'),
        '{"id":1,"result":{"type":"data","data":{"json":{"two":"1970-01-01T00:00:00.000Z"},"meta":{"values":{"two":["Date"]},"v":1}}}}',
        '{"id":1,"result":{"type":"data","data":{"json":null,"meta":{"values":["undefined"],"v":1}}}}',
        stopped(1),
      ]);
    });

    test('[CONTRACT-6] carry the version of JSON-RPC in every frame if they were asked with it', async () => {
      const frames = await answers([{ ...subscribe(1, 'count', { to: 1 }), jsonrpc: '2.0' }], 3);
      for (const frame of frames) expect(frame).toMatch(/^\{"id":1,"jsonrpc":"2\.0","result":/);
    });

    test('[CONTRACT-6] that throw say so, and are over', async () => {
      expect(await answers([subscribe(1, 'failing')], 4)).toEqual([
        started(1),
        data(1, 'before'),
        error(1, 'CONFLICT', 'in the middle', { path: 'failing', type: 'subscription' }),
        stopped(1),
      ]);
    });

    test('[CONTRACT-6] that cannot begin are an error without a beginning', async () => {
      const [refused] = await answers([subscribe(1, 'refusedAtOnce', 5)], 1);
      expect(withoutMessage(refused as string)).toEqual(
        withoutMessage(error(1, 'BAD_REQUEST', '', { path: 'refusedAtOnce', type: 'subscription' })),
      );
      const [value] = await answers([subscribe(1, 'notASubscription')], 1);
      expect(JSON.parse(value as string)).toMatchObject({
        error: {
          json: {
            message: 'Subscription notASubscription did not return an observable or a AsyncGenerator',
            code: -32603,
          },
        },
      });
    });

    test('[CONTRACT-6] may be observables', async () => {
      const opened = await line([subscribe(1, 'observed')]);
      expect(await opened.take(3)).toEqual([started(1), data(1, 1), data(1, 2)]);
      server.probe.release();
      expect(await opened.next()).toBe(stopped(1));
      opened.send(subscribe(2, 'observed'));
      expect(await opened.take(3)).toEqual([started(2), data(2, 1), data(2, 2)]);
      server.probe.log.length = 0;
      opened.send(stop(2));
      expect(await opened.next()).toBe(stopped(2));
      await server.probe.noted('observed was let go');
    });

    test('[CONTRACT-7] end when they are stopped: the signal is aborted, the generator finishes, then it is told', async () => {
      const opened = await line([subscribe(1, 'silent')]);
      expect(await opened.next()).toBe(started(1));
      await server.probe.noted('silent began');
      opened.send(stop(1));
      expect(await opened.next()).toBe(stopped(1));
      expect(server.probe.log).toEqual(['context made', 'silent began', 'silent was aborted', 'silent ended']);
      opened.send(stop(1));
      opened.send(stop('never heard of'));
      expect(await opened.rest()).toEqual([]);
    });

    test('[CONTRACT-7] a generator that never looks at its signal brings nothing more once it was stopped', async () => {
      const opened = await line([subscribe(1, 'deaf')]);
      expect(await opened.take(2)).toEqual([started(1), data(1, 1)]);
      opened.send(stop(1));
      expect(await opened.rest()).not.toContain(data(1, 2));
      server.probe.release();
      await server.probe.noted('deaf ended');
      expect(await opened.next()).toBe(stopped(1));
    });

    test('[CONTRACT-7] end with their socket', async () => {
      const opened = await line([subscribe(1, 'silent'), subscribe(2, 'observed'), subscribe(3, 'silent')]);
      await server.probe.noted('silent began', 2);
      opened.socket.terminate();
      await server.probe.noted('silent ended', 2);
      await server.probe.noted('observed was let go');
      expect(server.probe.log.filter((each) => each === 'silent was aborted')).toHaveLength(2);
    });

    test('[CONTRACT-7] an id in use is refused and the first goes on; afterwards it is free', async () => {
      const opened = await line([subscribe(1, 'countSlowly', { to: 2 })]);
      expect(await opened.next()).toBe(started(1));
      opened.send(subscribe(1, 'silent'));
      expect(await opened.next()).toBe(
        error(1, 'BAD_REQUEST', 'Duplicate id 1', { path: 'silent', type: 'subscription' }),
      );
      server.probe.release();
      expect(await opened.next()).toBe(tracked(1, 1));
      expect(server.probe.log).not.toContain('silent began');
      opened.send(stop(1));
      expect(await opened.next()).toBe(stopped(1));
      opened.send(subscribe(1, 'count', { to: 1 }));
      expect(await opened.take(3)).toEqual([started(1), tracked(1, 1), stopped(1)]);
    });

    test('[CONTRACT-7] of two sockets with the same ids each has its own', async () => {
      const [one, two] = [await line([subscribe(1, 'silent')]), await line([subscribe(1, 'silent')])];
      await server.probe.noted('silent began', 2);
      one.send(stop(1));
      expect(await one.take(2)).toEqual([started(1), stopped(1)]);
      expect(await two.rest()).toEqual([started(1)]);
    });
  });

  describe('the socket', () => {
    test('[CONTRACT-8] answers PING at once, and PONG not at all', async () => {
      const opened = await line(['PING', 'PONG', 'PING']);
      expect(await opened.take(2)).toEqual(['PONG', 'PONG']);
      expect(await opened.rest()).toEqual([]);
    });

    test('[CONTRACT-8] is asked when it is silent, and ended when it goes on being so', async () => {
      const impatient = await serverWith({ keepAlive: true });
      const [mute, alive] = [await line([], '/', impatient.url), await line([], '/', impatient.url)];
      alive.socket.on('message', (bytes) => {
        if (String(bytes) === 'PING') alive.send('PONG');
      });
      await impatient.silence('asked');
      expect(await mute.next()).toBe('PING');
      expect(await alive.next()).toBe('PING');
      // Its PONG is there before the time goes on: it is behind it on the same socket.
      expect(await alive.rest()).toEqual([]);
      await impatient.silence('ended');
      expect(await mute.closed).toBe(1006);
      expect(alive.socket.readyState).toBe(WebSocket.OPEN);
    });

    test('[CONTRACT-9] is told to come back, with what it has going on', async () => {
      const opened = await line([subscribe(1, 'countSlowly', { to: 1 })]);
      expect(await opened.next()).toBe(started(1));
      server.broadcastReconnect();
      expect(await opened.next()).toBe('{"id":null,"method":"reconnect"}');
      server.probe.release();
      expect(await opened.next()).toBe(tracked(1, 1));
      expect(opened.socket.readyState).toBe(WebSocket.OPEN);
    });

    test('[CONTRACT-10] that goes while its calls begin, run or answer leaves nothing behind and hurts nobody', async () => {
      const calls = [
        call(1, 'slow', 'a', 'mutation'),
        subscribe(2, 'silent'),
        subscribe(3, 'deaf'),
        call(4, 'refusing'),
        subscribe(5, 'failing'),
        stop(2),
      ];
      for (let gone = 0; gone < 5; gone++) {
        const opened = await line(calls);
        if (gone % 2 === 0) opened.socket.terminate();
        else opened.socket.close();
        await opened.closed;
      }
      const slow = await serverWith({ name: (_, probe) => probe.hold().then(() => 'late') });
      const early = await line(calls, '/', slow.url);
      await slow.probe.noted('context made');
      early.socket.terminate();
      while (slow.sockets() > 0) await new Promise(setImmediate);
      slow.probe.release();
      server.probe.release();
      // Whoever is still there is served, and no generator that began is left without its end.
      expect(await answers([call(1, 'echo', 1)], 1)).toEqual([data(1, 1)]);
      const count = (what: string) => server.probe.log.filter((each) => each === what).length;
      while (count('silent ended') < count('silent began')) await new Promise(setImmediate);
      while (count('deaf ended') < count('deaf began')) {
        server.probe.release();
        await new Promise(setImmediate);
      }
      expect(slow.probe.log.filter((each) => each === 'silent began')).toHaveLength(0);
    });
  });

  describe('the stock client', () => {
    interface Opened {
      trpc: ReturnType<typeof createTRPCClient<ContractRouter>>;
      client: ReturnType<typeof createWSClient>;
      opens: () => number;
    }

    function connect(options: Partial<Parameters<typeof createWSClient>[0]> = {}, url = server.url): Opened {
      let opens = 0;
      const client = createWSClient({
        url: url.replace('http', 'ws'),
        WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
        retryDelayMs: () => 5,
        onOpen: () => {
          opens++;
        },
        ...options,
      });
      closing.push(() => client.close());
      return {
        client,
        trpc: createTRPCClient<ContractRouter>({ links: [wsLink({ client, transformer })] }),
        opens: () => opens,
      };
    }

    /** The numbers that a subscription brings, as they come. */
    function follow({ trpc }: Opened, to: number) {
      const seen: number[] = [];
      const events: string[] = [];
      const ended = new Promise<void>((resolve) => {
        const subscription = trpc.countSlowly.subscribe(
          { to },
          {
            onStarted: () => events.push('started'),
            onData: ({ data }) => {
              seen.push(data.n);
              if (data.n === to) subscription.unsubscribe();
            },
            onError: ({ message }) => events.push(message),
            onComplete: () => resolve(),
          },
        );
      });
      return { seen, events, ended };
    }

    test('[CONTRACT-11] calls, refuses, batches and keeps types', async () => {
      const { trpc } = connect({ connectionParams: async () => ({ name: 'ann' }) });
      const [echo, shout, when, who, nothing] = await Promise.all([
        trpc.echo.query({ a: new Date(5) }),
        trpc.shout.mutate('hey'),
        trpc.when.query(),
        trpc.who.query(),
        trpc.nothing.query(),
      ]);
      expect([echo, shout, when, who, nothing]).toEqual([{ a: new Date(5) }, 'HEY', new Date(0), 'ann', undefined]);
      const refused = await trpc.refusing.query().catch((thrown: unknown) => thrown);
      expect(refused).toBeInstanceOf(TRPCClientError);
      expect(refused).toMatchObject({
        message: 'not twice',
        data: { code: 'CONFLICT', path: 'refusing', name: 'ann' },
      });
      await expect((trpc as never as { no: { such: { query(): Promise<void> } } }).no.such.query()).rejects.toThrow(
        'No "query"-procedure on path "no.such"',
      );
    });

    test.each(['told to come back', 'cut'])(
      '[CONTRACT-12] goes on after the last event that it got when it is %s',
      async (how) => {
        const opened = connect();
        const following = follow(opened, 4);
        await server.probe.noted('counting after nothing');
        for (let n = 1; n <= 3; n++) {
          server.probe.release();
          while (following.seen.length < n) await new Promise(setImmediate);
          if (how === 'cut') opened.client.connection?.ws.close();
          else server.broadcastReconnect();
          await server.probe.noted(`counting after ${n}`);
        }
        server.probe.release();
        await following.ended;
        expect(following.seen).toEqual([1, 2, 3, 4]);
        // At the stock adapter the stock client opens once more, now and then, on a busy machine.
        if (adapter === 'own') expect(opened.opens()).toBe(4);
        else expect(opened.opens()).toBeGreaterThanOrEqual(4);
        await server.probe.noted('counting ended', 4);
      },
    );

    test('[CONTRACT-12] is told of a call in flight when its socket dies, and calls over the next one', async () => {
      const opened = connect();
      const lost = opened.trpc.slow.mutate('lost').catch((thrown: unknown) => thrown);
      await server.probe.noted('slow lost began');
      opened.client.connection?.ws.close();
      expect(await lost).toBeInstanceOf(TRPCClientError);
      while (opened.opens() < 2) await new Promise(setImmediate);
      expect(await opened.trpc.echo.query('next')).toBe('next');
    });

    test('[CONTRACT-12] waits for calls in flight before it closes, and ends its subscriptions', async () => {
      const opened = connect();
      const following = follow(opened, 9);
      const slow = opened.trpc.slow.mutate('kept');
      await server.probe.noted('slow kept began');
      await server.probe.noted('counting after nothing');
      const closed = opened.client.close();
      await following.ended;
      server.probe.release();
      expect(await slow).toBe('kept');
      await closed;
      await server.probe.noted('counting ended');
    });

    test('[CONTRACT-12] stops a subscription that is let go, and hears its end and its errors', async () => {
      const { trpc } = connect();
      const { seen, ended } = follow({ trpc } as Opened, 1);
      await server.probe.noted('counting after nothing');
      server.probe.release();
      await ended;
      expect(seen).toEqual([1]);
      await server.probe.noted('counting ended');
      const heard = await new Promise<unknown[]>((resolve) => {
        const events: unknown[] = [];
        trpc.failing.subscribe(undefined, {
          onData: (value) => events.push(value),
          onError: ({ message }) => resolve([...events, message]),
        });
      });
      expect(heard).toEqual(['before', 'in the middle']);
      await new Promise<void>((resolve) => trpc.count.subscribe({ to: 1 }, { onComplete: resolve }));
    });

    test('[CONTRACT-12] keeps alive, and comes only when it is needed', async () => {
      const opened = connect({
        lazy: { enabled: true, closeMs: 1 },
        keepAlive: { enabled: true, intervalMs: 1, pongTimeoutMs: 5_000 },
      });
      expect(await opened.trpc.who.query()).toBe('nobody');
      while (opened.client.connection) await new Promise(setImmediate);
      expect(await opened.trpc.who.query()).toBe('nobody');
      expect(opened.opens()).toBe(2);
    });
  });

  test('[CONTRACT-13] the same router answers over HTTP and server-sent events beside it', async () => {
    const headers = { name: 'ann' };
    const single = createTRPCClient<ContractRouter>({
      links: [httpLink({ url: `${server.url}/trpc`, transformer, headers })],
    });
    const batched = createTRPCClient<ContractRouter>({
      links: [httpBatchLink({ url: `${server.url}/trpc`, transformer, headers })],
    });
    expect(await single.shout.mutate('hey')).toBe('HEY');
    expect(await Promise.all([batched.who.query(), batched.when.query()])).toEqual(['ann', new Date(0)]);
    await expect(batched.refusing.query()).rejects.toThrow('not twice');
    const input = encodeURIComponent(JSON.stringify({ json: { to: 2 } }));
    const events = await fetch(`${server.url}/trpc/count?input=${input}`, { headers: { accept: 'text/event-stream' } });
    const text = await events.text();
    expect(text.match(/^(data: \{"json".*|id: .*)$/gm)).toEqual([
      'data: {"json":{"n":1}}',
      'id: 1',
      'data: {"json":{"n":2}}',
      'id: 2',
    ]);
    const opened = await line([call(1, 'echo', 'beside')]);
    expect(await opened.next()).toBe(data(1, 'beside'));
  });

  test('[CONTRACT-14] a page of noise over one socket leaves it and the others as they were', async () => {
    const opened = await line();
    for (let n = 0; n < 200; n++) {
      opened.send(['{', '[]', 'null', '{"id":1}', '\u2028', '{"__proto__":{"id":1}}', 'PONG'][n % 7]);
      opened.send(stop(n));
    }
    opened.send(call(1, 'echo', 'still here'));
    for (let frame = await opened.next(); frame !== data(1, 'still here'); frame = await opened.next()) {
      expect(frame).toMatch(/^\{"id":null,"error":/);
    }
    expect(await answers([call(1, 'echo', 1)], 1)).toEqual([data(1, 1)]);
  });
});

test('[CONTRACT-5] ours tells a call that comes behind a refused context why, and waits a second for it, not longer', async () => {
  const strict = await openContract('own', {
    name: async () => {
      throw new Error('not you');
    },
  });
  const asking = `${strict.url}/?connectionParams=1`;
  const params = { method: 'connectionParams', data: { name: 'ann' } };
  const slow = await RawLine.open(asking, [params]);
  expect(await slow.json()).toMatchObject({ id: null, error: { json: { message: 'not you' } } });
  slow.send(call(1, 'who'));
  expect(await slow.json()).toMatchObject({ id: 1, error: { json: { message: 'not you' } } });
  await slow.closed;
  const silent = await RawLine.open(asking, [params]);
  expect(await silent.json()).toMatchObject({ id: null });
  await strict.pass(2_500);
  await silent.closed;
  await expect.poll(strict.sockets).toBe(0);
  await strict.close();
});
