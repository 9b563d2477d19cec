import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDuffelProvider } from '../../server/domain/duffel/duffel-provider.ts';
import type { JobsRoom } from '../../server/domain/jobs/jobs-room.ts';
import { runStep, type StepTools } from '../../server/domain/jobs/run-step.ts';
import type { StepEnd } from '../../server/domain/jobs/step-store.ts';
import type { FareProvider } from '../../server/domain/providers/fare-provider.ts';
import { boundless, type RequestBudget } from '../../server/platform/queue/request-budget.ts';
import { newId } from '../../shared/ids.ts';
import type { JobStatus } from '../../shared/jobs.ts';
import { ampleLimit, type FakeDuffel, startFakeDuffel } from '../support/fake-duffel.ts';
import { datesFrom } from '../support/jobs.ts';
import { ManualClock } from '../support/manual-clock.ts';

let duffel: FakeDuffel;
beforeAll(async () => {
  duffel = await startFakeDuffel();
});
afterAll(() => duffel.close());

/** A step of a route on some dates, and what was stored of it. */
function scene(given: { provider: FareProvider; clock: ManualClock; dates: string[]; budget?: RequestBudget }) {
  const { provider, clock, dates } = given;
  const stored: ({ kind: StepEnd['kind']; ms?: number } & Record<'found' | 'empty' | 'unknown', number>)[] = [];
  const state = { status: 'running' as JobStatus };
  const counter = { inc: () => undefined };
  const room = {
    clock,
    providers: { [provider.name]: provider },
    budgetOf: () => given.budget ?? boundless,
    metrics: { jobStepsTotal: counter, jobOutcomesTotal: counter },
    judge: async (_: string, questions: unknown[]) => questions.map(() => 'unknown'),
    report: (error: unknown) => {
      throw error;
    },
    settings: { maxRetries: 0 },
  } as unknown as JobsRoom;
  const place = { city: null, today: dates[0] as string };
  const tools = {
    store: {
      store: async (_: unknown, report: { count: Record<'found' | 'empty' | 'unknown', number> }, end: StepEnd) => {
        stored.push({ ...end, ...report.count });
        return { id: newId(), status: state.status, stored: 1 };
      },
    },
    planOf: async () => ({
      plan: {
        segments: [
          {
            first: 0,
            providers: [provider.name],
            origins: ['JFK'],
            destinations: ['LHR'],
            departDates: dates,
            returnDates: [],
          },
        ],
        dropped: { origins: [], destinations: [], departDates: [], returnDates: [] },
        places: { JFK: place, LHR: place },
      },
      ask: { cabin: 'economy', passengers: { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 } },
    }),
    onStored: () => undefined,
  } as unknown as StepTools;
  const step = {
    job: 1,
    no: 1,
    provider: provider.name,
    first: 0,
    last: dates.length,
    attempts: 0,
    losses: 0,
    waits: 0,
  };
  const run = () =>
    runStep(room, tools, { ...step, fence: 1, planVersion: 1, done: null }, new AbortController().signal);
  return { run, stored, state };
}

test('[JOB-8] a pause that no worker was told of is noticed with the next that it stores', async () => {
  const clock = new ManualClock();
  const dates = datesFrom(0, 4);
  const asked: string[] = [];
  const { run, stored, state } = scene({
    clock,
    dates,
    provider: {
      name: 'one at a time',
      capabilities: { roundTrip: true, questionsPerCall: 1, freshMs: () => 0 },
      budget: { requestsPerWindow: null, windowMs: 1_000, concurrency: 1 },
      canary: null,
      ask: async (questions) => {
        asked.push(...questions.map((each) => each.departDate));
        // Long enough for what was learnt to be stored after each.
        clock.advance(2_000);
        if (asked.length === 2) state.status = 'paused';
        return questions.map(() => ({ outcome: 'empty', evidence: 'none flies' }));
      },
    },
  });
  await run();
  expect(asked).toEqual(dates.slice(0, 2));
  expect(stored).toMatchObject([
    { kind: 'kept', empty: 1 },
    { kind: 'kept', empty: 1 },
    { kind: 'back', empty: 0 },
  ]);
});

test('[JOB-19] a limit that a provider says is spent pauses the budget of all workers, and is no attempt', async () => {
  const clock = new ManualClock();
  const duffels = createDuffelProvider({ url: duffel.url, token: 'duffel_test_fake', clock });
  // As behind the cache of answers.
  const ask: FareProvider['ask'] = async (questions, context) => {
    await context.admit?.();
    return duffels.ask(questions, context);
  };
  const paused: number[] = [];
  const spent = { 'ratelimit-remaining': '0', 'ratelimit-reset': '20' };
  let taken = 0;
  const { run, stored } = scene({
    clock,
    dates: datesFrom(0, 4),
    provider: { ...duffels, ask },
    budget: {
      take: async () => {
        // With the second question the limit is spent; whoever waits for a slot is let go when the pause is over.
        duffel.limit = ++taken === 2 ? spent : ampleLimit;
        return true;
      },
      pause: async (ms) => {
        paused.push(ms);
        clock.advance(ms);
      },
    },
  });
  await run();
  // No attempt is left here, and yet the third is put off: nobody was asked it. The others have their answers.
  expect(paused).toEqual([20_000]);
  expect(duffel.requests.filter(({ method }) => method === 'POST')).toHaveLength(3);
  expect(stored.reduce((sum, each) => sum + each.empty, 0)).toBe(3);
  expect(stored.at(-1)).toMatchObject({ kind: 'later', unknown: 0 });
  expect(stored.at(-1)?.ms).toBeGreaterThanOrEqual(20_000);
});
