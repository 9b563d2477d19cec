import { afterEach, describe, expect, test } from 'vitest';
import { type AdapterName, type ContractOptions, type ContractServer, openContract } from './open-contract.ts';
import { RawLine } from './raw-line.ts';

// Each first against tRPC's own adapter, which keeps whatever is not read: that is what the guards are for.

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What may be kept for one socket. */
const mostBytes = 2_000_000;

async function open(adapter: AdapterName, options: ContractOptions = {}): Promise<ContractServer> {
  const server = await openContract(adapter, { watchBuffers: true, ...options });
  closing.push(server.close);
  return server;
}

async function line(server: ContractServer, first: unknown[] = []): Promise<RawLine> {
  const opened = await RawLine.open(server.url, first);
  closing.push(() => opened.socket.terminate());
  return opened;
}

const echo = { id: 1, method: 'query', params: { path: 'echo', input: { json: 'alive' } } };
const alive = '{"id":1,"result":{"type":"data","data":{"json":"alive"}}}';
const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await new Promise(setImmediate);
};

describe('whoever stops reading while 10,000 changes of 4 KB pass', () => {
  const flood = {
    id: 1,
    method: 'subscription',
    params: { path: 'flood', input: { json: { values: 10_000, size: 4_000 } } },
  };

  async function stopsReading(adapter: AdapterName): Promise<{ server: ContractServer; deaf: RawLine }> {
    const server = await open(adapter);
    const deaf = await line(server, [flood]);
    deaf.socket.pause();
    await server.probe.noted('flood ended');
    return { server, deaf };
  }

  test('[CROWD-2] is kept everything by the stock adapter', async () => {
    const { server } = await stopsReading('stock');
    expect(server.mostBuffered()).toBeGreaterThan(10 * mostBytes);
  });

  test('[CROWD-2] costs ours less than 2 MB, is closed with «come back», and nobody else is hurt', async () => {
    const { server, deaf } = await stopsReading('own');
    expect(server.mostBuffered()).toBeLessThan(mostBytes);
    const other = await line(server, [echo]);
    expect(await other.next()).toBe(alive);
    deaf.socket.resume();
    expect(await deaf.closed).toBe(1013);
  });

  test('[CROWD-2] has nothing made for it once it is closed, however long its own close frame is in coming', async () => {
    const server = await open('own');
    const deaf = await line(server, [{ id: 2, method: 'subscription', params: { path: 'silent' } }]);
    await server.probe.noted('silent began');
    deaf.send(flood);
    deaf.socket.pause();
    await server.probe.noted('silent ended');
    // It has not answered: the handshake is still under way.
    expect(server.sockets()).toBe(1);
    deaf.socket.resume();
    expect(await deaf.closed).toBe(1013);
  });

  test('[CROWD-2] one who reads gets them all', async () => {
    const server = await open('own');
    const reader = await line(server, [flood]);
    const frames = await reader.take(10_002);
    expect(JSON.parse(frames.at(-2) as string)).toMatchObject({ result: { id: '10000' } });
    expect(server.mostBuffered()).toBeLessThan(mostBytes);
  });
});

describe('whoever asks and never reads', () => {
  const large = (id: number) =>
    JSON.stringify({ id, method: 'query', params: { path: 'large', input: { json: 20_000 } } });
  const questions = 2_000;

  async function asksOnly(adapter: AdapterName): Promise<{ server: ContractServer; deaf: RawLine }> {
    const server = await open(adapter);
    const deaf = await line(server);
    deaf.socket.pause();
    for (let n = 1; n <= questions; n++) {
      deaf.socket.send(large(n));
      if (n % 50 === 0) await turns(1);
    }
    await turns(200);
    return { server, deaf };
  }

  test('[CROWD-3] is answered into the void by the stock adapter', async () => {
    const { server } = await asksOnly('stock');
    await server.probe.noted('large', questions);
    expect(server.mostBuffered()).toBeGreaterThan(10 * mostBytes);
  });

  test('[CROWD-3] costs ours less than 2 MB: it is not read from either, and is closed when it stays so', async () => {
    const { server, deaf } = await asksOnly('own');
    expect(server.mostBuffered()).toBeLessThan(mostBytes);
    expect(server.probe.log.filter((each) => each === 'large').length).toBeLessThan(questions / 2);
    const other = await line(server, [echo]);
    expect(await other.next()).toBe(alive);
    await server.pass(20_000);
    deaf.socket.resume();
    expect(await deaf.closed).toBe(1013);
  });
});

describe('bounds of a socket', () => {
  const slow = (id: number) => ({ id, method: 'mutation', params: { path: 'slow', input: { json: 'x' } } });
  const silent = (id: number) => ({ id, method: 'subscription', params: { path: 'silent' } });

  test('[CROWD-4] a call beyond those without an answer is refused at once, and one that was answered makes room', async () => {
    const server = await open('own', { limits: { callsPerSocket: 3 } });
    const busy = await line(server, [slow(1), slow(2), slow(3), slow(4)]);
    expect(await busy.json()).toMatchObject({ id: 4, error: { json: { message: expect.stringMatching(/^Busy/) } } });
    server.probe.release();
    expect((await busy.take(3)).map((frame) => (JSON.parse(frame) as { id: number }).id)).toEqual([1, 2, 3]);
    busy.send(echo);
    expect(await busy.next()).toBe(alive);
  });

  test('[CROWD-4] a subscription beyond the limit is refused, and one that ended makes room', async () => {
    const server = await open('own', { limits: { subscriptionsPerSocket: 2 } });
    const full = await line(server, [silent(1), silent(2), silent(3)]);
    const frames = (await full.take(3)).map((frame) => JSON.parse(frame) as { id: number; error?: unknown });
    expect(frames.filter(({ error }) => error).map(({ id }) => id)).toEqual([3]);
    full.send({ id: 1, method: 'subscription.stop' });
    expect(await full.next()).toBe('{"id":1,"result":{"type":"stopped"}}');
    full.send(silent(3));
    expect(await full.next()).toBe('{"id":3,"result":{"type":"started"}}');
  });

  test('[CROWD-4] queries beyond those that may run wait for their turn, in their order', async () => {
    const server = await open('own', { limits: { queriesAtOncePerSocket: 1 } });
    const many = await line(server);
    for (let id = 1; id <= 20; id++) many.send({ ...echo, id });
    expect((await many.take(20)).map((frame) => (JSON.parse(frame) as { id: number }).id)).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
  });

  test('[CROWD-5] a subscription that is stopped before it has begun never runs on', async () => {
    const server = await open('own');
    const hasty = await line(server, [silent(1), { id: 1, method: 'subscription.stop' }, echo]);
    const frames = await hasty.take(3);
    expect(frames.filter((frame) => !frame.includes('alive'))).toEqual([
      '{"id":1,"result":{"type":"started"}}',
      '{"id":1,"result":{"type":"stopped"}}',
    ]);
  });
});
