import type { CoverageCell, JobQuote, JobView, PruneReason } from '../../../../shared/jobs.ts';
import { formatMoney } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { addDays, formatDate } from '../flight/flight-times.ts';

export const providerTitles: Record<string, string> = {
  inventory: 'Own inventory',
  simulator: 'Simulator',
  'google-flights': 'Google Flights',
  duffel: 'Duffel',
};

export const pruneNames: Record<PruneReason, string> = {
  same_place: 'from a place to itself',
  return_before_departure: 'back before out',
  past_date: 'on a day that is over',
  unknown_place: 'with a code that nobody knows',
};

export const whole = (n: number): string => n.toLocaleString();

/** `2 found, 1 waiting` */
export const sayOutcomes = ({ found, empty, unknown, waiting }: CoverageCell): string =>
  [[found, 'found'] as const, [empty, 'empty'] as const, [unknown, 'unknown'] as const, [waiting, 'waiting'] as const]
    .filter(([n]) => n > 0)
    .map(([n, word]) => `${whole(n)} ${word}`)
    .join(', ');

const list = (codes: string[]): string =>
  codes.length <= 3 ? codes.join(', ') : `${codes.slice(0, 2).join(', ')} and ${codes.length - 2} more`;

const span = (dates: CalendarDate[]): string => {
  const [first, last] = [dates[0], dates.at(-1)];
  if (!first || !last) return '';
  return first === last ? formatDate(first) : `${formatDate(first)} – ${formatDate(last)}`;
};

/** `LON, PAR → NYC, Tue, 1 Dec – Mon, 7 Dec` */
export const titleOf = ({ ask }: Pick<JobView, 'ask'>): string =>
  `${list(ask.origins)} → ${list(ask.destinations)}, ${span(ask.departDates.toSorted())}`;

/** What else it heeds: `exact for the cheapest 5 of each route · stops at $90.00 · priority 3`; empty: nothing. */
export const sayWishes = ({ ask, stopAtPrice, repeat, priority }: JobView): string =>
  [
    ask.shortlist !== null && `exact for the cheapest ${ask.shortlist} of each route`,
    stopAtPrice && `stops at ${formatMoney(stopAtPrice)}`,
    repeat && `again every ${repeat.everyHours} h, ${repeat.times} ${repeat.times === 1 ? 'time' : 'times'} more`,
    priority !== 0 && `priority ${priority}`,
  ]
    .filter(Boolean)
    .join(' · ');

/** Seconds as somebody would say them: `40 s`, `12 min`, `3 h 10`, `2 d 4 h`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return 'under 1 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${String(minutes % 60).padStart(2, '0')}`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Every day from the first to the last, a bounded number. */
export function daysFrom(first: CalendarDate, last: CalendarDate, max: number): CalendarDate[] {
  const days: CalendarDate[] = [];
  for (let day = first; day <= last && days.length < max; day = addDays(day, 1)) days.push(day);
  return days;
}

const windows = new Map([
  [1_000, 'a second'],
  [60_000, 'a minute'],
  [3_600_000, 'an hour'],
  [86_400_000, 'a day'],
]);

/** `At most 60 requests a minute, 4 at once.` */
export function sayBudget(budget: JobQuote['providers'][number]['budget']): string {
  const { requestsPerWindow, windowMs, concurrency } = budget;
  const window = windows.get(windowMs) ?? `in ${formatSeconds(windowMs / 1_000)}`;
  const rate =
    requestsPerWindow === null
      ? 'As many requests as it takes'
      : `At most ${whole(requestsPerWindow)} ${requestsPerWindow === 1 ? 'request' : 'requests'} ${window}`;
  return `${rate}, ${whole(concurrency)} at once.`;
}
