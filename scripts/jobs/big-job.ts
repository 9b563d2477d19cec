import { newId } from '../../shared/ids.ts';
import type { JobAsk } from '../../shared/jobs.ts';

const origins = ['JFK', 'BOS', 'ORD', 'LAX', 'SFO', 'MIA', 'SEA', 'ATL', 'DEN', 'DFW'];
const destinations = ['LHR', 'CDG', 'FRA', 'AMS', 'MAD', 'FCO', 'VIE', 'ZRH', 'CPH', 'ARN'];

const dayMs = 86_400_000;
/** Days from so many days after today on. */
export const datesFrom = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => new Date(Date.now() + (from + at) * dayMs).toISOString().slice(0, 10));

/** A job of about so many combinations: a hundred routes, round trips, on as many dates as that takes. */
export function bigJob(combinations: number, simulator?: JobAsk['simulator']) {
  const perRoute = Math.max(1, Math.round(combinations / (origins.length * destinations.length)));
  const returns = Math.min(perRoute, 25);
  const departs = Math.max(1, Math.round(perRoute / returns));
  return {
    id: newId(),
    origins,
    destinations,
    departDates: datesFrom(30, departs),
    returnDates: datesFrom(30 + departs, returns),
    simulator,
  };
}
