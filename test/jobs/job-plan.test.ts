import { describe, expect, test } from 'vitest';
import { createRandom, type Random } from '../../scripts/stage/random.ts';
import {
  type Combination,
  combinationsOf,
  countPruned,
  cutSteps,
  editPlan,
  type JobPlan,
  newPlan,
  planSize,
} from '../../server/domain/jobs/job-plan.ts';
import { cellsOf } from '../../server/domain/jobs/plan-cells.ts';
import { planJob } from '../../server/domain/jobs/plan-job.ts';
import type { JobAsk, PruneReason } from '../../shared/jobs.ts';
import { limits } from '../../shared/limits.ts';
import { datesFrom } from '../support/jobs.ts';

/** Every position of a plan, one after the other: what it stands for, and why it is not asked. */
function* walk(plan: JobPlan): Generator<{ each: Combination; pruned?: PruneReason; isDropped: boolean }> {
  let position = 0;
  for (const { first, providers, origins, destinations, departDates, returnDates } of plan.segments) {
    expect(position).toBe(first);
    const backs = returnDates.length > 0 ? returnDates : [null];
    for (const provider of providers)
      for (const origin of origins)
        for (const destination of destinations)
          for (const departDate of departDates)
            for (const returnDate of backs) {
              const each = { position: position++, provider, origin, destination, departDate, returnDate };
              const { dropped } = plan;
              const isDropped =
                dropped.origins.includes(origin) ||
                dropped.destinations.includes(destination) ||
                dropped.departDates.includes(departDate) ||
                dropped.returnDates.includes(returnDate ?? '');
              yield { each, pruned: reasonOf(plan, each), isDropped };
            }
  }
}

function reasonOf({ places }: JobPlan, each: Combination): PruneReason | undefined {
  const [from, to] = [places[each.origin], places[each.destination]];
  if (!from || !to) return 'unknown_place';
  const isSame = each.origin === each.destination || from.city === each.destination || to.city === each.origin;
  if (isSame) return 'same_place';
  if (each.departDate < from.today) return 'past_date';
  return each.returnDate !== null && each.returnDate < each.departDate ? 'return_before_departure' : undefined;
}

const codes = ['JFK', 'LGA', 'NYC', 'LHR', 'LON', 'CDG', 'XXX'];
const cities: Record<string, string> = { JFK: 'NYC', LGA: 'NYC', LHR: 'LON' };
const days = datesFrom(0, 9);

/** A plan of some places and dates, some of them unknown, alike or over, edited a few times. */
function drawPlan({ below, between, chance, pick }: Random): JobPlan {
  const some = (from: readonly string[], least: number): string[] => [
    ...new Set(Array.from({ length: between(least, 4) }, () => pick(from))),
  ];
  const places: JobPlan['places'] = {};
  for (const code of codes.slice(0, -1)) places[code] = { city: cities[code] ?? null, today: days[below(4)] as string };
  const isOneWay = chance(0.4);
  const axesFrom = (least: number) => ({
    origins: some(codes, least),
    destinations: some(codes, least),
    departDates: some(days, least),
    returnDates: isOneWay ? [] : some(days, least),
  });
  let plan = newPlan(axesFrom(1), chance(0.3) ? ['inventory', 'simulator'] : ['simulator'], places);
  for (let edits = below(4); edits > 0; edits--) plan = editPlan(plan, axesFrom(0), chance(0.7) ? axesFrom(0) : {}, {});
  return plan;
}

describe('the plan of a job', () => {
  test('[JOB-20] says by its lists what walking all its positions says', () => {
    const random = createRandom('plans');
    let [edited, cut, empty] = [0, 0, 0];
    for (let run = 0; run < 500; run++) {
      const plan = drawPlan(random);
      const all = [...walk(plan)];
      const asked = all.filter((each) => !each.pruned && !each.isDropped).map(({ each }) => each);
      expect(planSize(plan)).toBe(all.length);
      expect([...combinationsOf(plan)]).toEqual(asked);
      const [first, last] = [random.below(all.length + 1), random.below(all.length + 1)];
      const between = asked.filter(({ position }) => position >= first && position < last);
      expect([...combinationsOf(plan, first, last)]).toEqual(between);
      const pruned = { same_place: 0, return_before_departure: 0, past_date: 0, unknown_place: 0 };
      for (const each of all) if (each.pruned) pruned[each.pruned]++;
      expect(countPruned(plan)).toEqual(pruned);

      const whole = new Map<string, { origin: string; destination: string; departDate: string; count: number }>();
      for (const { origin, destination, departDate } of asked) {
        const key = `${origin}${destination}${departDate}`;
        const cell = whole.get(key) ?? { origin, destination, departDate, count: 0 };
        whole.set(key, { ...cell, count: cell.count + 1 });
      }
      const max = random.pick([1, 3, 8, 1_000]);
      expect(cellsOf(plan, max)).toEqual({ cells: [...whole.values()].slice(0, max), isCut: whole.size > max });
      if (plan.segments.length > 1) edited++;
      if (whole.size > max) cut++;
      if (whole.size === 0) empty++;
    }
    // What was drawn has all of it, often.
    expect(Math.min(edited, cut, empty)).toBeGreaterThan(30);
  });

  test('[JOB-20] one that asks too much is refused by its lists, with what it would be', () => {
    const room = {
      places: { get: (code: string) => ({ code, kind: 'city', zone: 'UTC' }) },
      clock: { now: () => 0 },
      providers: { simulator: {} },
      settings: { batchSize: 100 },
    } as unknown as Parameters<typeof planJob>[0];
    const named = (letter: string, count: number) =>
      Array.from({ length: count }, (_, at) => letter + String.fromCharCode(65 + Math.floor(at / 26), 65 + (at % 26)));
    const ask = (departs: number): JobAsk => ({
      origins: named('A', 100),
      destinations: named('B', 100),
      departDates: datesFrom(0, departs),
      returnDates: [],
      passengers: { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
      cabin: 'economy',
      priority: 0,
      providers: ['simulator'],
    });
    const most = planJob(room, ask(50));
    expect(most.total).toBe(limits.combinationsPerJob);
    expect(most.steps.reduce((sum, step) => sum + step.count, 0)).toBe(most.total);
    expect(cutSteps(most.plan, () => ({ max: 100, isByRoute: false }))).toEqual(most.steps);
    const issue = { path: [], message: expect.stringContaining('these are 510000') };
    expect(() => planJob(room, ask(51))).toThrow(expect.objectContaining({ details: { issues: [issue] } }));
  });
});
