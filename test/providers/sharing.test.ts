import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { keysOf } from '../../scripts/stage/whole-redis.ts';
import { openAnswerCache } from '../../server/domain/providers/answer-cache.ts';
import type {
  AskContext,
  FareAnswer,
  FareProvider,
  FareQuestion,
} from '../../server/domain/providers/fare-provider.ts';
import { freshForLeadTime, neverFresh } from '../../server/domain/providers/freshness.ts';
import { openProviderRoom, type ProviderRoom } from '../../server/domain/providers/provider-room.ts';
import { askersBudget } from '../../server/domain/providers/spending.ts';
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

const question = (origin: string, departDate = '2027-06-01'): FareQuestion => ({
  origin,
  destination: 'JFK',
  departDate,
  returnDate: null,
  cabin: 'economy',
  party: { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
});
const found = (amount: number): FareAnswer => ({
  outcome: 'found',
  offers: [
    {
      key: `X${amount}@2027-06-01`,
      price: { amount, currency: 'USD' },
      priceKind: 'one_way',
      carriers: ['BA'],
      stops: 0,
      durationMinutes: 60,
      departsAt: null,
    },
  ],
});

/** Several processes with one provider each, one Redis, and a clock of their own. */
function scene(
  options: {
    processes?: number;
    freshMs?: FareProvider['capabilities']['freshMs'];
    requestsPerWindow?: number | null;
  } = {},
) {
  const clock = new ManualClock();
  const keys = keyspace(newId());
  const asked: string[] = [];
  const state = { answer: (_: FareQuestion): FareAnswer => found(100), gate: Promise.resolve() };
  const provider: FareProvider = {
    name: 'test',
    capabilities: { roundTrip: true, questionsPerCall: 10, freshMs: options.freshMs ?? freshForLeadTime },
    budget: { requestsPerWindow: options.requestsPerWindow ?? null, windowMs: 1_000, concurrency: 1 },
    canary: null,
    ask: async (questions) => {
      asked.push(...questions.map((each) => each.origin));
      await state.gate;
      return questions.map((each) => state.answer(each));
    },
  };
  const rooms = Array.from({ length: options.processes ?? 1 }, (_, index) =>
    openProviderRoom({
      providers: [provider],
      redis,
      keys,
      clock,
      processId: `process-${index}`,
      report: (error) => {
        throw error;
      },
    }),
  );
  const ask = (origins: string[], process = 0, context: Partial<AskContext> = {}) =>
    (rooms[process] as ProviderRoom).get('test')?.ask(
      origins.map((origin) => question(origin)),
      { signal: new AbortController().signal, at: new Date(clock.now()).toISOString(), ...context },
    );
  return { clock, keys, asked, state, rooms, ask, cache: openAnswerCache({ redis, keys, clock }) };
}
const outcomes = (answers: FareAnswer[] | undefined) => answers?.map((each) => each.outcome);
/** What is renewed behind an answer comes in its own time. */
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};

describe('answers that are shared', () => {
  test('[PROV-10] a question is asked once while its answer is fresh, by whoever in whatever process', async () => {
    const { ask, asked, clock } = scene({ processes: 2 });
    await ask(['LHR', 'CDG', 'LHR']);
    expect(await ask(['CDG', 'AMS'], 1)).toHaveLength(2);
    expect(asked.sort()).toEqual(['AMS', 'CDG', 'LHR']);
    clock.advance(7 * 3_600_000);
    await ask(['LHR'], 1);
    expect(asked).toHaveLength(4);
  });

  test('[PROV-10] what is known takes nothing of a budget, and what came while one waited for it is not asked again', async () => {
    const { ask, asked } = scene({ processes: 2 });
    const admitted: string[] = [];
    const admit = (who: string) => async () => {
      admitted.push(who);
      return true;
    };
    await ask(['LHR'], 0, { admit: admit('first') });
    await ask(['LHR'], 1, { admit: admit('second') });
    expect(admitted).toEqual(['first']);
    // While this one waits for its turn, another process gets the answer.
    const turn = Promise.withResolvers<boolean>();
    const waiting = ask(['CDG', 'AMS'], 0, { admit: () => turn.promise });
    await ask(['CDG'], 1, { admit: admit('third') });
    turn.resolve(true);
    expect(outcomes(await waiting)).toEqual(['found', 'found']);
    expect(asked).toEqual(['LHR', 'CDG', 'AMS']);
    // Whoever gives up before his turn asks nothing.
    const stopping = new AbortController();
    const left = ask(['FRA'], 0, { signal: stopping.signal, admit: async () => false });
    stopping.abort(new Error('stopped'));
    await expect(left).rejects.toThrow('stopped');
    expect(asked).not.toContain('FRA');
  });

  test('[PROV-10] what several ask for at the same time is asked once, here and across processes', async () => {
    const { ask, asked, state, clock } = scene({ processes: 2 });
    const gate = Promise.withResolvers<void>();
    state.gate = gate.promise;
    const first = ask(['LHR', 'CDG']);
    await until(() => asked.length === 2);
    const sameProcess = ask(['LHR']);
    const otherProcess = ask(['LHR', 'CDG'], 1);
    await clock.untilAsleep(1);
    gate.resolve();
    expect(outcomes(await first)).toEqual(['found', 'found']);
    expect(outcomes(await sameProcess)).toEqual(['found']);
    let isOver = false;
    const answered = Promise.resolve(otherProcess).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(outcomes(await answered)).toEqual(['found', 'found']);
    expect(asked).toHaveLength(2);
  });

  test('[PROV-10] a fetch that its asker gave up is taken over by who had joined it', async () => {
    const { ask, asked, state } = scene();
    const gate = Promise.withResolvers<void>();
    state.gate = gate.promise;
    const stop = new AbortController();
    const first = ask(['LHR'], 0, { signal: stop.signal });
    await until(() => asked.length === 1);
    const second = ask(['LHR']);
    stop.abort(new Error('paused'));
    await expect(first).rejects.toThrow('paused');
    gate.resolve();
    expect(outcomes(await second)).toEqual(['found']);
    expect(asked).toHaveLength(2);
  });

  test('[PROV-11] what is unknown is never kept; empty answers live half an hour, fares by lead time', async () => {
    const { ask, asked, state, clock } = scene();
    state.answer = ({ origin }) =>
      origin === 'LHR'
        ? { outcome: 'unknown', reason: 'blocked', detail: 'captcha', retryAfterMs: 1 }
        : { outcome: 'empty', evidence: 'none' };
    await ask(['LHR', 'CDG']);
    await ask(['LHR', 'CDG']);
    expect(asked).toEqual(['LHR', 'CDG', 'LHR']);
    clock.advance(34 * 60_000);
    await ask(['CDG']);
    expect(asked).toEqual(['LHR', 'CDG', 'LHR', 'CDG']);
    const life = (days: number, answer = found(1)) =>
      freshForLeadTime(
        question('LHR', new Date(Date.UTC(2027, 0, 1 + days)).toISOString().slice(0, 10)),
        answer,
        '2027-01-01T00:00:00.000Z',
      ) / 60_000;
    expect([2, 3, 5, 7, 20, 30, 31, 300].map((days) => life(days))).toEqual([10, 10, 30, 30, 120, 120, 360, 360]);
    expect(life(300, { outcome: 'empty', evidence: '' })).toBe(30);
    expect(life(2, { outcome: 'empty', evidence: '' })).toBe(10);
  });

  test('[PROV-11] from half of its life an answer is still given and renewed behind, once', async () => {
    const { ask, asked, state, clock, cache, keys } = scene();
    await ask(['LHR']);
    clock.advance(3.4 * 3_600_000);
    state.answer = () => found(200);
    const gate = Promise.withResolvers<void>();
    state.gate = gate.promise;
    expect(await Promise.all([ask(['LHR']), ask(['LHR'])])).toMatchObject([[found(100)], [found(100)]]);
    await until(() => asked.length === 2);
    gate.resolve();
    const key = (await keysOf(redis.commands, `${keys.key('fares', 'test', 'answer')}*`))[0] as string;
    while (!(await redis.commands.get(key))?.includes('"amount":200'))
      await new Promise((resolve) => setImmediate(resolve));
    expect(await ask(['LHR'])).toMatchObject([found(200)]);
    expect(asked).toHaveLength(2);
    expect(await cache.popular('test', 5)).toEqual([question('LHR')]);
  });

  test('[PROV-12] renewals have a tenth of the budget, askers the rest; popular answers are renewed before they are missed', async () => {
    expect(askersBudget({ requestsPerWindow: 60, windowMs: 60_000, concurrency: 4 })).toEqual({
      requestsPerWindow: 60,
      windowMs: 66_667,
      concurrency: 4,
    });
    const { ask, asked, clock, rooms } = scene({ requestsPerWindow: 10 });
    const [room] = rooms as [ProviderRoom];
    const many = Array.from({ length: 25 }, (_, index) => `A${String(index).padStart(2, '0')}`);
    await ask(many);
    await ask(many);
    expect(asked).toHaveLength(25);
    clock.advance(5.5 * 3_600_000);
    // One call of ten questions is all that a tenth of ten calls a second allows.
    await room.renewPopular(new AbortController().signal);
    expect(asked).toHaveLength(35);
    await room.renewPopular(new AbortController().signal);
    expect(asked).toHaveLength(35);
    expect(await room.list()).toMatchObject([{ budget: { requestsPerWindow: 10, requestsLeft: 9 } }]);
  });

  test('[PROV-10] what is exact at its moment is not kept; a job with another seed asks for itself; Redis may be away', async () => {
    const exact = scene({ freshMs: neverFresh });
    await exact.ask(['LHR']);
    await exact.ask(['LHR']);
    expect(exact.asked).toHaveLength(2);
    const seeded = scene();
    const settings = { seed: 1, latencyMs: 0, failRate: 0, blockRate: 0, emptyRate: 0 };
    await seeded.ask(['LHR'], 0, { simulator: settings });
    await seeded.ask(['LHR'], 0, { simulator: { ...settings, latencyMs: 5 } });
    expect(seeded.asked).toHaveLength(1);
    await seeded.ask(['LHR'], 0, { simulator: { ...settings, seed: 2 } });
    expect(seeded.asked).toHaveLength(2);
  });
});
