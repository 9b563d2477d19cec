import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isFailure } from '../../client/sdk/airside-error.ts';
import { type AirsideClient, type ClientOptions, createClient } from '../../client/sdk/create-client.ts';
import { type ClientStorage, memoryStorage, type WebStorage, webStorage } from '../../client/sdk/storage.ts';
import type { OperatorFlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { flightInput } from '../support/flights.ts';
import { startServer, type TestServer } from '../support/start-server.ts';
import { type CutProxy, startCutProxy } from './cut-proxy.ts';

let server: TestServer;
let operator: AirsideClient;
beforeAll(async () => {
  server = await startServer();
  operator = createClient({ url: server.url, apiKey: server.apiKey });
});
afterAll(async () => {
  await operator?.close();
  await server?.stop();
});

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  expect(await operator.admin.seats.audit()).toMatchObject({ drift: 0 });
});

function client(options: Partial<ClientOptions> = {}): AirsideClient {
  const made = createClient({ url: server.url, retryDelayMs: () => 0, ...options });
  closing.push(made.close);
  return made;
}

async function guestBehindProxy(options: Partial<ClientOptions> = {}): Promise<[AirsideClient, CutProxy]> {
  const proxy = await startCutProxy(server.url);
  closing.push(proxy.stop);
  const airside = client({ url: proxy.url, ...options });
  await airside.auth.guest();
  return [airside, proxy];
}

const party = ({ id }: { id: string }, seats = 1) => ({ legs: [{ flightId: id, cabin: 'economy' as const }], seats });

const freeOn = async (flight: OperatorFlightView) => (await operator.flights.get(flight.id)).cabins[0]?.available;

/** What a killed process would leave behind: everything that was stored by now, and nothing later. */
async function snapshotOf(storage: ClientStorage): Promise<ClientStorage> {
  const copy = memoryStorage();
  for (const key of await storage.keys('')) await copy.set(key, (await storage.get(key)) as string);
  return copy;
}

describe('bookings', () => {
  test.each(['cutBeforeAnswer', 'cutBeforeRequest'] as const)(
    '[SDK-1] a hold whose socket dies is repeated, and is one booking: %s',
    async (cut) => {
      const flight = await operator.admin.flights.create(flightInput());
      const attempts: number[] = [];
      const [airside, proxy] = await guestBehindProxy({ onRepeat: ({ attempt }) => attempts.push(attempt) });
      const isCut = proxy[cut]();
      const holding = airside.bookings.hold(party(flight, 2));
      await isCut;
      const held = await holding;
      expect(held).toMatchObject({ status: 'held', seats: 2 });
      expect(attempts).toEqual([1]);
      expect((await airside.bookings.list()).bookings.map(({ id }) => id)).toEqual([held.id]);
      expect(await freeOn(flight)).toBe(8);
    },
  );

  test('[SDK-1] a payment whose socket dies is one payment', async () => {
    const flight = await operator.admin.flights.create(flightInput());
    const [airside, proxy] = await guestBehindProxy();
    const held = await airside.bookings.hold(party(flight));
    const isCut = proxy.cutBeforeAnswer();
    const paying = airside.bookings.pay(held.id, { method: 'card' });
    await isCut;
    const paid = await paying;
    for await (const { status, payment, price } of airside.bookings.watch(held.id)) {
      if (status !== 'confirmed') continue;
      expect(payment).toEqual({ id: paid.payment?.id, status: 'succeeded', amount: price });
      break;
    }
  });

  test('[SDK-2] nothing is sent before the intent is stored, and it is removed after the answer', async () => {
    const flight = await operator.admin.flights.create(flightInput());
    const storage = memoryStorage();
    const log: string[] = [];
    let letStore = () => {};
    const isAsked = new Promise<void>((asked) => {
      const { set, remove } = storage;
      storage.set = async (key, value) => {
        if (key.startsWith('airside:intent:')) {
          log.push('storing');
          asked();
          await new Promise<void>((resolve) => {
            letStore = resolve;
          });
          log.push('stored');
        }
        await set(key, value);
      };
      storage.remove = (key) => {
        if (key.startsWith('airside:intent:')) log.push('removed');
        return remove(key);
      };
    });
    class Recording extends WebSocket {
      override send(data: string): void {
        if (data.includes('booking.hold')) log.push('sent');
        super.send(data);
      }
    }
    const airside = client({ storage, WebSocket: Recording });
    await airside.auth.guest();
    const holding = airside.bookings.hold(party(flight));
    await isAsked;
    // Another call goes there and back: had the hold been sent, it would have been first.
    await airside.auth.me();
    expect(log).toEqual(['storing']);
    letStore();
    await holding;
    expect(log).toEqual(['storing', 'stored', 'sent', 'removed']);
    expect(await storage.keys('airside:intent:')).toEqual([]);
  });

  test('[SDK-2] a storage that fails beforehand keeps the request from being sent; afterwards it harms nothing', async () => {
    const flight = await operator.admin.flights.create(flightInput());
    const storage = memoryStorage();
    const airside = client({ storage });
    await airside.auth.guest();
    const { set } = storage;
    storage.remove = () => Promise.reject(new Error('read-only'));
    const held = await airside.bookings.hold(party(flight));
    expect(await airside.bookings.settlePending()).toMatchObject([{ outcome: 'found', booking: { id: held.id } }]);
    storage.set = () => {
      throw new Error('full');
    };
    await expect(airside.bookings.hold(party(flight))).rejects.toThrow('full');
    storage.set = set;
    expect((await airside.bookings.list()).bookings).toHaveLength(1);
  });

  test('[SDK-2] two tabs over one localStorage leave each other’s requests alone', async () => {
    const values = new Map<string, string>([['somebody-else', 'x']]);
    const localStorage: WebStorage = {
      get length() {
        return values.size;
      },
      key: (index) => [...values.keys()][index] ?? null,
      getItem: (key) => values.get(key) ?? null,
      setItem: (key, value) => void values.set(key, value),
      removeItem: (key) => void values.delete(key),
    };
    const flight = await operator.admin.flights.create(flightInput());
    const [first, second] = [
      client({ storage: webStorage(localStorage) }),
      client({ storage: webStorage(localStorage) }),
    ];
    await first.auth.guest();
    await second.auth.setToken(await first.auth.token());
    await Promise.all([first, second].map((tab) => tab.bookings.hold(party(flight))));
    expect((await first.bookings.list()).bookings).toHaveLength(2);
    expect([...values.keys()]).toEqual(['somebody-else', 'airside:token']);
  });

  test('[SDK-2] a definite refusal leaves no intent, and the same id may be tried again', async () => {
    const flight = await operator.admin.flights.create(flightInput({ seats: 1 }));
    const storage = memoryStorage();
    const airside = client({ storage });
    await airside.auth.guest();
    const first = await airside.bookings.hold(party(flight));
    const id = newId();
    const error = await airside.bookings.hold({ id, ...party(flight) }).catch((thrown: unknown) => thrown);
    expect(isFailure(error, 'SOLD_OUT') && error.failure.details).toMatchObject({ flightId: flight.id, available: 0 });
    expect(await airside.bookings.pending()).toEqual([]);
    await airside.bookings.cancel(first.id);
    expect(await airside.bookings.hold({ id, ...party(flight) })).toMatchObject({ id, status: 'held' });
  });

  test.each([
    ['whose effect happened', 'cutBeforeAnswer', 'hold', 'held'],
    ['that never arrived', 'cutBeforeRequest', 'hold', 'held'],
    ['that was to pay as well', 'cutBeforeAnswer', 'create', 'confirmed'],
  ] as const)('[SDK-3] a request %s is settled by the next run', async (_, cut, procedure, status) => {
    const flight = await operator.admin.flights.create(flightInput());
    const storage = memoryStorage();
    const [airside, proxy] = await guestBehindProxy({ storage });
    const isCut = proxy[cut]();
    proxy.refuse(true);
    const asked = airside.bookings[procedure](party(flight, 3)).catch((thrown: unknown) => thrown);
    await isCut;
    // Here the process dies.
    const left = await snapshotOf(storage);
    await airside.close();
    expect(await asked).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });

    const next = client({ storage: left });
    const [intent] = await next.bookings.pending();
    expect(intent).toMatchObject({ procedure, wanted: true, input: party(flight, 3) });
    const [settled, ...others] = await next.bookings.settlePending();
    expect(others).toEqual([]);
    expect(settled).toMatchObject({ outcome: 'found', booking: { id: intent?.input.id, seats: 3 } });
    for await (const booking of next.bookings.watch(intent?.input.id as string)) if (booking.status === status) break;
    expect(await next.bookings.pending()).toEqual([]);
    expect((await next.bookings.list()).bookings).toHaveLength(1);
    expect(await freeOn(flight)).toBe(7);
  });

  test('[SDK-3] a request that is refused, old or another user’s is not repeated for ever', async () => {
    const flight = await operator.admin.flights.create(flightInput({ seats: 1 }));
    const storage = memoryStorage();
    const airside = client({ storage });
    await airside.auth.guest();
    const intent = (seats: number, at: number, owner: string | null = null) => {
      const input = { id: newId(), ...party(flight, seats) };
      const text = JSON.stringify({ procedure: 'hold', input, at, owner, wanted: true });
      void storage.set(`airside:intent:${input.id}`, text);
      return input.id;
    };
    const old = intent(1, Date.now() - 3_600_000);
    const impossible = intent(2, Date.now());
    const foreign = intent(1, Date.now(), newId());
    await storage.set('airside:intent:broken', '{');
    const settled = await airside.bookings.settlePending();
    expect(settled.map((each) => [each.intent.input.id, each.outcome, each.error?.code])).toEqual([
      [old, 'dropped', undefined],
      [impossible, 'refused', 'SOLD_OUT'],
    ]);
    expect(await storage.keys('airside:intent:')).toEqual([`airside:intent:${foreign}`]);
    expect(await freeOn(flight)).toBe(1);
  });

  test('[SDK-8] seats that an aborted hold took all the same are given back', async () => {
    const flight = await operator.admin.flights.create(flightInput());
    const [airside, proxy] = await guestBehindProxy();
    const controller = new AbortController();
    const isCut = proxy.cutBeforeAnswer();
    proxy.refuse(true);
    const holding = airside.bookings.hold(party(flight, 4), { signal: controller.signal });
    const rejected = expect(holding).rejects.toMatchObject({ name: 'AbortError' });
    await isCut;
    controller.abort();
    await rejected;
    proxy.refuse(false);
    expect(await airside.bookings.pending()).toMatchObject([{ wanted: false }]);
    expect(await freeOn(flight)).toBe(6);
    expect(await airside.bookings.settlePending()).toMatchObject([{ outcome: 'released' }]);
    expect(await freeOn(flight)).toBe(10);
    expect(await airside.bookings.pending()).toEqual([]);
  });

  test('[SDK-14] what a booking that is over had is asked for again under a new id', async () => {
    const flight = await operator.admin.flights.create(flightInput());
    const airside = client();
    await airside.auth.guest();
    const passengers = [{ type: 'adult' as const, givenName: 'Amelia', familyName: 'Earhart' }];
    const held = await airside.bookings.hold({ legs: party(flight).legs, passengers });
    await airside.bookings.cancel(held.id);
    const again = await airside.bookings.rehold(held.id);
    expect(again).toMatchObject({ status: 'held', passengers, seats: 1, legs: held.legs });
    expect(again.id).not.toBe(held.id);
  });

  test('[SDK-14] asking again survives a crash like any hold', async () => {
    const flight = await operator.admin.flights.create(flightInput());
    const storage = memoryStorage();
    const [airside, proxy] = await guestBehindProxy({ storage });
    const held = await airside.bookings.hold(party(flight, 3));
    await airside.bookings.cancel(held.id);
    const isCut = proxy.cutBeforeAnswer();
    proxy.refuse(true);
    const asked = airside.bookings.rehold(held.id, { expected: held.price }).catch((thrown: unknown) => thrown);
    await isCut;
    const left = await snapshotOf(storage);
    await airside.close();
    expect(await asked).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    const next = client({ storage: left });
    const [intent] = await next.bookings.pending();
    expect(intent).toMatchObject({
      procedure: 'rehold',
      wanted: true,
      input: { again: held.id, expected: held.price },
    });
    const settled = await next.bookings.settlePending();
    expect(settled).toMatchObject([{ outcome: 'found', booking: { id: intent?.input.id, status: 'held', seats: 3 } }]);
    expect(await next.bookings.pending()).toEqual([]);
    expect(await freeOn(flight)).toBe(7);
  });
});

describe('watching', () => {
  test('[SDK-15] a booking’s states come once and in order, over any number of cuts', async () => {
    const flight = await operator.admin.flights.create(flightInput());
    const [airside, proxy] = await guestBehindProxy();
    const held = await airside.bookings.hold(party(flight));
    const other = client({ storage: memoryStorage(), token: (await airside.auth.token()) as string });
    const seen: [number, string][] = [];
    for await (const { version, status } of airside.bookings.watch(held.id)) {
      seen.push([version, status]);
      // Everything that follows a state happens while this client is away.
      proxy.refuse(true);
      proxy.cut();
      if (seen.length === 1) await other.bookings.setPassengers({ id: held.id, passengers: [adult] });
      if (seen.length === 2) {
        await other.bookings.pay(held.id);
        for await (const state of other.bookings.watch(held.id)) if (state.status === 'confirmed') break;
      }
      proxy.refuse(false);
      if (status === 'confirmed') break;
    }
    expect(seen.map(([, status]) => status)).toEqual(['held', 'held', 'paying', 'confirmed']);
    expect(seen.map(([version]) => version)).toEqual([0, 1, 2, 3].map((n) => held.version + n));
  });

  test('[SDK-15] it throws what the server refuses', async () => {
    const airside = client();
    await airside.auth.guest();
    const error = await airside.bookings
      .watch(newId())
      .next()
      .catch((thrown: unknown) => thrown);
    expect(isFailure(error, 'NOT_FOUND')).toBe(true);
  });

  test('[SDK-16] seats come at once and newest, and a slow reader skips what is old', async () => {
    const [busy, quiet] = await Promise.all([
      operator.admin.flights.create(flightInput()),
      operator.admin.flights.create(flightInput()),
    ]);
    const [airside, proxy] = await guestBehindProxy();
    const buyer = client();
    await buyer.auth.guest();
    const free = new Map<string, number | undefined>();
    let frames = 0;
    for await (const { flightId, cabins } of airside.flights.watchSeats([busy.id, quiet.id])) {
      frames++;
      free.set(flightId, cabins[0]?.available);
      if (frames === 2) {
        for (let n = 0; n < 5; n++) await buyer.bookings.hold(party(busy));
        proxy.cut();
      }
      if (free.get(busy.id) === 5) break;
    }
    expect(Object.fromEntries(free)).toEqual({ [busy.id]: 5, [quiet.id]: 10 });
    // Two at the start; of the five changes at most one was under way and one was newest.
    expect(frames).toBeLessThanOrEqual(5);
  });
});

const adult = { type: 'adult' as const, givenName: 'Bessie', familyName: 'Coleman' };
