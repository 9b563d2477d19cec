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

/** The combination at a position of a segment. */
function combinationAt(segment: PlanSegment, position: number): Combination {
  const { providers, origins, destinations, departDates, returnDates } = segment;
  let rest = position - segment.first;
  const take = (length: number): number => {
    const at = rest % length;
    rest = (rest - at) / length;
    return at;
  };
  const returnDate = returnDates.length > 0 ? (returnDates[take(returnDates.length)] as string) : null;
  const departDate = departDates[take(departDates.length)] as string;
  const destination = destinations[take(destinations.length)] as string;
  const origin = origins[take(origins.length)] as string;
  return { position, provider: providers[rest] as string, origin, destination, departDate, returnDate };
}

/** Why a combination cannot be; undefined for one that can. */
function pruneReason(places: JobPlan['places'], each: Combination): PruneReason | undefined {
  const from = places[each.origin];
  const to = places[each.destination];
  if (!from || !to) return 'unknown_place';
  if (each.origin === each.destination || from.city === each.destination || to.city === each.origin)
    return 'same_place';
  if (each.departDate < from.today) return 'past_date';
  if (each.returnDate !== null && each.returnDate < each.departDate) return 'return_before_departure';
  return undefined;
}

const isDropped = ({ dropped }: JobPlan, each: Combination): boolean =>
  dropped.origins.includes(each.origin) ||
  dropped.destinations.includes(each.destination) ||
  dropped.departDates.includes(each.departDate) ||
  (each.returnDate !== null && dropped.returnDates.includes(each.returnDate));

/** What is to be asked between two positions, in order. */
export function* combinationsOf(plan: JobPlan, first = 0, last = planSize(plan)): Generator<Combination> {
  for (const segment of plan.segments) {
    const end = Math.min(last, segment.first + sizeOf(segment));
    for (let position = Math.max(first, segment.first); position < end; position++) {
      const each = combinationAt(segment, position);
      if (pruneReason(plan.places, each) === undefined && !isDropped(plan, each)) yield each;
    }
  }
}

/** How many combinations cannot be, by reason. */
export function countPruned(plan: JobPlan): Record<PruneReason, number> {
  const counts = { same_place: 0, return_before_departure: 0, past_date: 0, unknown_place: 0 };
  for (const segment of plan.segments) {
    const end = segment.first + sizeOf(segment);
    for (let position = segment.first; position < end; position++) {
      const reason = pruneReason(plan.places, combinationAt(segment, position));
      if (reason) counts[reason]++;
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
