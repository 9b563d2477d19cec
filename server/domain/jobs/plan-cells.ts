import type { CalendarDate } from '../../../shared/times.ts';
import { droppedOf, type JobPlan, routeFault } from './job-plan.ts';

/** A route on a date, and how many combinations of it are to be asked. */
export interface PlanCell {
  origin: string;
  destination: string;
  departDate: CalendarDate;
  count: number;
}

/**
 * The first cells of a plan, in its order, and whether there are more. A cell's count is made of the lists of the plan, so
 * the cost goes by the cells that are shown and not by the combinations behind them.
 */
export function cellsOf(plan: JobPlan, max: number): { cells: PlanCell[]; isCut: boolean } {
  const dropped = droppedOf(plan);
  const segments = plan.segments.map((segment) => ({
    origins: new Set(segment.origins).difference(dropped.origins),
    destinations: new Set(segment.destinations).difference(dropped.destinations),
    counts: countsByDate(segment, dropped),
  }));
  const cells = new Map<string, PlanCell>();
  let isCut = false;
  for (const segment of segments) {
    for (const route of routesOf(plan, segment)) {
      const of = segments.filter((each) => each.origins.has(route.origin) && each.destinations.has(route.destination));
      for (const departDate of route.dates) {
        const key = `${route.origin}${route.destination}${departDate}`;
        if (cells.has(key)) continue;
        isCut = cells.size === max;
        if (isCut) break;
        const count = of.reduce((sum, each) => sum + (each.counts.get(departDate) ?? 0), 0);
        cells.set(key, { origin: route.origin, destination: route.destination, departDate, count });
      }
      if (isCut) break;
    }
    if (isCut) break;
  }
  return { cells: [...cells.values()], isCut };
}

/** Of each date that something can leave on: combinations of one route, of all providers. */
function countsByDate(
  { providers, departDates, returnDates }: JobPlan['segments'][number],
  dropped: ReturnType<typeof droppedOf>,
): Map<CalendarDate, number> {
  const back = returnDates.filter((each) => !dropped.returnDates.has(each));
  const ways = (out: CalendarDate): number =>
    returnDates.length === 0 ? 1 : back.reduce((sum, each) => (each < out ? sum : sum + 1), 0);
  const counts = departDates
    .filter((each) => !dropped.departDates.has(each))
    .map((each) => [each, ways(each) * providers.length] as const);
  return new Map(counts.filter(([, count]) => count > 0));
}

function* routesOf(
  plan: JobPlan,
  segment: { origins: Set<string>; destinations: Set<string>; counts: Map<CalendarDate, number> },
): Generator<{ origin: string; destination: string; dates: CalendarDate[] }> {
  const departDates = [...segment.counts.keys()];
  for (const origin of segment.origins) {
    const today = plan.places[origin]?.today ?? '';
    const dates = departDates.filter((each) => each >= today);
    if (dates.length === 0) continue;
    for (const destination of segment.destinations) {
      if (!routeFault(plan.places, origin, destination)) yield { origin, destination, dates };
    }
  }
}
