import { Link } from '@tanstack/react-router';
import type { CalendarDate } from '../../../../shared/times.ts';
import { addDays, formatDate, today } from '../flight/flight-times.ts';
import styles from './day-tabs.module.css';
import type { SearchParams } from './search-params.ts';

const before = 3;
const shown = 7;

/** The days around the chosen one: the neighbouring date is the most frequent next search. */
export function DayTabs({ params, date }: { params: SearchParams; date: CalendarDate }) {
  const first = [addDays(date, -before), today()].sort().at(-1) as CalendarDate;
  const days = Array.from({ length: shown }, (_, index) => addDays(first, index));
  return (
    <nav className={styles.days} aria-label="Other days">
      {days.map((day) => (
        <Link
          key={day}
          to="/"
          search={{ ...params, date: day }}
          className={styles.day}
          data-chosen={day === date || undefined}
          resetScroll={false}
        >
          {formatDate(day)}
        </Link>
      ))}
    </nav>
  );
}
