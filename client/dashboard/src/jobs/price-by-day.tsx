import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { formatMoney, type Money } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { formatDate } from '../flight/flight-times.ts';
import { trpc } from '../wire/traveller.ts';
import styles from './price-by-day.module.css';

const height = 110;
const step = 24;

interface Day {
  date: CalendarDate;
  best: Money;
  route: string;
}

/** The best price of each day that was found so far, over all routes; figures on hover, and as a table. */
export function PriceByDay({ jobId }: { jobId: string }) {
  // The same reading as the grid's, so it is asked for once.
  const { data } = useQuery(trpc.jobs.coverage.queryOptions({ jobId }, { staleTime: 1_000 }));
  const days = useMemo(() => {
    const best = new Map<CalendarDate, Day>();
    for (const cell of data?.cells ?? []) {
      if (!cell.best) continue;
      const before = best.get(cell.departDate);
      if (!before || cell.best.amount < before.best.amount) {
        best.set(cell.departDate, {
          date: cell.departDate,
          best: cell.best,
          route: `${cell.origin} → ${cell.destination}`,
        });
      }
    }
    return [...best.values()].sort((a, b) => a.date.localeCompare(b.date));
  }, [data]);
  const [pointed, setPointed] = useState<number | null>(null);
  if (days.length === 0) return <p className="dim">Prices will be drawn here as they are found.</p>;

  const amounts = days.map(({ best }) => best.amount);
  const [low, high] = [Math.min(...amounts), Math.max(...amounts)];
  const y = (amount: number) => 8 + (high === low ? 0.5 : (high - amount) / (high - low)) * (height - 16);
  const x = (index: number) => step / 2 + index * step;
  const cheapest = amounts.indexOf(low);
  const shown = days[pointed ?? cheapest] as Day;
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <strong>{formatMoney(shown.best)}</strong> on {formatDate(shown.date)} <code>{shown.route}</code>
        {pointed === null && <span className="dim"> · the cheapest</span>}
      </figcaption>
      <div className={styles.scroll}>
        <svg
          width={Math.max(days.length * step, step)}
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
            points={days.map((day, at) => `${x(at)},${y(day.best.amount)}`).join(' ')}
          />
          {days.map((day, at) => (
            <circle
              key={day.date}
              cx={x(at)}
              cy={y(day.best.amount)}
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
                <th scope="col">Route</th>
                <th scope="col" className="n">
                  Best
                </th>
              </tr>
            </thead>
            <tbody>
              {days.map((day) => (
                <tr key={day.date}>
                  <th scope="row">{formatDate(day.date)}</th>
                  <td>
                    <code>{day.route}</code>
                  </td>
                  <td className="n">{formatMoney(day.best)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
