import type { JobAsk, JobAxes, PruneReason } from '../../../shared/jobs.ts';
import { limits } from '../../../shared/limits.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { instantToWall } from '../places/zoned-time.ts';
import type { FareCalendar, FareProvider } from '../providers/fare-provider.ts';
import {
  countPruned,
  cutSteps,
  isOneWay,
  type JobPlan,
  newPlan,
  type PlannedStep,
  planSize,
  type StepCut,
} from './job-plan.ts';
import type { JobsRoom } from './jobs-room.ts';

export interface Planned {
  plan: JobPlan;
  providers: string[];
  steps: PlannedStep[];
  total: number;
  pruned: Record<PruneReason, number>;
}

type PlanningRoom = Pick<JobsRoom, 'places' | 'clock' | 'providers' | 'settings'>;

/** Positions that are looked at for a job, holes included. */
const positionsMax = 4 * limits.combinationsPerJob;

/** What is to be asked, and of whom. Fails: INVALID_INPUT for too much, for nothing, and for a provider that is off. */
export function planJob(room: PlanningRoom, ask: JobAsk): Planned {
  const providers = ask.providers ?? [ask.simulator ? 'simulator' : (Object.keys(room.providers)[0] ?? 'inventory')];
  for (const name of providers) {
    if (!room.providers[name]) throw invalidInput(['providers'], `${name} is not on here`);
  }
  const plan = newPlan(ask, providers, lookUpPlaces(room, ask));
  checkSize(plan);
  const pruned = countPruned(plan);
  const total = planSize(plan) - Object.values(pruned).reduce((sum, count) => sum + count, 0);
  checkTotal(total);
  if (total === 0) throw invalidInput([], `nothing is left to ask: ${inWords(pruned)}`);
  return { plan, providers, steps: cutSteps(plan, stepCutOf(room, ask, plan)), total, pruned };
}

/** Combinations that a short list is made of; a route with more has several. */
const comparedMax = 5_000;

/** The calendar that a job's short lists are made with; undefined: it is asked for all. */
export function calendarFor(
  provider: FareProvider | undefined,
  { shortlist }: Pick<JobAsk, 'shortlist'>,
  plan: JobPlan,
): FareCalendar | undefined {
  const calendar = provider?.calendar;
  if (shortlist === undefined || !calendar) return undefined;
  return calendar.isOfRoundTrips && isOneWay(plan) ? undefined : calendar;
}

/** How a job's steps are cut: where a short list is made, a route is one step. */
export const stepCutOf =
  (room: Pick<PlanningRoom, 'providers' | 'settings'>, ask: Pick<JobAsk, 'shortlist'>, plan: JobPlan) =>
  (name: string): StepCut =>
    calendarFor(room.providers[name], ask, plan)
      ? { max: comparedMax, isByRoute: true }
      : { max: room.settings.batchSize, isByRoute: false };

/** What a plan keeps of the places that are named. Unknown codes are left out. */
export function lookUpPlaces(room: Pick<PlanningRoom, 'places' | 'clock'>, ask: JobAxes): JobPlan['places'] {
  const places: JobPlan['places'] = {};
  for (const code of [...(ask.origins ?? []), ...(ask.destinations ?? [])]) {
    const place = room.places.get(code);
    if (!place) continue;
    places[code] = {
      city: place.kind === 'airport' ? (place.related[0] ?? null) : null,
      today: instantToWall(room.clock.now(), place.zone).slice(0, 10),
    };
  }
  return places;
}

/** Before anything is counted: a product of lists is quickly more than can be walked. Fails: INVALID_INPUT. */
export function checkSize(plan: JobPlan): void {
  const size = planSize(plan);
  if (size > positionsMax) throw tooMany(size);
}

export function checkTotal(total: number): void {
  if (total > limits.combinationsPerJob) throw tooMany(total);
}

const tooMany = (count: number) =>
  invalidInput([], `at most ${limits.combinationsPerJob} combinations a job; these are ${count}`);

const words: Record<PruneReason, string> = {
  same_place: 'from a place to itself',
  return_before_departure: 'back before out',
  past_date: 'in the past',
  unknown_place: 'from or to places that nobody knows',
};
const inWords = (pruned: Record<PruneReason, number>): string =>
  Object.entries(pruned)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${words[reason as PruneReason]}`)
    .join(', ');
