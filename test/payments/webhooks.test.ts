import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Callback, createCallbackQueue } from '../../server/domain/payments/callback-queue.ts';
import { signWebhook, verifyWebhook } from '../../server/domain/payments/webhook-signature.ts';
import { createHttpClient, readAll } from '../../server/platform/http/http-client.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import { newId } from '../../shared/ids.ts';
import { openScene, type Scene, silentGateway } from '../support/scene.ts';
import { eventually, webhookSecret } from './open-till.ts';
import { PatientClock } from './patient-clock.ts';

const v1Of = (header: string) => header.split('v1=')[1] as string;

describe('signatures', () => {
  const body = '{"id":"x"}';
  const raw = Buffer.from(body);
  const atMs = 1_700_000_000_000;
  const signed = signWebhook('one', body, atMs);
  const t = signed.split(',')[0] as string;

  it.each([
    ['made now', 0, true],
    ['300 s old', 300_000, true],
    ['301 s old', 301_000, false],
    ['300 s ahead', -300_000, true],
    ['301 s ahead', -301_000, false],
  ])('[PAY-15] %s: the time may be 300 s off, and no more', (_, laterMs, expected) => {
    expect(verifyWebhook(['one'], signed, raw, atMs + laterMs)).toBe(expected);
  });

  it('[PAY-15] any of our secrets and any of its values may fit: rotation on either side', () => {
    const both = `${t},v1=${v1Of(signWebhook('new', body, atMs))},v1=${v1Of(signed)}`;
    expect(verifyWebhook(['new', 'one'], signed, raw, atMs)).toBe(true);
    expect(verifyWebhook(['one', 'new'], signed, raw, atMs)).toBe(true);
    expect(verifyWebhook(['one'], both, raw, atMs)).toBe(true);
    expect(verifyWebhook(['new'], both, raw, atMs)).toBe(true);
    expect(verifyWebhook(['one'], `${both},v0=abc`, raw, atMs)).toBe(true);
    expect(verifyWebhook(['third'], both, raw, atMs)).toBe(false);
    expect(verifyWebhook([], signed, raw, atMs)).toBe(false);
  });

  it.each([
    ['another body', signed, Buffer.from('{"id":"y"}')],
    ['one more byte', signed, Buffer.from(`${body} `)],
    ['another time', signed.replace(t, 't=1700000001'), raw],
    ['two times', `${signed},t=1700000000`, raw],
    ['no time', signed.replace(`${t},`, ''), raw],
    ['no value', t, raw],
    ['a value that is half', signed.slice(0, -2), raw],
    ['a value in capitals', `${t},v1=${v1Of(signed).toUpperCase()}`, raw],
    ['an old scheme alone', signed.replace('v1', 'v0'), raw],
    ['too many values', `${signed}${`,v1=${'0'.repeat(64)}`.repeat(5)}`, raw],
    ['a very long header', `${signed},${'x'.repeat(1_000)}`, raw],
    ['nothing', undefined, raw],
    ['nonsense', 'nonsense', raw],
  ])('[PAY-15] %s is refused', (_, header, given) => {
    expect(verifyWebhook(['one'], header, given, atMs)).toBe(false);
  });
});

describe('the route', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene(silentGateway);
  });
  afterAll(async () => {
    expect(await scene.drift()).toBe(0);
    await scene.close();
  });

  const paying = async () => {
    const flight = await scene.flight({ seats: 3 });
    const { id } = await scene.hold(flight.id);
    const { payment } = await scene.guest.trpc.booking.pay.mutate({ id });
    return { bookingId: id, paymentId: payment?.id as string };
  };
  const eventOf = (payment: { bookingId: string; paymentId: string }, more: object = {}): Callback => ({
    id: newId(),
    type: 'payment.succeeded',
    ...payment,
    amount: 45_000,
    currency: 'USD',
    at: new Date().toISOString(),
    ...more,
  });
  const post = async (body: unknown, options: { provider?: string; header?: string } = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${scene.server.url}/webhooks/payments/${options.provider ?? 'mock'}`, {
      method: 'POST',
      headers: { 'airside-signature': options.header ?? signWebhook(webhookSecret, text, Date.now()) },
      body: text,
    });
    return { status: response.status, body: (await response.json()) as { received?: boolean; results?: object[] } };
  };
  const statusOf = async (id: string) => (await scene.guest.trpc.booking.get.query({ id })).status;

  it('[PAY-14] takes a list; a bad member does not lose the others', async () => {
    const [first, second] = [await paying(), await paying()];
    const good = [eventOf(first), eventOf(second)] as const;
    const list = [good[0], { id: 'bad', type: 'payment.eaten' }, 7, eventOf(first, { amount: 1, id: 'sum' }), good[1]];
    const unknown = eventOf({ bookingId: newId(), paymentId: newId() });
    expect(await post([...list, unknown])).toEqual({
      status: 200,
      body: {
        received: true,
        results: [
          { id: good[0].id, status: 200 },
          { id: 'bad', status: 400, failure: expect.objectContaining({ code: 'INVALID_INPUT' }) },
          { id: null, status: 400, failure: expect.objectContaining({ code: 'INVALID_INPUT' }) },
          { id: 'sum', status: 400, failure: expect.objectContaining({ code: 'INVALID_INPUT' }) },
          { id: good[1].id, status: 200 },
          { id: unknown.id, status: 404, failure: expect.objectContaining({ code: 'NOT_FOUND' }) },
        ],
      },
    });
    expect([await statusOf(first.bookingId), await statusOf(second.bookingId)]).toEqual(['confirmed', 'confirmed']);
  });

  it('[PAY-14] a list is not received before each member is; what was taken then changes nothing again', async () => {
    const [free, locked] = [await paying(), await paying()];
    const events = [eventOf(free), eventOf(locked)];
    const blocker = await scene.db.connect();
    await blocker.query('begin');
    await blocker.query('select from booking where id = $1 for update', [locked.bookingId]);
    try {
      // The other one shares its batch, and may share its wait: nothing is said of it here.
      const during = await post(events);
      expect(during).toMatchObject({ status: 500, body: { received: false } });
      expect(during.body.results?.[1]).toMatchObject({ id: events[1]?.id, status: 500, failure: { retryable: true } });
      expect(await statusOf(locked.bookingId)).toBe('paying');
    } finally {
      await blocker.query('rollback');
      blocker.release();
    }
    const ok = events.map(({ id }) => ({ id, status: 200 }));
    expect(await post(events)).toEqual({ status: 200, body: { received: true, results: ok } });
    expect(await post(events)).toEqual({ status: 200, body: { received: true, results: ok } });
    expect([await statusOf(free.bookingId), await statusOf(locked.bookingId)]).toEqual(['confirmed', 'confirmed']);
  });

  it('[PAY-14] events of one booking and repeats may stand in one list', async () => {
    const payment = await paying();
    const event = eventOf(payment);
    const list = [
      eventOf(payment, { type: 'payment.failed' }),
      event,
      event,
      eventOf(payment, { type: 'payment.authorised' }),
    ];
    expect(await post(list)).toMatchObject({ status: 200, body: { received: true } });
    await eventually(() => statusOf(payment.bookingId)).toBe('confirmed');
  });

  it.each([
    ['empty', []],
    ['longer than 256', Array.from({ length: 257 }, () => 1)],
  ])('[PAY-14] a list that is %s is refused whole', async (_, list) => {
    expect(await post(list)).toMatchObject({ status: 400, body: { failure: { code: 'INVALID_INPUT' } } });
  });

  it('[PAY-14] a single object is answered with its own status, as ever', async () => {
    const payment = await paying();
    expect(await post(eventOf(payment, { amount: 1 }))).toMatchObject({ status: 400 });
    expect(await post(eventOf(payment))).toEqual({ status: 200, body: { received: true } });
  });

  it('[PAY-15] a recorded request may be sent again within 300 s without effect, and not at all later', async () => {
    const payment = await paying();
    const body = JSON.stringify(eventOf(payment));
    const header = signWebhook(webhookSecret, body, Date.now());
    expect(await post(body, { header })).toMatchObject({ status: 200 });
    const { version } = await scene.guest.trpc.booking.get.query({ id: payment.bookingId });
    expect(await post(body, { header })).toMatchObject({ status: 200 });
    expect(await scene.guest.trpc.booking.get.query({ id: payment.bookingId })).toMatchObject({ version });
    expect(await post(body, { header: signWebhook(webhookSecret, body, Date.now() - 301_000) })).toMatchObject({
      status: 401,
    });
  });

  it('[PAY-15] a list is believed whole or not at all', async () => {
    const payment = await paying();
    const honest = JSON.stringify([eventOf(await paying())]);
    const header = signWebhook(webhookSecret, honest, Date.now());
    expect(await post([JSON.parse(honest)[0], eventOf(payment)], { header })).toMatchObject({ status: 401 });
    expect(await statusOf(payment.bookingId)).toBe('paying');
  });

  it.each(['', 'other', 'mock/', 'constructor', '__proto__'])(
    '[PAY-15] there is no provider «%s»',
    async (provider) => {
      const payment = await paying();
      expect(await post(eventOf(payment), { provider })).toMatchObject({ status: 404 });
      expect(await statusOf(payment.bookingId)).toBe('paying');
    },
  );

  it('[PAY-15] a provider speaks for itself, whatever its body says', async () => {
    const payment = await paying();
    const event = eventOf(payment, { provider: 'other' });
    expect(await post(event)).toMatchObject({ status: 200 });
    const { rows } = await scene.db.query('select provider from payment_event where event_id = $1', [event.id]);
    expect(rows).toEqual([{ provider: 'mock' }]);
  });
});

describe('callbacks', () => {
  type Answer = (events: unknown) => { status: number; body?: unknown };

  /** A receiver that answers as the test says, and what it was sent. */
  async function openReceiver(answer: Answer) {
    const bodies: unknown[] = [];
    const sockets = new Set<unknown>();
    const server = createServer((request: IncomingMessage, response) => {
      sockets.add(request.socket);
      void readAll(request, 1_000_000).then((raw) => {
        const header = request.headers['airside-signature'] as string;
        expect(verifyWebhook([webhookSecret], header, raw, Date.now())).toBe(true);
        const events = JSON.parse(raw.toString());
        bodies.push(events);
        const { status, body = {} } = answer(events);
        response.writeHead(status).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const http = createHttpClient(8);
    const clock = new PatientClock();
    const queue = createCallbackQueue({ http, clock, secret: webhookSecret });
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      bodies,
      sockets,
      clock,
      queue,
      close: async () => {
        queue.close();
        http.close();
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }
  const event = (): Callback => ({
    id: newId(),
    type: 'payment.succeeded',
    paymentId: newId(),
    bookingId: newId(),
    amount: 1,
    currency: 'USD',
    at: new Date(systemClock.now()).toISOString(),
  });
  const idsOf = (body: unknown) => (body as Callback[]).map(({ id }) => id);

  it('[PAY-16] what is ready in one tick goes as one body; one alone is no list; connections are kept', async () => {
    const receiver = await openReceiver(() => ({ status: 200 }));
    const events = Array.from({ length: 10 }, event);
    expect(await Promise.all(events.map((each) => receiver.queue.send(receiver.url, each)))).toEqual(
      events.map(() => true),
    );
    expect(receiver.bodies.map(idsOf)).toEqual([events.map(({ id }) => id)]);
    const single = event();
    await receiver.queue.send(receiver.url, single);
    expect(receiver.bodies.at(-1)).toEqual(single);
    expect(receiver.sockets.size).toBe(1);
    await receiver.close();
  });

  it('[PAY-16] only what was not taken is sent again, and what is refused for good is not', async () => {
    let isBad = true;
    const events = Array.from({ length: 3 }, event);
    const receiver = await openReceiver((sent) => {
      if (!isBad) return { status: 200 };
      isBad = false;
      const results = (sent as Callback[]).map(({ id }, index) => ({ id, status: [200, 500, 404][index] }));
      return { status: 500, body: { received: false, results } };
    });
    const sent = events.map((each) => receiver.queue.send(receiver.url, each));
    await Promise.all([sent[0], sent[2]]);
    await receiver.clock.untilAsleep(1);
    receiver.clock.advance(5_000);
    expect(await sent[1]).toBe(true);
    expect(receiver.bodies).toHaveLength(2);
    expect(receiver.bodies[1]).toEqual(events[1]);
    await receiver.close();
  });

  it('[PAY-16] a kept connection that the receiver has closed meanwhile is replaced, unseen', async () => {
    const used = new WeakSet<object>();
    let cut = 0;
    const server = createServer((request, response) => {
      if (used.has(request.socket)) {
        cut++;
        request.socket.destroy();
        return;
      }
      used.add(request.socket);
      request.resume().once('end', () => response.end('{}'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const http = createHttpClient(1);
    for (let turn = 0; turn < 4; turn++) {
      expect(await http.send(url, { method: 'POST', body: '{}' })).toMatchObject({ status: 200 });
    }
    expect(cut).toBeGreaterThan(0);
    // Nobody there at all is an error, and no loop.
    http.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(http.send(url, { method: 'GET' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    http.close();
  });

  it('[PAY-16] an answer that says nothing of its members has each sent alone; after twelve times it is given up', async () => {
    const receiver = await openReceiver(() => ({ status: 503 }));
    const sent = [event(), event()].map((each) => receiver.queue.send(receiver.url, each));
    for (let turn = 1; turn < 12; turn++) {
      await receiver.clock.untilAsleep(2);
      receiver.clock.advance(5_000);
    }
    expect(await Promise.all(sent)).toEqual([false, false]);
    const lists = receiver.bodies.filter((body) => Array.isArray(body));
    expect([lists.length, receiver.bodies.length]).toEqual([1, 1 + 2 * 11]);
    await receiver.close();
  });
});
