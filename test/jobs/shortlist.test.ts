import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobPlan } from '../../server/domain/jobs/job-plan.ts';
import type { JobsRoom } from '../../server/domain/jobs/jobs-room.ts';
import { runStep, type StepTools } from '../../server/domain/jobs/run-step.ts';
import type { StepReport } from '../../server/domain/jobs/step-report.ts';
import type { StepEnd } from '../../server/domain/jobs/step-store.ts';
import {
  calendarOffer,
  type FareAnswer,
  type FareProvider,
  type FareQuestion,
} from '../../server/domain/providers/fare-provider.ts';
import { createOneWayCalendar } from '../../server/domain/providers/one-way-calendar.ts';
import { simulatorCalendarFate } from '../../server/domain/providers/simulator-provider.ts';
import { boundless } from '../../server/platform/queue/request-budget.ts';
import { newId } from '../../shared/ids.ts';
import type { JobResult } from '../../shared/jobs.ts';
import { money } from '../../shared/money.ts';
import { allResults, datesFrom, jobInput, jobReaches } from '../support/jobs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openScene, type Scene } from '../support/scene.ts';

const party = { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 };

describe('a job with a short list', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await openScene({ WORKER_BATCH_SIZE: '5', PROVIDERS: 'simulator' });
  });
  afterAll(() => scene.close());

  const byRoute = (results: JobResult[]) =>
    Object.values(
      Object.groupBy(results, (each) => `${each.origin}-${each.destination}`) as Record<string, JobResult[]>,
    );

  test('[JOB-18] asks exactly for the cheapest of each route, and keeps the calendar’s price of the others', async () => {
    const { trpc } = scene.guest;
    const input = jobInput({ departDates: datesFrom(0, 12), shortlist: 3 });
    const { id, ...ask } = input;
    const quote = await trpc.jobs.quote.query(ask);
    // A call to the calendar and one for the short list, of each of four routes.
    expect(quote).toMatchObject({ combinations: 48, requests: 8, providers: [{ asked: 12, requests: 8 }] });
    expect(await trpc.jobs.create.mutate(input)).toMatchObject({ total: 48, ask: { shortlist: 3 } });
    const last = (await jobReaches(scene.guest, id, 'completed')).at(-1);
    expect(last).toMatchObject({ done: 48, found: expect.any(Number) });

    const results = await allResults(scene.guest, id);
    expect(results).toHaveLength(48);
    for (const route of byRoute(results)) {
      const exact = route.filter((each) => each.outcome === 'found' && each.priceKind !== 'calendar');
      const told = route.filter((each) => each.priceKind === 'calendar');
      expect(exact).toHaveLength(3);
      expect(exact.every((each) => each.offers > 0 && each.carriers.length > 0)).toBe(true);
      expect(told.every((each) => each.offers === 0 && each.price && each.carriers.length === 0)).toBe(true);
      expect(exact.length + told.length + route.filter((each) => each.outcome === 'empty').length).toBe(12);
    }
    // A price to choose by is nobody's best price.
    const offered = results.filter((each) => each.priceKind === 'one_way').flatMap((each) => each.price?.amount ?? []);
    expect(last?.bestPrice?.amount).toBe(Math.min(...offered));
    expect(last?.offers).toBe(results.reduce((sum, each) => sum + each.offers, 0));
  });

  test('[JOB-18] dates that are added later have a short list of their own', async () => {
    const { trpc } = scene.guest;
    const input = jobInput({
      origins: ['JFK'],
      destinations: ['LHR'],
      departDates: datesFrom(0, 6),
      shortlist: 2,
      simulator: { seed: 77, latencyMs: 0, failRate: 0, blockRate: 0, emptyRate: 0 },
    });
    await trpc.jobs.create.mutate(input);
    const edited = await trpc.jobs.edit
      .mutate({ id: input.id, add: { departDates: datesFrom(6, 5) } })
      .catch(() => undefined);
    await jobReaches(scene.guest, input.id, 'completed');
    const exact = (await allResults(scene.guest, input.id)).filter((each) => each.priceKind === 'one_way');
    // The job may have been over before the edit came.
    expect(exact).toHaveLength(edited ? 4 : 2);
  });

  test('[JOB-18] a calendar that refuses is asked again, and what it refuses to the last is unknown', async () => {
    const { trpc } = scene.guest;
    const simulator = { seed: 5, latencyMs: 0, failRate: 0, blockRate: 0.5, emptyRate: 0 };
    const input = jobInput({
      origins: ['JFK', 'BOS', 'ATL', 'ORD', 'LAX', 'SFO'],
      departDates: datesFrom(0, 8),
      shortlist: 2,
      simulator,
    });
    const fates = input.origins.flatMap((origin) =>
      input.destinations.map((destination) => ({
        route: `${origin}-${destination}`,
        ...simulatorCalendarFate(simulator, {
          origin,
          destination,
          departDate: '',
          returnDate: null,
          cabin: 'economy',
          party,
        }),
      })),
    );
    // The seed is one with routes of each kind.
    expect(fates.some((each) => each.passesAfter === null)).toBe(true);
    expect(fates.some((each) => each.passesAfter !== null && each.passesAfter > 0)).toBe(true);
    await trpc.jobs.create.mutate(input);
    await jobReaches(scene.guest, input.id, 'completed');
    const results = await allResults(scene.guest, input.id);
    expect(results).toHaveLength(96);
    for (const { route, passesAfter } of fates) {
      const own = results.filter((each) => `${each.origin}-${each.destination}` === route);
      const calendar = own.filter((each) => each.priceKind === 'calendar');
      expect([route, calendar.length]).toEqual([route, passesAfter === null ? 0 : 6]);
      if (passesAfter === null) expect(own.every((each) => each.outcome === 'unknown')).toBe(true);
    }
  });
});

describe('a step with a short list', () => {
  const dates = datesFrom(0, 6);
  const place = { city: null, today: dates[0] as string };
  const plan: JobPlan = {
    segments: [
      { first: 0, providers: ['one'], origins: ['JFK'], destinations: ['LHR'], departDates: dates, returnDates: [] },
    ],
    dropped: { origins: [], destinations: [], departDates: [], returnDates: [] },
    places: { JFK: place, LHR: place },
  };
  const step = { job: 1, no: 1, provider: 'one', first: 0, last: 6, losses: 0, waits: 0, fence: 1, planVersion: 1 };

  /** Runs the step once, with a calendar that tells these amounts. */
  async function run(how: {
    amounts: (number | 'limited')[];
    attempts?: number;
    done?: string | null;
    stop?: AbortSignal;
  }) {
    const clock = new ManualClock();
    const asked = { calendar: 0, exact: [] as string[] };
    const stored: { kind: StepEnd['kind']; count: StepReport['count'] }[] = [];
    const provider: FareProvider = {
      name: 'one',
      capabilities: { roundTrip: true, questionsPerCall: 10, freshMs: () => 0 },
      budget: { requestsPerWindow: null, windowMs: 1_000, concurrency: 1 },
      canary: null,
      ask: async (questions) => {
        asked.exact.push(...questions.map((each) => each.departDate));
        return questions.map(() => ({ outcome: 'empty', evidence: 'none flies' }));
      },
      calendar: {
        questionsPerCall: 4,
        ask: async (questions) => {
          asked.calendar++;
          return questions.map((each): FareAnswer => {
            const amount = how.amounts[dates.indexOf(each.departDate)];
            return typeof amount === 'number'
              ? { outcome: 'found', offers: [calendarOffer(money(amount, 'USD'))] }
              : { outcome: 'unknown', reason: 'rate_limited', detail: 'slow down', retryAfterMs: 10 };
          });
        },
      },
    };
    const counter = { inc: () => undefined };
    const room = {
      clock,
      providers: { one: provider },
      metrics: { jobStepsTotal: counter, jobOutcomesTotal: counter },
      judge: async (_: string, questions: unknown[]) => questions.map(() => 'unknown'),
      report: (error: unknown) => {
        throw error;
      },
      budgetOf: () => boundless,
      settings: { maxRetries: 1 },
    } as unknown as JobsRoom;
    const tools = {
      store: {
        store: async (_: unknown, { count, size }: StepReport, { kind }: StepEnd) => {
          stored.push({ kind, count: { ...count } });
          return { id: newId(), status: 'running', stored: size };
        },
      },
      planOf: async () => ({ plan, ask: { cabin: 'economy', passengers: party, shortlist: 2 } }),
      onStored: () => undefined,
    } as unknown as StepTools;
    const { attempts = 0, done = null } = how;
    await runStep(room, tools, { ...step, attempts, done }, how.stop ?? new AbortController().signal);
    return { asked, stored };
  }
  const amounts = [600, 500, 400, 300, 200, 100];

  test('[JOB-18] stores what the calendar says of the others first, and then the short list', async () => {
    const { asked, stored } = await run({ amounts });
    expect(asked).toEqual({ calendar: 2, exact: [dates[4], dates[5]] });
    expect(stored).toEqual([
      { kind: 'kept', count: { found: 4, empty: 0, unknown: 0 } },
      { kind: 'done', count: { found: 0, empty: 2, unknown: 0 } },
    ]);
  });

  test('[JOB-18] whoever takes the step over asks for the short list alone, which is what is left', async () => {
    const { asked, stored } = await run({ amounts, done: '111100' });
    expect(asked).toEqual({ calendar: 0, exact: [dates[4], dates[5]] });
    expect(stored).toEqual([{ kind: 'done', count: { found: 0, empty: 2, unknown: 0 } }]);
  });

  test('[JOB-18] of a calendar that was read in part nothing is stored; at the last attempt what it told counts', async () => {
    const part = [600, 'limited' as const, 400, 300, 200, 100];
    const first = await run({ amounts: part });
    expect(first.stored).toEqual([{ kind: 'again', count: { found: 0, empty: 0, unknown: 0 } }]);
    expect(first.asked.exact).toEqual([]);
    const last = await run({ amounts: part, attempts: 1 });
    expect(last.asked.exact).toEqual([dates[4], dates[5]]);
    expect(last.stored).toEqual([
      { kind: 'kept', count: { found: 3, empty: 0, unknown: 1 } },
      { kind: 'done', count: { found: 0, empty: 2, unknown: 0 } },
    ]);
  });

  test('[JOB-18] a step that is stopped keeps what the calendar said, and gives the short list back', async () => {
    const stop = AbortSignal.abort();
    const { stored } = await run({ amounts, stop });
    expect(stored.map(({ kind }) => kind)).toEqual(['kept', 'back']);
  });
});

describe('a calendar of one-ways', () => {
  const [out1, out2] = datesFrom(0, 2) as [string, string];
  const [back1, back2, back3] = datesFrom(10, 3) as [string, string, string];
  const question = (departDate: string, returnDate: string): FareQuestion => ({
    origin: 'JFK',
    destination: 'LHR',
    departDate,
    returnDate,
    cabin: 'economy',
    party,
  });
  const trips = [out1, out2].flatMap((out) => [back1, back2, back3].map((back) => question(out, back)));

  function calendarOf(answer: (question: FareQuestion) => FareAnswer) {
    const asked: string[] = [];
    const calendar = createOneWayCalendar({
      capabilities: { roundTrip: true, questionsPerCall: 1, freshMs: () => 0 },
      ask: async (questions) => {
        asked.push(...questions.map((each) => `${each.origin} ${each.departDate} ${each.returnDate}`));
        return questions.map(answer);
      },
    });
    const context = { signal: new AbortController().signal, at: new Date(0).toISOString() };
    return { asked, calendar, read: () => calendar.ask(trips, context) };
  }
  const found = (amount: number, stops = 0): FareAnswer => ({
    outcome: 'found',
    offers: [
      {
        key: `XX${amount}@1`,
        price: money(amount, 'USD'),
        priceKind: 'one_way',
        carriers: ['XX'],
        stops,
        durationMinutes: 100,
        departsAt: null,
      },
    ],
  });

  test('[PROV-15] asks each day of each way once, and adds up', async () => {
    const { asked, calendar, read } = calendarOf((each) => found(each.departDate === out2 ? 50 : 100, 1));
    const answers = await read();
    expect(asked).toHaveLength(5);
    expect(asked.every((each) => each.endsWith('null'))).toBe(true);
    expect(calendar.callsFor?.(trips)).toBe(5);
    expect(answers.map((each) => (each.outcome === 'found' ? each.offers[0] : undefined))).toMatchObject([
      ...Array.from({ length: 3 }, () => ({ price: { amount: 200 }, priceKind: 'sum_of_one_ways', stops: 1 })),
      ...Array.from({ length: 3 }, () => ({ price: { amount: 150 }, durationMinutes: 200, carriers: ['XX'] })),
    ]);
  });

  test('[PROV-15] a way that is not sold by itself proves nothing of the trip', async () => {
    const { read } = calendarOf((each) =>
      each.departDate === back2 ? { outcome: 'empty', evidence: 'none' } : found(100),
    );
    const answers = await read();
    expect(answers.map((each) => (each.outcome === 'unknown' ? each.reason : each.outcome))).toEqual([
      'found',
      'not_asked',
      'found',
      'found',
      'not_asked',
      'found',
    ]);
  });

  test('[PROV-15] whoever refuses is left alone, and the rest has his answer', async () => {
    const { asked, read } = calendarOf((each) =>
      each.departDate === back1
        ? { outcome: 'unknown', reason: 'blocked', detail: 'go away', retryAfterMs: 9 }
        : found(100),
    );
    const answers = await read();
    expect(asked).toHaveLength(2);
    expect(answers.every((each) => each.outcome === 'unknown' && each.reason === 'blocked')).toBe(true);
  });
});
