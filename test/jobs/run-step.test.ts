import { expect, test } from 'vitest';
import type { JobsRoom } from '../../server/domain/jobs/jobs-room.ts';
import { runStep, type StepTools } from '../../server/domain/jobs/run-step.ts';
import type { StepEnd } from '../../server/domain/jobs/step-store.ts';
import type { FareProvider } from '../../server/domain/providers/fare-provider.ts';
import { boundless } from '../../server/platform/queue/request-budget.ts';
import { newId } from '../../shared/ids.ts';
import type { JobStatus } from '../../shared/jobs.ts';
import { datesFrom } from '../support/jobs.ts';
import { ManualClock } from '../support/manual-clock.ts';

test('[JOB-8] a pause that no worker was told of is noticed with the next that it stores', async () => {
  const clock = new ManualClock();
  const dates = datesFrom(0, 5);
  const asked: string[] = [];
  const stored: { kind: StepEnd['kind']; count: number }[] = [];
  let status: JobStatus = 'running';
  const provider: FareProvider = {
    name: 'one at a time',
    capabilities: { roundTrip: true, questionsPerCall: 1, freshMs: () => 0 },
    budget: { requestsPerWindow: null, windowMs: 1_000, concurrency: 1 },
    canary: null,
    ask: async (questions) => {
      asked.push(...questions.map((each) => each.departDate));
      // Long enough for what was learnt to be stored after each.
      clock.advance(2_000);
      if (asked.length === 2) status = 'paused';
      return questions.map(() => ({ outcome: 'empty', evidence: 'none flies' }));
    },
  };
  const counter = { inc: () => undefined };
  const room = {
    clock,
    providers: { [provider.name]: provider },
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
      store: async (_: unknown, report: { count: { empty: number } }, { kind }: StepEnd) => {
        stored.push({ kind, count: report.count.empty });
        return { id: newId(), status, stored: report.count.empty };
      },
    },
    budgetOf: () => boundless,
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
    last: 4,
    attempts: 0,
    losses: 0,
    waits: 0,
    fence: 1,
  };
  await runStep(room, tools, { ...step, planVersion: 1, done: null }, new AbortController().signal);
  expect(asked).toEqual(dates.slice(0, 2));
  expect(stored).toEqual([
    { kind: 'kept', count: 1 },
    { kind: 'kept', count: 1 },
    { kind: 'back', count: 0 },
  ]);
});
