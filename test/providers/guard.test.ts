import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FareAnswer, FareProvider, FareQuestion } from '../../server/domain/providers/fare-provider.ts';
import { guardProvider } from '../../server/domain/providers/guard-provider.ts';
import type { HealthBook } from '../../server/domain/providers/health-book.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';

const question: FareQuestion = {
  origin: 'LHR',
  destination: 'JFK',
  departDate: '2027-01-01',
  returnDate: null,
  cabin: 'economy',
  party: { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
};
const empty: FareAnswer = { outcome: 'empty', evidence: 'none' };
const blocked: FareAnswer = { outcome: 'unknown', reason: 'blocked', detail: 'captcha', retryAfterMs: 1 };

/** A provider that answers as it is told, and what its guard noted. */
function scene(ask: FareProvider['ask']) {
  const asked = vi.fn(ask);
  const noted: string[] = [];
  const health: HealthBook = {
    note: (_, answers, { breaker }) =>
      noted.push(`${answers.map((each) => (each.outcome === 'unknown' ? each.reason : each.outcome))} ${breaker}`),
    read: async () => new Map(),
  };
  const reported: unknown[] = [];
  const guarded = guardProvider(
    {
      name: 'test',
      capabilities: { roundTrip: true, questionsPerCall: 10, freshMs: () => 0 },
      budget: { requestsPerWindow: null, windowMs: 1_000, concurrency: 1 },
      timeoutMs: 1_000,
      canary: null,
      ask: asked,
    },
    { clock: systemClock, health, report: (error) => String(reported.push(error)) },
  );
  const call = (signal = new AbortController().signal, count = 1) =>
    guarded.ask(Array(count).fill(question), { signal, at: '2026-12-01T00:00:00.000Z' });
  return { asked, noted, reported, guarded, call };
}

describe('the guard of a provider', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('[PROV-3] five calls without an answer open the breaker; meanwhile nobody is asked; one call tries and closes it', async () => {
    let answer: FareAnswer = blocked;
    const { asked, call, guarded, noted } = scene(async (questions) => questions.map(() => answer));
    for (let n = 0; n < 5; n++) expect(await call()).toEqual([blocked]);
    expect(guarded.breakerState()).toBe('open');
    const [refused] = await call();
    expect(refused).toMatchObject({ outcome: 'unknown', reason: 'unavailable', wasAsked: false });
    expect(asked).toHaveBeenCalledTimes(5);
    answer = empty;
    vi.advanceTimersByTime(5_000);
    expect(await call()).toEqual([empty]);
    expect(guarded.breakerState()).toBe('closed');
    expect(noted.slice(-2)).toEqual(['unavailable open', 'empty closed']);
  });

  test('[PROV-3] one answered question among unanswered ones is no failure of the provider', async () => {
    const { call, guarded } = scene(async () => [blocked, empty]);
    for (let n = 0; n < 8; n++) await call(undefined, 2);
    expect(guarded.breakerState()).toBe('closed');
  });

  test('[PROV-3] what nobody was asked is no failure of the provider', async () => {
    const limited: FareAnswer = { ...blocked, reason: 'rate_limited', wasAsked: false };
    const { call, guarded } = scene(async () => [limited]);
    for (let n = 0; n < 8; n++) expect(await call()).toEqual([limited]);
    expect(guarded.breakerState()).toBe('closed');
  });

  test('[PROV-3] a call without an answer in time is timed out, and its signal is aborted', async () => {
    let signal: AbortSignal | undefined;
    const { call } = scene((_, context) => {
      signal = context.signal;
      return new Promise(() => {});
    });
    const answers = call();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await answers).toMatchObject([{ outcome: 'unknown', reason: 'timed_out' }]);
    expect(signal?.aborted).toBe(true);
  });

  test('[PROV-3] an adapter that throws is unavailable and reported, never empty', async () => {
    const { call, reported } = scene(async () => {
      throw new TypeError('a bug');
    });
    expect(await call()).toMatchObject([{ outcome: 'unknown', reason: 'unavailable', detail: 'the adapter failed' }]);
    expect(reported).toHaveLength(1);
  });

  test('[PROV-3] rejects at once when the caller aborts, and counts that as no failure', async () => {
    const { call, guarded } = scene(() => new Promise(() => {}));
    for (let n = 0; n < 6; n++) {
      const stop = new AbortController();
      const answers = call(stop.signal);
      stop.abort(new Error('paused'));
      await expect(answers).rejects.toThrow('paused');
    }
    expect(guarded.breakerState()).toBe('closed');
  });
});
