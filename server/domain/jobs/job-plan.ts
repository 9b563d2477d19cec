import type { JobAsk, JobAxes, PruneReason } from '../../../shared/jobs.ts';
import type { CalendarDate } from '../../../shared/times.ts';

/** One question of a job: these places and dates, of this provider. */
export interface Combination {
  position: number;
  provider: string;
  origin: string;
  destination: string;
  departDate: CalendarDate;
  returnDate: CalendarDate | null;
}

const axes = ['origins', 'destinations', 'departDates', 'returnDates'] as const;
type Axis = (typeof axes)[number];
type AxisValues = Record<Axis, string[]>;

/** A block of combinations: the product of its lists, numbered from `first`, the last list fastest. */
interface PlanSegment extends AxisValues {
  first: number;
  providers: string[];
}

/**
 * Which combinations a job is about, as numbers: a combination is its position, so that nothing needs a row before it has
 * an outcome. Positions never change. What is added later is another segment; what is dropped, or cannot be, is a hole.
 *
 * What is known of the places is kept with the plan: it must have the same holes tomorrow.
 */
export interface JobPlan {
  segments: PlanSegment[];
  dropped: AxisValues;
  /** Of each code that is known: its city, and the date there when it was planned. */
  places: Record<string, { city: string | null; today: CalendarDate }>;
}

export const isOneWay = (plan: JobPlan): boolean => plan.segments[0]?.returnDates.length === 0;

const routesOf = ({ origins, destinations }: AxisValues): number => origins.length * destinations.length;
const returnsOf = ({ returnDates }: AxisValues): number => Math.max(1, returnDates.length);
const perProvider = (segment: AxisValues): number =>
  routesOf(segment) * segment.departDates.length * returnsOf(segment);
const sizeOf = (segment: PlanSegment): number => segment.providers.length * perProvider(segment);
/** Of each segment: where it begins, and how many positions on the same combination is of the next provider. */
export const providerBlocksOf = ({ segments }: JobPlan): { first: number; size: number }[] =>
  segments.map((segment) => ({ first: segment.first, size: perProvider(segment) }));
/** Positions of the plan, holes included. */
export const planSize = ({ segments }: JobPlan): number => segments.reduce((sum, each) => sum + sizeOf(each), 0);

export function newPlan(ask: Pick<JobAsk, Axis>, providers: string[], places: JobPlan['places']): JobPlan {
  const { origins, destinations, departDates, returnDates } = ask;
  return {
    segments: [{ first: 0, providers, origins, destinations, departDates, returnDates }],
    dropped: { origins: [], destinations: [], departDates: [], returnDates: [] },
    places,
  };
}

/** Why nothing flies a route; undefined where something may. */
export function routeFault(
  places: JobPlan['places'],
  origin: string,
  destination: string,
): Extract<PruneReason, 'unknown_place' | 'same_place'> | undefined {
  const from = places[origin];
  const to = places[destination];
  if (!from || !to) return 'unknown_place';
  if (origin === destination || from.city === destination || to.city === origin) return 'same_place';
  return undefined;
}

/** What is not asked for any more, of each axis. */
export const droppedOf = ({ dropped }: JobPlan): Record<Axis, Set<string>> => ({
  origins: new Set(dropped.origins),
  destinations: new Set(dropped.destinations),
  departDates: new Set(dropped.departDates),
  returnDates: new Set(dropped.returnDates),
});

const oneWay = [null];

/** What is to be asked between two positions, in order. Routes and dates on which nothing can be are not walked. */
export function* combinationsOf(plan: JobPlan, first = 0, last = planSize(plan)): Generator<Combination> {
  const dropped = droppedOf(plan);
  for (const segment of plan.segments) {
    const { providers, origins, destinations, departDates, returnDates } = segment;
    const from = Math.max(first, segment.first);
    const end = Math.min(last, segment.first + sizeOf(segment));
    const backs = returnDates.length > 0 ? returnDates : oneWay;
    const perRoute = departDates.length * backs.length;
    const firstRoute = Math.floor((from - segment.first) / perRoute);
    for (let route = firstRoute, start = segment.first + route * perRoute; start < end; route++, start += perRoute) {
      const provider = providers[Math.floor(route / routesOf(segment))] as string;
      const origin = origins[Math.floor(route / destinations.length) % origins.length] as string;
      const destination = destinations[route % destinations.length] as string;
      if (routeFault(plan.places, origin, destination)) continue;
      if (dropped.origins.has(origin) || dropped.destinations.has(destination)) continue;
      const { today } = plan.places[origin] as JobPlan['places'][string];
      for (let out = Math.max(0, Math.floor((from - start) / backs.length)); out < departDates.length; out++) {
        const departDate = departDates[out] as string;
        const row = start + out * backs.length;
        if (row >= end) break;
        if (departDate < today || dropped.departDates.has(departDate)) continue;
        for (let back = Math.max(0, from - row); back < Math.min(backs.length, end - row); back++) {
          const returnDate = backs[back] as string | null;
          if (returnDate !== null && (returnDate < departDate || dropped.returnDates.has(returnDate))) continue;
          yield { position: row + back, provider, origin, destination, departDate, returnDate };
        }
      }
    }
  }
}

/** How many combinations cannot be, by reason; counted by route and dates, not by combination. */
export function countPruned(plan: JobPlan): Record<PruneReason, number> {
  const counts = { same_place: 0, return_before_departure: 0, past_date: 0, unknown_place: 0 };
  for (const segment of plan.segments) {
    const { providers, origins, destinations, departDates, returnDates } = segment;
    const perRoute = departDates.length * returnsOf(segment) * providers.length;
    for (const origin of origins) {
      const today = plan.places[origin]?.today ?? '';
      const coming = departDates.filter((each) => each >= today);
      const past = (departDates.length - coming.length) * returnsOf(segment) * providers.length;
      const early = coming.reduce((sum, out) => sum + returnDates.filter((back) => back < out).length, 0);
      for (const destination of destinations) {
        const fault = routeFault(plan.places, origin, destination);
        if (fault) {
          counts[fault] += perRoute;
        } else {
          counts.past_date += past;
          counts.return_before_departure += early * providers.length;
        }
      }
    }
  }
  return counts;
}

export interface PlannedStep {
  provider: string;
  first: number;
  last: number;
  /** Combinations in it. */
  count: number;
}

/** How steps are cut: of at most so many combinations, and of one route each where they are to be compared. */
export interface StepCut {
  max: number;
  isByRoute: boolean;
}

/** Cuts what is to be asked from a position on into steps of one provider. */
export function cutSteps(plan: JobPlan, cutOf: (provider: string) => StepCut, from = 0): PlannedStep[] {
  const steps: PlannedStep[] = [];
  let step: PlannedStep | undefined;
  let before: Combination | undefined;
  let cut: StepCut | undefined;
  for (const each of combinationsOf(plan, from)) {
    const { position, provider } = each;
    if (!cut || before?.provider !== provider) cut = cutOf(provider);
    const isOtherRoute = before?.origin !== each.origin || before.destination !== each.destination;
    if (!step || step.count === cut.max || step.provider !== provider || (cut.isByRoute && isOtherRoute)) {
      step = { provider, first: position, last: position, count: 0 };
      steps.push(step);
    }
    before = each;
    step.last = position + 1;
    step.count++;
  }
  return steps;
}

/** All values that an axis ever had. */
const everOn = (plan: JobPlan, axis: Axis): string[] => [...new Set(plan.segments.flatMap((each) => each[axis]))];

/** What the plan is about now. */
export function axesOf(plan: JobPlan): AxisValues {
  const now = (axis: Axis) => everOn(plan, axis).filter((value) => !plan.dropped[axis].includes(value));
  return {
    origins: now('origins'),
    destinations: now('destinations'),
    departDates: now('departDates'),
    returnDates: now('returnDates'),
  };
}

/**
 * The plan with values added to its lists and others dropped. What is new is combined with everything that is or was
 * there, so that a value which was dropped can come back.
 */
export function editPlan(plan: JobPlan, add: JobAxes, drop: JobAxes, places: JobPlan['places']): JobPlan {
  const edited: JobPlan = structuredClone(plan);
  edited.places = { ...places, ...plan.places };
  for (const axis of axes) {
    const wanted = add[axis] ?? [];
    edited.dropped[axis] = edited.dropped[axis].filter((value) => !wanted.includes(value));
    const known = everOn(edited, axis);
    const fresh = wanted.filter((value) => !known.includes(value));
    if (fresh.length === 0) continue;
    const whole: AxisValues = {
      origins: everOn(edited, 'origins'),
      destinations: everOn(edited, 'destinations'),
      departDates: everOn(edited, 'departDates'),
      returnDates: everOn(edited, 'returnDates'),
    };
    const { providers } = plan.segments[0] as PlanSegment;
    edited.segments.push({ ...whole, [axis]: fresh, first: planSize(edited), providers });
  }
  for (const axis of axes) {
    const gone = (drop[axis] ?? []).filter((value) => everOn(edited, axis).includes(value));
    edited.dropped[axis] = [...new Set([...edited.dropped[axis], ...gone])];
  }
  return edited;
}
