import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { formatMoney, type Money } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { addDays, formatDate, today } from '../flight/flight-times.ts';
import { PriceLine } from '../money/price-line.tsx';
import { trpc } from '../wire/traveller.ts';
import styles from './fare-calendar.module.css';
import type { JourneyParams } from './journey-question.ts';

const weeks = 6;

/** Monday of the week that a date is in. */
const mondayOf = (date: CalendarDate): CalendarDate =>
  addDays(date, -((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7));

/** Six weeks around the chosen day: the cheaper a day, the stronger its colour. Each leads to its journeys. */
export function FareCalendar({ params }: { params: JourneyParams }) {
  const { from, to, date, seats = 1, cabin } = params;
  const first = mondayOf([addDays(date, -14), today()].sort().at(-1) as CalendarDate);
  const last = addDays(first, weeks * 7 - 1);
  const calendar = useQuery(
    trpc.search.calendar.queryOptions(
      { origin: from, destination: to, from: first, to: last, seats, ...(cabin && { cabin }) },
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
  const { days } = calendar.data;
  const priced = days.flatMap(({ date: day, price }) => (price ? [{ date: day, price }] : []));
  const amounts = priced.map(({ price }) => price.amount).sort((a, b) => a - b);
  return (
    <div className={`stack ${styles.days}`}>
      <div className={styles.grid}>
        {['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].map((name) => (
          <span key={name} className={styles.weekday} aria-hidden>
            {name}
          </span>
        ))}
        {days.map(({ date: day, price }) => (
          <Link
            key={day}
            to="/"
            search={{ ...params, date: day, view: 'journeys' }}
            resetScroll={false}
            className={styles.day}
            data-level={price ? levelOf(price, amounts) : undefined}
            data-chosen={day === date || undefined}
            disabled={!price}
            aria-label={`${formatDate(day)}: ${price ? formatMoney(price) : 'no seats'}`}
          >
            <span className={styles.number}>{Number(day.slice(8))}</span>
            <span className={styles.price}>{price ? formatMoney(price) : '–'}</span>
            {price && price.amount === amounts[0] && <span className={styles.best}>lowest</span>}
          </Link>
        ))}
      </div>
      {priced.length > 1 && <PriceLine days={priced} />}
    </div>
  );
}

/** 0 the cheapest fifth … 4 the dearest, by rank among the days shown. */
function levelOf({ amount }: Money, sorted: number[]): number {
  const rank = sorted.findIndex((each) => each >= amount);
  return Math.min(4, Math.floor((rank / Math.max(1, sorted.length)) * 5));
}
