import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { CoverageCell } from '../../../../shared/jobs.ts';
import { formatMoney } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatDate } from '../flight/flight-times.ts';
import { trpc } from '../wire/traveller.ts';
import styles from './coverage-grid.module.css';
import { sayOutcomes, whole } from './job-names.ts';

const size = 16;
const rereadMs = 2_000;

/** What a cell says with one look: the most that is known of its combinations. */
type Look = 'found' | 'empty' | 'unknown' | 'part' | 'waiting';
const lookNames: Record<Look, string> = {
  found: 'found',
  empty: 'proved empty',
  unknown: 'unknown',
  part: 'partly asked',
  waiting: 'waiting',
};

function lookOf({ found, empty, unknown, waiting }: CoverageCell): Look {
  if (waiting > 0) return found + empty + unknown > 0 ? 'part' : 'waiting';
  if (found > 0) return 'found';
  return unknown > 0 ? 'unknown' : 'empty';
}

/** Every route on every day: a row a route, a column a day. A click shows the results behind a cell. */
export function CoverageGrid({
  jobId,
  live,
  onPick,
}: {
  jobId: string;
  live: boolean;
  onPick: (cell: Pick<CoverageCell, 'origin' | 'destination' | 'departDate'>) => void;
}) {
  const coverage = useQuery(
    trpc.jobs.coverage.queryOptions({ jobId }, { refetchInterval: live ? rereadMs : false, staleTime: 1_000 }),
  );
  const { refetch } = coverage;
  useEffect(() => {
    // The last reading may have come before the last result.
    if (!live) void refetch();
  }, [live, refetch]);
  if (coverage.isPending) return <Skeleton height={120} />;
  if (coverage.isError) return <FailureNotice error={coverage.error} onRetry={() => void coverage.refetch()} />;
  const { cells, isCut } = coverage.data;
  return (
    <>
      <Grid cells={cells} onPick={onPick} />
      {isCut && <p className="dim">The first {whole(cells.length)} routes and days are shown; the results have all.</p>}
    </>
  );
}

function Grid({
  cells,
  onPick,
}: {
  cells: CoverageCell[];
  onPick: (cell: Pick<CoverageCell, 'origin' | 'destination' | 'departDate'>) => void;
}) {
  const [pointed, setPointed] = useState<CoverageCell | null>(null);
  const { routes, dates, at } = useMemo(() => arrange(cells), [cells]);
  if (cells.length === 0) return <p className="dim">Nothing is left to ask.</p>;
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption} aria-live="off">
        {pointed ? <Pointed cell={pointed} /> : <Legend />}
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has keys alone scrolls it, too */}
      <section className={styles.scroll} tabIndex={0} aria-label="Grid of routes and days">
        <div className={styles.labels} aria-hidden>
          {routes.map((route) => (
            <code key={route} style={{ height: size }}>
              {route}
            </code>
          ))}
        </div>
        <svg
          width={dates.length * size}
          height={routes.length * size}
          className={styles.svg}
          aria-hidden
          onPointerLeave={() => setPointed(null)}
        >
          {routes.map((route, row) =>
            dates.map((date, column) => {
              const cell = at.get(`${route} ${date}`);
              if (!cell) return null;
              return (
                // biome-ignore lint/a11y/noStaticElementInteractions: the table below has the same, with links
                <g
                  key={date}
                  transform={`translate(${column * size} ${row * size})`}
                  data-look={lookOf(cell)}
                  className={styles.cell}
                  onPointerEnter={() => setPointed(cell)}
                  onClick={() => onPick(cell)}
                >
                  <Mark look={lookOf(cell)} />
                </g>
              );
            }),
          )}
        </svg>
        <div className={styles.axis} aria-hidden>
          {dates[0] && formatDate(dates[0])}
          {dates.length > 1 && ` – ${formatDate(dates.at(-1) as CalendarDate)}`}
        </div>
      </section>
      <Figures cells={cells} onPick={onPick} />
    </figure>
  );
}

/** Told apart by their shape as well as their colour. */
function Mark({ look }: { look: Look }) {
  return (
    <>
      <rect x={1} y={1} width={size - 2} height={size - 2} rx={2} />
      {look === 'empty' && <path d="M5 8h6" />}
      {look === 'unknown' && <path d="M5.5 5.5l5 5m0-5l-5 5" />}
      {look === 'part' && <path d="M1 15L15 1" />}
    </>
  );
}

function Legend() {
  return (
    <span className={styles.legend}>
      {(Object.keys(lookNames) as Look[]).map((look) => (
        <span key={look} className={styles.key}>
          <svg width={size} height={size} aria-hidden>
            <g data-look={look} className={styles.cell}>
              <Mark look={look} />
            </g>
          </svg>
          {lookNames[look]}
        </span>
      ))}
    </span>
  );
}

function Pointed({ cell }: { cell: CoverageCell }) {
  return (
    <span>
      <code>
        {cell.origin} → {cell.destination}
      </code>{' '}
      {formatDate(cell.departDate)}: {sayOutcomes(cell)}
      {cell.best && ` · from ${formatMoney(cell.best)}`}
    </span>
  );
}

/** The table has as many rows as somebody would read; the picture has all. */
const rowsMax = 200;

function Figures({
  cells,
  onPick,
}: {
  cells: CoverageCell[];
  onPick: (cell: Pick<CoverageCell, 'origin' | 'destination' | 'departDate'>) => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <details className={styles.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Figures</summary>
      {open && (
        <div className={styles.table}>
          <table className="figures">
            <thead>
              <tr>
                <th scope="col">Route</th>
                <th scope="col">Day</th>
                <th scope="col">Came of it</th>
                <th scope="col" className="n">
                  Best
                </th>
              </tr>
            </thead>
            <tbody>
              {cells.slice(0, rowsMax).map((cell) => (
                <tr key={`${cell.origin} ${cell.destination} ${cell.departDate}`}>
                  <th scope="row" className="nowrap">
                    <button type="button" className={styles.pick} onClick={() => onPick(cell)}>
                      <code>
                        {cell.origin} → {cell.destination}
                      </code>
                    </button>
                  </th>
                  <td className="nowrap">{formatDate(cell.departDate)}</td>
                  <td>{sayOutcomes(cell)}</td>
                  <td className="n">{cell.best ? formatMoney(cell.best) : '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {cells.length > rowsMax && <p className="dim">and {whole(cells.length - rowsMax)} more in the picture</p>}
        </div>
      )}
    </details>
  );
}

function arrange(cells: CoverageCell[]) {
  const routes = new Set<string>();
  const dates = new Set<CalendarDate>();
  const at = new Map<string, CoverageCell>();
  for (const cell of cells) {
    const route = `${cell.origin}–${cell.destination}`;
    routes.add(route);
    dates.add(cell.departDate);
    at.set(`${route} ${cell.departDate}`, cell);
  }
  return { routes: [...routes].sort(), dates: [...dates].sort(), at };
}
