import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { CalendarDate } from '../../../../shared/times.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { addDays, today } from '../flight/flight-times.ts';
import type { CalendarDay } from '../money/calendar-day.ts';
import { mondayOf, PriceCalendar } from '../money/price-calendar.tsx';
import { PriceLine } from '../money/price-line.tsx';
import { trpc } from '../wire/traveller.ts';
import styles from './fare-calendar.module.css';
import { filtersOf, isFiltered, withoutFilters } from './journey-filters.ts';
import type { JourneyParams } from './journey-question.ts';

const weeks = 6;

/** Six weeks around the chosen day: the cheaper a day, the stronger its colour. Each leads to its journeys. */
export function FareCalendar({ params }: { params: JourneyParams }) {
  const { from, to, date, seats = 1, cabin, stops = 1 } = params;
  const first = mondayOf([addDays(date, -14), today()].sort().at(-1) as CalendarDate);
  const last = addDays(first, weeks * 7 - 1);
  const calendar = useQuery(
    trpc.search.calendar.queryOptions(
      {
        ...{ origin: from, destination: to, from: first, to: last, seats, ...(cabin && { cabin }) },
        maxStops: Math.min(1, stops),
        filters: filtersOf(params),
      },
      { staleTime: 10_000 },
    ),
  );
  if (calendar.isPending) return <Skeleton height={240} m={16} />;
  if (calendar.isError) {
    return (
      <div style={{ padding: 16 }}>
        <FailureNotice error={calendar.error} onRetry={() => void calendar.refetch()} />
      </div>
    );
  }
  const days = calendar.data.days.map(
    (day): CalendarDay => ({ ...day, lack: 'none', ...(!day.price && { note: 'no seats' }) }),
  );
  const priced = days.flatMap(({ date: day, price }) => (price ? [{ date: day, price }] : []));
  return (
    <div className={`stack ${styles.days}`}>
      {isFiltered(params) && (
        <p className="dim">
          Within the filters of your journeys.{' '}
          <Link to="/" search={withoutFilters(params)} resetScroll={false}>
            Show all
          </Link>
        </p>
      )}
      <PriceCalendar
        label="Cheapest price of each day"
        days={days}
        chosen={date}
        pricedOnly
        linkOf={(day, props) => (
          <Link to="/" search={{ ...params, date: day.date, view: 'journeys' }} resetScroll={false} {...props} />
        )}
      />
      {priced.length > 1 && <PriceLine days={priced} />}
    </div>
  );
}
