import { AlarmClock, Timer, TriangleAlert } from 'lucide-react';
import type { Instant } from '../../../../shared/times.ts';
import { useServerSecond } from '../wire/server-clock.ts';
import styles from './countdown.module.css';

const amberBelowSeconds = 120;
const warnBelowSeconds = 60;
/** Said aloud at these moments only: a clock that talks every second drowns the page. */
const spokenAt = [600, 300, 120, 60, 30, 10];

const clock = (seconds: number): string =>
  `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;

const inWords = (seconds: number): string =>
  seconds >= 60 ? `${Math.round(seconds / 60)} ${seconds < 90 ? 'minute' : 'minutes'}` : `${seconds} seconds`;

/** How long the seats are still ours, by the server's clock. */
export function Countdown({ until, from }: { until: Instant; from: Instant }) {
  const now = useServerSecond();
  const endsAt = Math.floor(Date.parse(until) / 1000);
  const left = Math.max(0, endsAt - now);
  const whole = Math.max(1, endsAt - Math.floor(Date.parse(from) / 1000));
  const tone = left <= warnBelowSeconds ? 'bad' : left <= amberBelowSeconds ? 'warn' : 'calm';
  const Icon = tone === 'bad' ? TriangleAlert : tone === 'warn' ? AlarmClock : Timer;
  // The last moment that was passed: stays in the live region, so that it is read once.
  const spoken = spokenAt.filter((moment) => left <= moment && moment < whole).at(-1);
  return (
    <div className={styles.countdown} data-tone={tone}>
      <Icon size={18} aria-hidden />
      <div className={styles.words}>
        <span>
          {left === 0 ? 'Time is up; the seats go back' : tone === 'bad' ? 'Less than a minute left' : 'Held for you'}
        </span>
        <span className={styles.track} aria-hidden>
          <span style={{ width: `${Math.min(100, (left / whole) * 100)}%` }} />
        </span>
      </div>
      <span className={styles.clock} role="timer" aria-label={`${inWords(left)} left`}>
        {clock(left)}
      </span>
      <span className={styles.said} aria-live="polite">
        {left === 0 ? 'The hold has ended.' : spoken ? `${inWords(spoken)} left to pay.` : ''}
      </span>
    </div>
  );
}
