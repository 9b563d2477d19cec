import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import { formatMoney, type Money } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { daysFromTo, formatDate, formatDayOfMonth } from '../flight/flight-times.ts';
import styles from './price-line.module.css';

const height = 120;
/** Room of a day: as much as the width gives, but never so little that it cannot be pointed at. */
const [stepMin, stepMax] = [6, 48];

export interface PricedDay {
  date: CalendarDate;
  price: Money;
}

/**
 * A price a day as a line, the cheapest marked; figures on hover, and as a table.
 *
 * @param days in their order, in one currency; days between them that have no price keep their room.
 * @param band what is usual, in the same currency: it is shaded.
 * @param dayName what a day is, above the table.
 */
export function PriceLine({
  days,
  band = null,
  dayName = 'Day',
}: {
  days: PricedDay[];
  band?: { low: Money; high: Money } | null;
  dayName?: string;
}) {
  const [pointed, setPointed] = useState<number | null>(null);
  const { ref, width } = useElementSize();
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last) return null;
  const amounts = days.map(({ price }) => price.amount);
  const bounds = band ? [band.low.amount, band.high.amount] : [];
  const [low, high] = [Math.min(...amounts, ...bounds), Math.max(...amounts, ...bounds)];
  const columns = daysFromTo(first.date, last.date) + 1;
  const step = Math.min(stepMax, Math.max(stepMin, Math.floor(width / columns)));
  const y = (amount: number) => 8 + (high === low ? 0.5 : (high - amount) / (high - low)) * (height - 16);
  const x = ({ date }: PricedDay) => step / 2 + daysFromTo(first.date, date) * step;
  const cheapest = amounts.indexOf(Math.min(...amounts));
  const shown = days[pointed ?? cheapest] as PricedDay;
  const nearest = (offset: number): number => {
    const away = days.map((day) => Math.abs(x(day) - offset));
    return away.indexOf(Math.min(...away));
  };
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <strong>{formatMoney(shown.price)}</strong> on {formatDate(shown.date)}
        {pointed === null && days.length > 1 && <span className="dim"> · the cheapest</span>}
        {band && <span className={styles.usual}>usual</span>}
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has keys alone scrolls it, too */}
      <section className={styles.scroll} ref={ref} tabIndex={0} aria-label="Line of prices">
        <svg
          width={columns * step}
          height={height}
          aria-hidden
          className={styles.svg}
          onPointerMove={(event) =>
            setPointed(nearest(event.clientX - event.currentTarget.getBoundingClientRect().left))
          }
          onPointerLeave={() => setPointed(null)}
        >
          {band && (
            <rect
              className={styles.band}
              width={columns * step}
              y={y(band.high.amount)}
              height={Math.max(1, y(band.low.amount) - y(band.high.amount))}
            />
          )}
          <polyline className={styles.line} points={days.map((day) => `${x(day)},${y(day.price.amount)}`).join(' ')} />
          {days.map((day, at) => (
            <circle
              key={day.date}
              cx={x(day)}
              cy={y(day.price.amount)}
              r={at === cheapest || at === pointed ? 4 : 2.5}
              className={styles.point}
              data-best={at === cheapest || undefined}
            />
          ))}
        </svg>
        <div className={styles.axis} style={{ width: columns * step }} aria-hidden>
          <span>{formatDayOfMonth(first.date)}</span>
          <span>{formatDayOfMonth(last.date)}</span>
        </div>
      </section>
      <details className={styles.details}>
        <summary>Figures</summary>
        <div className={styles.table}>
          <table className="figures">
            <thead>
              <tr>
                <th scope="col">{dayName}</th>
                <th scope="col" className="n">
                  Price
                </th>
              </tr>
            </thead>
            <tbody>
              {days.map((day) => (
                <tr key={day.date}>
                  <th scope="row">{formatDate(day.date)}</th>
                  <td className="n">{formatMoney(day.price)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
