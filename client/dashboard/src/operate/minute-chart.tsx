import { useState } from 'react';
import type { OverviewView } from '../../../../shared/operations.ts';
import styles from './minute-chart.module.css';

type Minute = OverviewView['bookingsPerMinute'][number];

const height = 120;
const step = 10;

const clock = (at: string): string =>
  new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** A round number at or above: the axis ends where a reader can read it. */
function niceMax(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((each) => each * magnitude).find((each) => each >= value) ?? value;
}

/** Holds as bars, confirmations inside them; figures on hover, and as a table. */
export function MinuteChart({ minutes }: { minutes: Minute[] }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const top = niceMax(Math.max(1, ...minutes.map((minute) => Math.max(minute.held, minute.confirmed))));
  const y = (value: number) => (value / top) * height;
  const width = minutes.length * step;
  const held = minutes.reduce((sum, minute) => sum + minute.held, 0);
  const confirmed = minutes.reduce((sum, minute) => sum + minute.confirmed, 0);
  const shown = pointed === null ? null : minutes[pointed];
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <span data-key="held">Held {shown ? shown.held : held}</span>
        <span data-key="confirmed">Confirmed {shown ? shown.confirmed : confirmed}</span>
        <span className="dim">{shown ? `at ${clock(shown.at)}` : 'in the last hour'}</span>
      </figcaption>
      <div className={styles.plot}>
        <span className={styles.max} aria-hidden>
          {top}
        </span>
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          className={styles.svg}
          aria-hidden
          onPointerMove={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            const index = Math.floor(((event.clientX - box.left) / box.width) * minutes.length);
            setPointed(Math.min(minutes.length - 1, Math.max(0, index)));
          }}
          onPointerLeave={() => setPointed(null)}
        >
          <line x1={0} x2={width} y1={height / 2} y2={height / 2} className={styles.rule} />
          {minutes.map((minute, index) => (
            <g key={minute.at} data-pointed={pointed === index || undefined} className={styles.minute}>
              <rect x={index * step} y={0} width={step} height={height} className={styles.hit} />
              <rect
                x={index * step + 1}
                y={height - y(minute.held)}
                width={step - 2}
                height={y(minute.held)}
                className={styles.held}
              />
              <rect
                x={index * step + 3}
                y={height - y(minute.confirmed)}
                width={step - 6}
                height={y(minute.confirmed)}
                className={styles.confirmed}
              />
            </g>
          ))}
        </svg>
        <div className={styles.axis} aria-hidden>
          {[0, 20, 40, minutes.length - 1].map((index) => {
            const minute = minutes[index];
            return minute && <span key={index}>{clock(minute.at)}</span>;
          })}
        </div>
      </div>
      <details className={styles.details}>
        <summary>Figures</summary>
        <div className={styles.table}>
          <table className="figures">
            <thead>
              <tr>
                <th scope="col">Minute</th>
                <th scope="col" className="n">
                  Held
                </th>
                <th scope="col" className="n">
                  Confirmed
                </th>
              </tr>
            </thead>
            <tbody>
              {minutes.toReversed().map((minute) => (
                <tr key={minute.at}>
                  <th scope="row">{clock(minute.at)}</th>
                  <td className="n">{minute.held}</td>
                  <td className="n">{minute.confirmed}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
