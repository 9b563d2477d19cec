import { Button, NativeSelect, Skeleton } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, CircleCheck, CircleHelp, CircleSlash, type LucideIcon, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { type JobResult, type Outcome, outcomes, type resultSorts } from '../../../../shared/jobs.ts';
import { formatMoney } from '../../../../shared/money.ts';
import type { Verdict } from '../../../../shared/price.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatDate, formatDuration } from '../flight/flight-times.ts';
import { StateTag, type Tone } from '../flight/state-tag.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { providerTitles, whole } from './job-names.ts';
import type { JobParams } from './jobs-params.ts';
import styles from './results-table.module.css';
import { type ResultList, useResultPages } from './use-result-pages.ts';

const rowHeight = 34;

const outcomeLooks: Record<Outcome, [Tone, LucideIcon, string]> = {
  found: ['ok', CircleCheck, 'Found'],
  empty: ['neutral', CircleSlash, 'Empty'],
  unknown: ['warn', CircleHelp, 'Unknown'],
};
const verdictLooks: Record<Verdict, [Tone, string] | null> = {
  low: ['ok', 'Low'],
  typical: ['neutral', 'Typical'],
  high: ['bad', 'High'],
  unknown: null,
};

type Sort = (typeof resultSorts)[number];

/** All results of a job, however many: what is scrolled to is asked for, and only what is seen is drawn. */
export function ResultsTable({
  jobId,
  params,
  total,
  version,
  onChange,
}: {
  jobId: string;
  params: JobParams;
  /** How many results there are by now, all outcomes together. */
  total: number;
  /** Rises when there are new ones. */
  version: number;
  onChange: (change: Partial<JobParams>) => void;
}) {
  const { outcome, sort = 'price', descending = false, origin, destination, date } = params;
  const list: ResultList = {
    jobId,
    sort,
    descending,
    ...(outcome && { outcome }),
    filters: { ...(origin && { origin }), ...(destination && { destination }), ...(date && { departDate: date }) },
  };
  const pages = useResultPages(list);
  const { head, isAtTop } = pages;
  const { refetch, isFetching } = head;
  const [seen, setSeen] = useState(version);
  // The top is kept fresh by itself; whoever has scrolled on is not moved, and asks for it.
  const isBehind = version > seen && !isAtTop;
  useEffect(() => {
    // One at a time: a job that goes on quickly must not call off each answer before it is there.
    if (version === seen || !isAtTop || isFetching) return;
    setSeen(version);
    void refetch();
  }, [version, seen, isAtTop, isFetching, refetch]);

  return (
    <section className="surface" aria-labelledby="results" style={{ overflow: 'hidden' }}>
      <div className="head">
        <h2 id="results">Results</h2>
        <div className="row">
          {(origin || destination || date) && (
            <Button
              size="compact-sm"
              variant="default"
              rightSection={<X size={13} aria-hidden />}
              onClick={() => onChange({ origin: undefined, destination: undefined, date: undefined })}
            >
              {origin} → {destination}
              {date && `, ${formatDate(date)}`}
            </Button>
          )}
          {isBehind && (
            <Button
              size="compact-sm"
              onClick={() => {
                setSeen(version);
                void refetch();
              }}
            >
              New results
            </Button>
          )}
          <NativeSelect
            size="xs"
            aria-label="Outcome"
            value={outcome ?? ''}
            onChange={(event) => onChange({ outcome: (event.currentTarget.value || undefined) as Outcome | undefined })}
            data={[
              { value: '', label: 'Every outcome' },
              ...outcomes.map((each) => ({ value: each, label: outcomeLooks[each][2] })),
            ]}
          />
        </div>
      </div>
      {head.isPending ? (
        <div className="body">
          <Skeleton height={rowHeight * 6} />
        </div>
      ) : head.isError && !head.data ? (
        <div className="body">
          <FailureNotice error={head.error} onRetry={() => void refetch()} retrying={head.isRefetching} />
        </div>
      ) : pages.total === 0 ? (
        <EmptyState>
          {total === 0 ? 'The first results will stand here in a moment.' : 'No result passes these filters.'}
        </EmptyState>
      ) : (
        <Rows
          pages={pages}
          name={JSON.stringify(list)}
          sort={sort}
          descending={descending}
          onSort={(next) => onChange({ sort: next, descending: next === sort ? !descending : undefined })}
        />
      )}
    </section>
  );
}

function Rows({
  pages,
  name,
  sort,
  descending,
  onSort,
}: {
  pages: ReturnType<typeof useResultPages>;
  /** Another name is another list, which begins at its top. */
  name: string;
  sort: Sort;
  descending: boolean;
  onSort: (sort: Sort) => void;
}) {
  const { head, total, failed, rowAt, show } = pages;
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const [first, last] = [shown[0]?.index ?? 0, shown.at(-1)?.index ?? 0];
  const { isScrolling } = virtual;
  useEffect(() => show(first, last, isScrolling));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the name is what it depends on
  useEffect(() => {
    // A statement, not an answer: newer browsers answer a promise, which is no way to clean up.
    frame.current?.scrollTo({ top: 0 });
  }, [name]);
  const above = shown[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keys */}
      <section ref={frame} className={styles.frame} tabIndex={0} aria-label="Results, scrollable">
        <table className={`figures ${styles.table}`} aria-rowcount={total + 1} aria-busy={head.isPlaceholderData}>
          <thead>
            <tr>
              <th scope="col">Route</th>
              <SortableHead by="departure" sort={sort} descending={descending} onSort={onSort}>
                Out
              </SortableHead>
              <th scope="col">Back</th>
              <th scope="col">Outcome</th>
              <SortableHead by="price" sort={sort} descending={descending} onSort={onSort} right>
                Price
              </SortableHead>
              <th scope="col">Verdict</th>
              <th scope="col">Carriers</th>
              <th scope="col" className="n">
                Stops
              </th>
              <SortableHead by="duration" sort={sort} descending={descending} onSort={onSort} right>
                Duration
              </SortableHead>
              <th scope="col">Provider</th>
            </tr>
          </thead>
          <tbody>
            {above > 0 && (
              <tr aria-hidden style={{ height: above }}>
                <td colSpan={10} />
              </tr>
            )}
            {shown.map((item) => {
              const row = rowAt(item.index);
              return row ? (
                <Row key={row.id} row={row} index={item.index} />
              ) : (
                <tr key={item.index} aria-rowindex={item.index + 2} style={{ height: rowHeight }}>
                  <td colSpan={10}>
                    <Skeleton height={12} />
                  </td>
                </tr>
              );
            })}
            {below > 0 && (
              <tr aria-hidden style={{ height: below }}>
                <td colSpan={10} />
              </tr>
            )}
          </tbody>
        </table>
      </section>
      {failed?.error && (
        <FailureNotice error={failed.error} onRetry={() => void failed.refetch()} retrying={failed.isRefetching} />
      )}
      <p className={styles.foot}>
        {whole(total)} {total === 1 ? 'result' : 'results'}. A price is of the whole party, and of the cheapest offer of
        its combination.
      </p>
    </>
  );
}

function SortableHead({
  by,
  sort,
  descending,
  onSort,
  right = false,
  children,
}: {
  by: Sort;
  sort: Sort;
  descending: boolean;
  onSort: (sort: Sort) => void;
  right?: boolean;
  children: string;
}) {
  const isSorted = sort === by;
  const Icon = descending ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      className={right ? 'n' : undefined}
      aria-sort={isSorted ? (descending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" className={styles.sort} onClick={() => onSort(by)}>
        {children}
        {isSorted && <Icon size={12} aria-hidden />}
      </button>
    </th>
  );
}

function Row({ row, index }: { row: JobResult; index: number }) {
  const [tone, icon, word] = outcomeLooks[row.outcome];
  const verdict = verdictLooks[row.verdict];
  return (
    <tr aria-rowindex={index + 2} style={{ height: rowHeight }}>
      <th scope="row" className="nowrap">
        <code>
          {row.origin} → {row.destination}
        </code>
      </th>
      <td className="nowrap">{formatDate(row.departDate)}</td>
      <td className="nowrap">{row.returnDate ? formatDate(row.returnDate) : '–'}</td>
      <td className="nowrap">
        <StateTag tone={tone} icon={icon}>
          {word}
        </StateTag>
        {row.reason && row.outcome !== 'found' && (
          <span className={styles.reason} title={row.detail ?? row.reason}>
            {row.reason.replaceAll('_', ' ')}
          </span>
        )}
      </td>
      <td className="n">
        {row.price && row.priceKind === 'calendar' ? (
          <span title="about; as the provider’s calendar tells it">≈ {formatMoney(row.price)}</span>
        ) : row.price ? (
          <strong title={row.priceKind?.replaceAll('_', ' ')}>{formatMoney(row.price)}</strong>
        ) : (
          <span className="dim">–</span>
        )}
      </td>
      <td>{verdict && <span data-tone={verdict[0]}>{verdict[1]}</span>}</td>
      <td className="nowrap">
        <code>{row.carriers.join(' ')}</code>
      </td>
      <td className="n">{row.stops ?? '–'}</td>
      <td className="n">{row.durationMinutes === null ? '–' : formatDuration(row.durationMinutes)}</td>
      <td className="nowrap">{providerTitles[row.provider] ?? row.provider}</td>
    </tr>
  );
}
