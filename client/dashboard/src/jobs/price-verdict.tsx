import { CircleHelp, type LucideIcon, Minus, TrendingDown, TrendingUp } from 'lucide-react';
import { formatMoney, type Money } from '../../../../shared/money.ts';
import type { PriceVerdictView, Verdict } from '../../../../shared/price.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { formatDate, formatYearDate } from '../flight/flight-times.ts';
import { StateTag, type Tone } from '../flight/state-tag.tsx';
import { whole } from './job-names.ts';
import styles from './price-verdict.module.css';

const looks: Record<Verdict, [Tone, LucideIcon, string]> = {
  low: ['ok', TrendingDown, 'Low'],
  typical: ['neutral', Minus, 'Typical'],
  high: ['bad', TrendingUp, 'High'],
  unknown: ['neutral', CircleHelp, 'Not known'],
};

/** How a price stands to what was seen, and what that rests on, in words. */
export function PriceVerdict({ date, price, view }: { date: CalendarDate; price: Money; view: PriceVerdictView }) {
  const [tone, icon, word] = looks[view.verdict];
  return (
    <div className={styles.verdict}>
      <p className="row">
        <StateTag tone={tone} icon={icon}>
          {word}
        </StateTag>
        <span>
          <strong>{formatMoney(price)}</strong> on {formatDate(date)}, for one adult
        </span>
      </p>
      <p className="dim">{reasonOf(view)}</p>
    </div>
  );
}

function reasonOf({ percentile, n, window, leadDays, band }: PriceVerdictView): string {
  const lead = leadDays.to === null ? `${leadDays.from} days and more` : `${leadDays.from} to ${leadDays.to} days`;
  const where = `seen ${lead} before departure, between ${formatYearDate(window.from)} and ${formatYearDate(window.to)}`;
  const seen = `${whole(n)} comparable ${n === 1 ? 'price was' : 'prices were'} ${where}`;
  if (percentile === null || !band) return `${n === 0 ? `No comparable price was ${where}` : seen}: too few to say.`;
  const [low, usual, high] = [band.low, band.usual, band.high].map((each) => formatMoney(each));
  return `${seen}; ${percentile} % of them were as cheap or cheaper. Usual is ${usual}, low below ${low}, high above ${high}.`;
}
