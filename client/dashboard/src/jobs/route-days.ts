import type { CoverageCell, JobView } from '../../../../shared/jobs.ts';
import type { Money } from '../../../../shared/money.ts';
import type { PriceCell } from '../../../../shared/price.ts';
import { formatMoment } from '../flight/flight-times.ts';
import type { CalendarDay } from '../money/calendar-day.ts';
import { providerTitles, sayOutcomes } from './job-names.ts';

/** A route of a job: its days in their order, and the best of what was found on them. */
export interface JobRoute {
  name: string;
  origin: string;
  destination: string;
  cells: CoverageCell[];
  best: Money | null;
}

/** The routes of a job, those with the best price first. */
export function routesOf(cells: readonly CoverageCell[]): JobRoute[] {
  const routes = Map.groupBy(cells, ({ origin, destination }) => `${origin} → ${destination}`);
  const amountOf = ({ best }: { best: Money | null }) => best?.amount ?? Number.POSITIVE_INFINITY;
  return [...routes]
    .map(([name, own]) => {
      const [first] = own as [CoverageCell];
      const best = own.reduce<Money | null>(
        (least, cell) => (amountOf(cell) < amountOf({ best: least }) ? cell.best : least),
        null,
      );
      const { origin, destination } = first;
      const days = own.toSorted((a, b) => a.departDate.localeCompare(b.departDate));
      return { name, origin, destination, cells: days, best };
    })
    .sort((a, b) => amountOf(a) - amountOf(b) || a.name.localeCompare(b.name));
}

/** Children and infants have no price of their own, so such a party is no observation of what one adult pays. */
export const isOfAdults = ({ ask: { passengers: party } }: Pick<JobView, 'ask'>): boolean =>
  party.children + party.infantsOnLap + party.infantsInSeat === 0;

/** No answer is good for longer, so what was seen before that is none of a job's. */
const freshMs = 6 * 3_600_000;

/**
 * What a job's calendar shows of a day: `seen`, the newest price for one adult, as far as it is the job's to show. What
 * it has not asked yet is waiting, even where a price of before is known; what it has proved empty has none.
 */
export function dayOf(
  cell: CoverageCell,
  seen: PriceCell | undefined,
  job: Pick<JobView, 'ask' | 'createdAt'>,
): CalendarDay {
  const { departDate: date, found, unknown, waiting } = cell;
  const since = Date.parse(job.createdAt) - (found > 0 ? freshMs : 0);
  // What is written in the meantime may be known here before the next look at the coverage.
  const isOurs = seen && Date.parse(seen.observedAt) >= since && (found > 0 || waiting > 0);
  const price = isOfAdults(job) ? (isOurs ? seen.price : null) : cell.best;
  const lack = found > 0 ? 'found' : waiting > 0 ? 'waiting' : unknown > 0 ? 'unknown' : 'none';
  const source =
    price && isOurs && `${providerTitles[seen.provider] ?? seen.provider}, ${formatMoment(seen.observedAt)}`;
  return { date, price, lack, note: [source, sayOutcomes(cell)].filter(Boolean).join(' · ') };
}
