import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { askProviders } from '../../server/domain/providers/ask-providers.ts';
import type { FareProvider } from '../../server/domain/providers/fare-provider.ts';
import { freshForLeadTime } from '../../server/domain/providers/freshness.ts';
import { openProviderRoom } from '../../server/domain/providers/provider-room.ts';
import { keyspace } from '../../server/platform/redis/keyspace.ts';
import { openRedis, type RedisConnections } from '../../server/platform/redis/redis.ts';
import { createLogger } from '../../server/platform/telemetry/logger.ts';
import { newId } from '../../shared/ids.ts';
import { ManualClock } from '../support/manual-clock.ts';

let redis: RedisConnections;
beforeAll(async () => {
  redis = openRedis(inject('redisUrl'), createLogger('fatal'));
  if (redis.commands.status !== 'ready') await new Promise((resolve) => redis.commands.once('ready', resolve));
});
afterAll(() => redis.close());

const { signal } = new AbortController();

/** Two providers, one of them with a request an hour, in two processes. */
function scene() {
  const clock = new ManualClock(Date.now());
  const asked: string[] = [];
  const provider = (name: string, requestsPerWindow: number | null): FareProvider => ({
    name,
    capabilities: { roundTrip: true, questionsPerCall: 1, freshMs: freshForLeadTime },
    budget: { requestsPerWindow, windowMs: 3_600_000, concurrency: 1 },
    canary: null,
    ask: async (questions) => {
      asked.push(...questions.map((each) => `${name} ${each.origin}`));
      return questions.map(() => ({ outcome: 'empty', evidence: 'none flies' }));
    },
  });
  const keys = keyspace(newId());
  const open = (processId: string) =>
    openProviderRoom({
      providers: [provider('limited', 1), provider('free', null)],
      redis,
      keys,
      clock,
      processId,
      report: (error) => {
        throw error;
      },
    });
  const [web, worker] = [open('web'), open('worker')];
  const ask = (origin: string) =>
    askProviders(
      web,
      clock,
      { origin, destination: 'JFK', departDate: '2027-06-01', cabin: 'economy', adults: 1 },
      signal,
    );
  return { clock, asked, worker, ask };
}
const classesOf = (view: Awaited<ReturnType<typeof askProviders>>) => view.answers.map((each) => each.class);

describe('asking by hand', () => {
  test('[PROV-17] takes a slot of the budget that workers draw from, and waits five seconds for one at most', async () => {
    const { clock, asked, worker, ask } = scene();
    expect(await worker.budgetOf('limited').take(signal)).toBe(true);
    const waiting = ask('LHR');
    // Whoever has a budget of its own is asked meanwhile; the other waits for its slot, and for its patience to end.
    await clock.untilAsleep(2);
    clock.advance(4_999);
    await clock.untilAsleep(2);
    clock.advance(1);
    const view = await waiting;
    expect(classesOf(view)).toEqual(['rate_limited', 'empty']);
    expect(view.answers[0]?.detail).toBe('others spend its budget');
    expect(asked).toEqual(['free LHR']);
  });

  test('[PROV-17] what it takes is gone for workers, and what is known takes nothing', async () => {
    const { clock, asked, worker, ask } = scene();
    expect(classesOf(await ask('LHR'))).toEqual(['empty', 'empty']);
    expect(classesOf(await ask('LHR'))).toEqual(['empty', 'empty']);
    expect(asked.toSorted()).toEqual(['free LHR', 'limited LHR']);
    const stop = new AbortController();
    const taking = worker.budgetOf('limited').take(stop.signal);
    await clock.untilAsleep(1);
    stop.abort();
    expect(await taking).toBe(false);
  });
});
