import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { currencyExponent, formatMoney, type Money } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { addDays, formatDate, formatDayOfMonth } from '../flight/flight-times.ts';
import { LiveNumber } from '../flight/live-number.tsx';
import type { CalendarDay, Lack } from './calendar-day.ts';
import styles from './price-calendar.module.css';

/** What makes a link of a day: its looks, its words, and its place in the order of keys. */
export interface DayLinkProps {
  className: string | undefined;
  'data-day': CalendarDate;
  'data-level': number | undefined;
  'data-lack': Lack | undefined;
  'data-best': true | undefined;
  'data-chosen': true | undefined;
  tabIndex: number;
  children: ReactNode;
}

const signs: Record<Lack, string> = { waiting: '…', none: '–', unknown: '?', found: '✓' };
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** Monday of the week that a date is in. */
export const mondayOf = (date: CalendarDate): CalendarDate =>
  addDays(date, -((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7));

/**
 * Prices by day, a row a week: the cheaper a day among those shown, the stronger its colour, and the cheapest says so.
 * Arrow keys walk from day to day; weeks without any of the days are left out.
 *
 * @param days in their order, all prices in one currency.
 * @param pricedOnly days without a price lead nowhere.
 * @param linkOf makes the link of a day out of its parts.
 */
export function PriceCalendar({
  label,
  days,
  chosen,
  pricedOnly = false,
  linkOf,
}: {
  label: string;
  days: CalendarDay[];
  chosen: CalendarDate | undefined;
  pricedOnly?: boolean;
  linkOf: (day: CalendarDay, props: DayLinkProps) => ReactNode;
}) {
  const [pointed, setPointed] = useState<CalendarDate | null>(null);
  const [focused, setFocused] = useState<CalendarDate | null>(null);
  const amounts = days.flatMap(({ price }) => (price ? [price.amount] : [])).sort((a, b) => a - b);
  const at = new Map(days.map((day) => [day.date, day]));
  const weeks = [...new Set(days.map(({ date }) => mondayOf(date)))];
  // One stop for the tab key: where somebody was, else the chosen day, else the cheapest.
  const cheapest = days.find(({ price }) => price && price.amount === amounts[0]);
  const leads = (day: CalendarDay | undefined) => day !== undefined && (day.price !== null || !pricedOnly);
  const stop = [focused, chosen, cheapest?.date].find((date) => date && leads(at.get(date))) ?? days.find(leads)?.date;
  const shown = pointed && at.get(pointed);
  const cellOf = (day: CalendarDay, isFirst: boolean): ReactNode => {
    const { date, price, lack, note } = day;
    const isBest = price !== null && price.amount === amounts[0];
    const words = [`${formatDate(date)}: ${price ? formatMoney(price) : lack}`, isBest && 'the lowest', note];
    const props = {
      className: styles.day,
      'data-day': date,
      'data-level': price ? levelOf(price, amounts) : undefined,
      'data-lack': price ? undefined : lack,
      'data-best': isBest || undefined,
      'data-chosen': date === chosen || undefined,
      tabIndex: date === stop ? 0 : -1,
      children: (
        <>
          <span className={styles.said}>{words.filter(Boolean).join(', ')}</span>
          <span aria-hidden className={styles.seen}>
            <span className={styles.number}>
              {isFirst || date.endsWith('-01') ? formatDayOfMonth(date) : Number(date.slice(8))}
            </span>
            {price ? (
              <LiveNumber value={price.amount}>
                <span className={styles.price}>{formatMoney(price)}</span>
                <span className={styles.round}>{roundOf(price)}</span>
              </LiveNumber>
            ) : (
              <span className={styles.lack}>
                {signs[lack]} <span className={styles.word}>{lack}</span>
              </span>
            )}
            {isBest && <span className={styles.best}>lowest</span>}
          </span>
        </>
      ),
    };
    return leads(day) ? linkOf(day, props) : <div {...props} tabIndex={undefined} />;
  };
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        {shown ? (
          <Pointed day={shown} />
        ) : (
          <Legend lacks={new Set(days.flatMap((day) => (day.price ? [] : day.lack)))} />
        )}
      </figcaption>
      {/* biome-ignore lint/a11y/useSemanticElements: a table's cells would not take the columns of a grid */}
      <div
        role="grid"
        tabIndex={-1}
        aria-label={label}
        className={styles.grid}
        onKeyDown={walk}
        onPointerOver={({ target }) => setPointed(dayAt(target))}
        onPointerLeave={() => setPointed(focused)}
        onFocus={({ target }) => {
          setFocused(dayAt(target));
          setPointed(dayAt(target));
        }}
        onBlur={() => setPointed(null)}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: its days are */}
        <div role="row" className={styles.week}>
          {weekdays.map((name) => (
            // biome-ignore lint/a11y/useSemanticElements: as above
            // biome-ignore lint/a11y/useFocusableInteractive: nothing is done with it
            <span key={name} role="columnheader" aria-label={name} className={styles.weekday}>
              {name.slice(0, 3)}
            </span>
          ))}
        </div>
        {weeks.map((monday, row) => {
          const isApart = row === 0 || weeks[row - 1] !== addDays(monday, -7);
          const dates = weekdays.map((_, column) => addDays(monday, column));
          const first = dates.find((date) => at.has(date));
          return (
            // biome-ignore lint/a11y/useSemanticElements: as above
            // biome-ignore lint/a11y/useFocusableInteractive: its days are
            <div key={monday} role="row" className={styles.week}>
              {dates.map((date) => {
                const day = at.get(date);
                return (
                  // biome-ignore lint/a11y/useSemanticElements: as above
                  // biome-ignore lint/a11y/useFocusableInteractive: the link in it is
                  <div key={date} role="gridcell" aria-selected={date === chosen}>
                    {day && cellOf(day, isApart && date === first)}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
    </figure>
  );
}

const dayAt = (target: EventTarget): CalendarDate | null =>
  (target as Element).closest<HTMLElement>('[data-day]')?.dataset.day ?? null;

/** To the day beside, the same weekday of another week, the first or the last; over what is not there to the next. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a[data-day]')];
  const at = links.indexOf(event.target as HTMLElement);
  const from = links[at]?.dataset.day;
  if (!from || event.altKey || event.ctrlKey || event.metaKey) return;
  const dayOf = (link: HTMLElement) => link.dataset.day as CalendarDate;
  const steps: Record<string, () => HTMLElement | undefined> = {
    ArrowLeft: () => links[at - 1],
    ArrowRight: () => links[at + 1],
    ArrowUp: () => links.findLast((link) => dayOf(link) <= addDays(from, -7)),
    ArrowDown: () => links.find((link) => dayOf(link) >= addDays(from, 7)),
    Home: () => links[0],
    End: () => links.at(-1),
  };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  step()?.focus();
}

function Pointed({ day: { date, price, lack, note } }: { day: CalendarDay }) {
  return (
    <span>
      {formatDate(date)}: <strong>{price ? formatMoney(price) : lack}</strong>
      {note && <span className="dim"> · {note}</span>}
    </span>
  );
}

function Legend({ lacks }: { lacks: Set<Lack> }) {
  return (
    <span className={styles.legend} aria-hidden>
      <span className={styles.scale}>
        cheaper
        {[0, 1, 2, 3, 4].map((level) => (
          <i key={level} data-level={level} />
        ))}
        dearer
      </span>
      {(Object.keys(signs) as Lack[])
        .filter((lack) => lacks.has(lack))
        .map((lack) => (
          <span key={lack}>
            <b>{signs[lack]}</b> {lackNames[lack]}
          </span>
        ))}
    </span>
  );
}

const lackNames: Record<Lack, string> = {
  waiting: 'waiting to be asked',
  none: 'none, proved',
  unknown: 'unknown: no answer',
  found: 'found, price on its way',
};

/** 0 the cheapest fifth … 4 the dearest, by rank among the days shown. */
function levelOf({ amount }: Money, sorted: number[]): number {
  const rank = sorted.findIndex((each) => each >= amount);
  return Math.min(4, Math.floor((rank / Math.max(1, sorted.length)) * 5));
}

/** Whole units, where there is no room for more; the exact price is said and shown beside. */
const roundOf = ({ amount, currency }: Money): string =>
  new Intl.NumberFormat(undefined, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    maximumFractionDigits: 0,
  }).format(amount / 10 ** currencyExponent(currency));
