import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { type AirsideClient, type ClientOptions, createClient } from '../../client/sdk/create-client.ts';
import { newerSeats } from '../../client/sdk/flights.ts';
import { everyInbox, newestInbox } from '../../client/sdk/watch.ts';
import type { SeatsView } from '../../shared/flight.ts';
import { type Call, type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(onCall: (call: Call) => void): Promise<ScriptedServer> {
  const server = await startScriptedServer(onCall);
  closing.push(server.stop);
  return server;
}

function client(server: { url: string }, options: Partial<ClientOptions> = {}): AirsideClient {
  const made = createClient({ url: server.url, retryDelayMs: () => 0, ...options });
  closing.push(made.close);
  return made;
}

const seats = (flightId: string, available: number): SeatsView => ({
  flightId,
  state: 'open',
  cabins: [{ cabin: 'economy', capacity: 9, available, price: { amount: 1, currency: 'USD' }, version: 9 - available }],
  at: '2026-01-01T00:00:00.000Z',
});

/** The server has handled everything that was sent before this. */
const settled = (airside: AirsideClient) => airside.trpc.system.ping.query();

describe('watching', () => {
  test('[SDK-15] leaving the loop stops the subscription', async () => {
    const server = await serve((call) => {
      if (call.params.path === 'booking.onStatus') call.event('1', { version: 1, status: 'held' });
      else call.answer(null);
    });
    const airside = client(server);
    for await (const { status } of airside.bookings.watch('b')) {
      expect(status).toBe('held');
      break;
    }
    await settled(airside);
    expect(server.received.slice(1)).toEqual(['booking.onStatus', 'subscription.stop', 'system.ping']);
  });

  test('[SDK-15] its signal ends it quietly, and the client’s closing as well', async () => {
    const server = await serve((call) => call.event('1', { version: 1 }));
    const airside = client(server);
    const controller = new AbortController();
    for await (const _ of airside.bookings.watch('b', { signal: controller.signal })) controller.abort();
    for await (const _ of airside.bookings.watch('b', { signal: controller.signal })) expect.unreachable();
    for await (const _ of airside.bookings.watch('b')) await airside.close();
  });

  test('[SDK-15] after a cut, a stop or a passing refusal it goes on behind the last event, without repeats', async () => {
    const from: unknown[] = [];
    const server = await serve((call) => {
      from.push(
        (call.params.input?.json as { lastEventId?: string } | undefined)?.lastEventId ?? call.params.lastEventId,
      );
      const events = (...versions: number[]) => {
        for (const version of versions) call.event(String(version), { version });
      };
      switch (from.length) {
        case 1:
          events(1, 2);
          return call.cut();
        case 2:
          events(2, 3);
          return call.send({ id: call.id, result: { type: 'stopped' } });
        case 3:
          return call.fail({ code: 'BUSY', retryable: true, details: { retryAfterMs: 1 } });
        default:
          return events(4);
      }
    });
    const seen: number[] = [];
    for await (const { version } of client(server).bookings.watch('b')) {
      seen.push(version);
      if (version === 4) break;
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(from).toEqual([undefined, '2', '3', '3']);
  });

  test('[SDK-15] a reader who is slow still gets each state of a booking', async () => {
    const inbox = everyInbox<number>();
    for (const each of [1, 2, 3]) inbox.put(each);
    expect([inbox.take(), inbox.take(), inbox.take(), inbox.take()]).toEqual([1, 2, 3, undefined]);
  });

  test('[SDK-16] what waits for a slow reader of seats is bounded by the number of flights', async () => {
    const inbox = newestInbox<SeatsView>((each) => each.flightId);
    for (let n = 0; n < 1_000; n++) inbox.put(seats(n % 2 ? 'a' : 'b', n % 10));
    expect([inbox.take(), inbox.take(), inbox.take()].map((each) => each?.cabins[0]?.available)).toEqual([
      8,
      9,
      undefined,
    ]);
  });

  test('[SDK-16] seats never go back, whichever server tells them', async () => {
    const isNews = newerSeats();
    const told = (id: string, data = seats('a', 1)) => isNews({ id, data });
    expect(told('1:5')).toBe(true);
    expect(told('1:5')).toBe(false);
    expect(told('1:4')).toBe(false);
    expect(told('1:4', seats('b', 1))).toBe(true);
    expect(told('1:6')).toBe(true);
    expect(told('2:1')).toBe(true);
    expect(told('1:7')).toBe(false);
    // Departed: by the clock, with nobody's edit.
    expect(told('2:1', { ...seats('a', 1), state: 'departed' })).toBe(true);
  });

  test('[SDK-16] more flights than one subscription takes are watched all the same', async () => {
    const server = await serve((call) => {
      const { flightIds = [] } = (call.params.input ?? { json: {} }).json as { flightIds?: string[] };
      expect(flightIds.length).toBeLessThanOrEqual(100);
      for (const flightId of flightIds) call.event('1:1', seats(flightId, 1));
    });
    const flightIds = Array.from({ length: 230 }, (_, n) => `f${n}`);
    const seen = new Set<string>();
    for await (const { flightId } of client(server).flights.watchSeats(flightIds)) {
      seen.add(flightId);
      if (seen.size === 230) break;
    }
    expect(server.received.filter((each) => each === 'flights.onSeats')).toHaveLength(3);
  });
});

describe('what the client is made of', () => {
  test('[SDK-17] it takes nothing from the server but the router’s type, and nothing that only Node has', () => {
    const folder = new URL('../../client/sdk/', import.meta.url);
    const imports = readdirSync(folder).flatMap((file) =>
      [...readFileSync(new URL(file, folder), 'utf8').matchAll(/^import[^;]*? from '([^']+)';$/gm)].map(
        ([statement, from]) => ({ file, statement, from: from as string }),
      ),
    );
    const outside = imports.filter(({ from }) => !from.startsWith('./') && !from.startsWith('../../shared/'));
    expect(new Set(outside.map(({ from }) => from))).toEqual(
      new Set(['@trpc/client', '@trpc/server/observable', 'zod', '../../server/transport/app.router.ts']),
    );
    for (const { statement, from } of outside) {
      if (from.includes('/server/transport/') || from === 'zod') expect(statement).toMatch(/^import type /);
    }
  });
});
