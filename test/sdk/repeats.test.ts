import { afterEach, describe, expect, test } from 'vitest';
import { AirsideError, failureOf, isFailure } from '../../client/sdk/airside-error.ts';
import { type AirsideClient, type ClientOptions, createClient } from '../../client/sdk/create-client.ts';
import { isSafeToRepeat, type Repeat, repeatDelayMs } from '../../client/sdk/repeat-link.ts';
import type { FailureView } from '../../shared/failure.ts';
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

const busy: FailureView = { code: 'BUSY', retryable: true, details: { retryAfterMs: 20 } };
const flightId = '01900000-0000-7000-8000-000000000001';
const booking = { legs: [{ flightId, cabin: 'economy' as const }], seats: 1 };

describe('repeats', () => {
  test.each<FailureView>([
    busy,
    { code: 'IN_PROGRESS', retryable: true, details: { retryAfterMs: 20 } },
    { code: 'RATE_LIMITED', retryable: true, details: { retryAfterMs: 20 } },
    { code: 'UNAVAILABLE', retryable: true, details: { errorId: 'e' } },
  ])('[SDK-4] $code is repeated with the same id until it is answered', async (failure) => {
    const ids: unknown[] = [];
    const server = await serve((call) => {
      ids.push((call.params.input?.json as { id: string } | undefined)?.id);
      if (ids.length < 3) call.fail(failure);
      else call.answer({ id: ids[0], status: 'held' });
    });
    const repeats: Repeat[] = [];
    const held = await client(server, { onRepeat: (repeat) => repeats.push(repeat) }).bookings.hold(booking);
    expect(held.status).toBe('held');
    expect(new Set(ids).size).toBe(1);
    expect(ids).toHaveLength(3);
    expect(repeats.map((repeat) => [repeat.path, repeat.attempt, repeat.failure.code])).toEqual([
      ['booking.hold', 1, failure.code],
      ['booking.hold', 2, failure.code],
    ]);
    const asked = 'retryAfterMs' in failure.details ? Number(failure.details.retryAfterMs) : 0;
    for (const { delayMs } of repeats) expect(delayMs).toBeGreaterThanOrEqual(asked);
  });

  test('[SDK-4] the wait has full jitter on top of what the server asks for', () => {
    const settings = { attempts: 8, totalMs: 30_000, baseMs: 50, capMs: 1_000 };
    const waits = Array.from({ length: 500 }, () => repeatDelayMs(busy, 3, settings));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(20);
    expect(Math.max(...waits)).toBeLessThan(20 + 400);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(200);
    expect(repeatDelayMs(busy, 30, settings)).toBeLessThan(20 + 1_000);
  });

  test('[SDK-5] repeats are bounded in number, and the last answer is thrown', async () => {
    const server = await serve((call) => call.fail(busy));
    const repeat = { attempts: 3, baseMs: 1 };
    const error = await client(server, { repeat })
      .bookings.hold(booking)
      .catch((thrown: unknown) => thrown);
    expect(isFailure(error, 'BUSY') && error.failure.details.retryAfterMs).toBe(20);
    expect(error).toMatchObject({ attempts: 3, outcome: 'refused' });
    expect(server.received.filter((each) => each === 'booking.hold')).toHaveLength(3);
  });

  test('[SDK-5] a call without an answer ends at its total time, its outcome unknown', async () => {
    const server = await serve(() => {});
    const error = await client(server, { repeat: { totalMs: 60 } })
      .bookings.hold(booking)
      .catch((thrown: unknown) => thrown);
    expect(isFailure(error, 'UNAVAILABLE')).toBe(true);
    expect(error).toMatchObject({ attempts: 1, outcome: 'unknown' });
  });

  test('[SDK-5] a call that never found a socket ends at its total time, certainly without effect', async () => {
    const error = await client({ url: 'http://127.0.0.1:9' }, { repeat: { totalMs: 60 }, retryDelayMs: () => 10 })
      .bookings.hold(booking)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', attempts: 0, outcome: 'refused' });
  });

  test('[SDK-6] a refusal that is definite is thrown at once, typed by its code', async () => {
    const details = { flightId, cabin: 'economy', available: 0, version: 7 };
    const server = await serve((call) => call.fail({ code: 'SOLD_OUT', retryable: false, details }));
    const error = await client(server)
      .bookings.hold(booking)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AirsideError);
    // Narrowed by the code: `version` exists on no other's details.
    expect(isFailure(error, 'SOLD_OUT') && error.failure.details.version).toBe(7);
    expect(isFailure(error, 'CLOSED')).toBe(false);
    expect(server.received.filter((each) => each === 'booking.hold')).toHaveLength(1);
  });

  test('[SDK-6] the failure is found in what client.trpc throws as well', async () => {
    const details = { reason: 'no such flight' };
    const server = await serve((call) => call.fail({ code: 'NOT_FOUND', retryable: false, details }));
    const error = await client(server)
      .trpc.flights.get.query({ flightId })
      .catch((thrown: unknown) => thrown);
    expect(failureOf(error)).toEqual({ code: 'NOT_FOUND', retryable: false, details });
  });

  test('[SDK-7] only what is safe is sent again over the next socket', async () => {
    expect(isSafeToRepeat({ type: 'query', path: 'flights.get', input: {} })).toBe(true);
    expect(isSafeToRepeat({ type: 'mutation', path: 'booking.pay', input: { id: flightId } })).toBe(true);
    expect(isSafeToRepeat({ type: 'mutation', path: 'admin.flights.create', input: { carrier: 'QX' } })).toBe(false);

    const server = await serve((call) => call.cut());
    const error = await client(server, { apiKey: 'k'.repeat(16) })
      .admin.flights.update({ flightId, expectedVersion: 1, state: 'closed' })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown', attempts: 1 });
    expect(server.received.filter((each) => each === 'admin.flights.update')).toHaveLength(1);
  });

  test('[SDK-8] abort ends a call that is in flight, and one that waits for its repeat', async () => {
    const reason = new Error('changed my mind');
    let arrived = () => {};
    const server = await serve((call) => {
      if (call.params.path === 'booking.get') call.fail({ ...busy, details: { retryAfterMs: 60_000 } });
      arrived();
    });
    const airside = client(server, { repeat: { totalMs: 600_000 }, onRepeat: () => arrived() });
    for (const ask of [
      (signal: AbortSignal) => airside.flights.get(flightId, { signal }),
      (signal: AbortSignal) => airside.bookings.get(flightId, { signal }),
    ]) {
      const isThere = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const controller = new AbortController();
      const asked = ask(controller.signal).catch((thrown: unknown) => thrown);
      await isThere;
      controller.abort(reason);
      expect(await asked).toBe(reason);
    }
    const before = server.received.length;
    await expect(airside.flights.get(flightId, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.received).toHaveLength(before);
  });

  test('[SDK-12] any number of calls may be made at once: no frame holds more than the server takes', async () => {
    const server = await serve((call) => call.answer(call.params.input?.json ?? null));
    const airside = client(server);
    await airside.auth.me();
    const answers = await Promise.all(
      Array.from({ length: 173 }, (_, n) => airside.trpc.search.places.query({ q: String(n) })),
    );
    expect(answers.map((each) => (each as unknown as { q: string }).q)).toEqual(
      Array.from({ length: 173 }, (_, n) => String(n)),
    );
    expect(server.batches).toEqual([50, 50, 50, 23]);
  });
});
