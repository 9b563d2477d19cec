import { TriangleAlert } from 'lucide-react';
import type { CabinLedgerView, CabinView, FlightState } from '../../../../shared/flight.ts';
import { formatMoney } from '../../../../shared/money.ts';
import styles from './cabin-cell.module.css';
import { cabinNames } from './cabin-names.ts';
import { LiveNumber } from './live-number.tsx';
import { LoadBar } from './load-bar.tsx';
import { fewSeats, SeatWords } from './seat-words.tsx';

/** One cabin on a strip: its price, how full it is, and how many seats are left right now. */
export function CabinCell({ cabin, seats, state }: { cabin: CabinView; seats: number; state: FlightState }) {
  const selling = state === 'open';
  const soldOut = cabin.available < seats;
  return (
    <span className={styles.cell} data-off={!selling || soldOut || undefined}>
      <span className={styles.name}>{cabinNames[cabin.cabin]}</span>
      <span className={styles.price}>
        <LiveNumber value={cabin.price.amount}>{formatMoney(cabin.price)}</LiveNumber>
      </span>
      <LoadBar sold={cabin.capacity - cabin.available} capacity={cabin.capacity} />
      <span className={styles.seats} data-few={(selling && !soldOut && cabin.available <= fewSeats) || undefined}>
        <LiveNumber value={cabin.available}>
          {selling ? <SeatWords available={cabin.available} seats={seats} /> : 'not for sale'}
        </LiveNumber>
      </span>
    </span>
  );
}

/** The same cabin for an operator: the counters themselves. */
export function CabinLedgerCell({ cabin, state }: { cabin: CabinLedgerView; state: FlightState }) {
  const over = cabin.deficit > 0;
  return (
    <span className={styles.cell} data-off={state !== 'open' || undefined}>
      <span className={styles.name}>{cabinNames[cabin.cabin]}</span>
      <span className={styles.price}>
        <LiveNumber value={cabin.price.amount}>{formatMoney(cabin.price)}</LiveNumber>
      </span>
      <LoadBar sold={cabin.sold} held={cabin.held} capacity={cabin.targetCapacity} />
      <span className={styles.seats} data-few={over || undefined}>
        <LiveNumber value={`${cabin.sold}/${cabin.held}`}>
          {cabin.sold} sold{cabin.held > 0 ? ` + ${cabin.held} held` : ''} of {cabin.targetCapacity}
        </LiveNumber>
        {over && (
          <>
            {' '}
            <TriangleAlert size={11} strokeWidth={2.4} aria-hidden /> {cabin.deficit} too many
          </>
        )}
      </span>
    </span>
  );
}
