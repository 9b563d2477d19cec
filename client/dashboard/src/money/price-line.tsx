import { useState } from 'react';
import { formatMoney, type Money } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { formatDate } from '../flight/flight-times.ts';
import styles from './price-line.module.css';

const height = 110;
const step = 24;

export interface PricedDay {
  date: CalendarDate;
  price: Money;
  /** What has this price, in a few words. */
  what?: string;
}

/** A price a day as a line, the cheapest marked; figures on hover, and as a table. */
export function PriceLine({ days }: { days: PricedDay[] }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const amounts = days.map(({ price }) => price.amount);
  const [low, high] = [Math.min(...amounts), Math.max(...amounts)];
  const y = (amount: number) => 8 + (high === low ? 0.5 : (high - amount) / (high - low)) * (height - 16);
  const x = (index: number) => step / 2 + index * step;
  const cheapest = amounts.indexOf(low);
  const shown = days[pointed ?? cheapest];
  if (!shown) return null;
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <strong>{formatMoney(shown.price)}</strong> on {formatDate(shown.date)}{' '}
        {shown.what && <code>{shown.what}</code>}
        {pointed === null && <span className="dim"> · the cheapest</span>}
      </figcaption>
      <div className={styles.scroll}>
        <svg
          width={days.length * step}
          height={height}
          aria-hidden
          className={styles.svg}
          onPointerMove={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            setPointed(Math.min(days.length - 1, Math.max(0, Math.floor((event.clientX - box.left) / step))));
          }}
          onPointerLeave={() => setPointed(null)}
        >
          <polyline
            className={styles.line}
            points={days.map((day, at) => `${x(at)},${y(day.price.amount)}`).join(' ')}
          />
          {days.map((day, at) => (
            <circle
              key={day.date}
              cx={x(at)}
              cy={y(day.price.amount)}
              r={at === cheapest || at === pointed ? 4 : 2.5}
              className={styles.point}
              data-best={at === cheapest || undefined}
            />
          ))}
        </svg>
      </div>
      <details className={styles.details}>
        <summary>Figures</summary>
        <div className={styles.table}>
          <table className="figures">
            <thead>
              <tr>
                <th scope="col">Day</th>
                <th scope="col">What</th>
                <th scope="col" className="n">
                  Price
                </th>
              </tr>
            </thead>
            <tbody>
              {days.map((day) => (
                <tr key={day.date}>
                  <th scope="row">{formatDate(day.date)}</th>
                  <td>{day.what && <code>{day.what}</code>}</td>
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
