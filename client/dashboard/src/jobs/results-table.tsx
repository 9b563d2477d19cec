import { Button, NativeSelect, Skeleton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, CircleCheck, CircleHelp, CircleSlash, type LucideIcon, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { type JobResult, type Outcome, outcomes, type resultSorts } from '../../../../shared/jobs.ts';
import { formatMoney } from '../../../../shared/money.ts';
import type { Verdict } from '../../../../shared/price.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatDate, formatDuration } from '../flight/flight-times.ts';
import { StateTag, type Tone } from '../flight/state-tag.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { trpc } from '../wire/traveller.ts';
import { providerTitles, whole } from './job-names.ts';
import type { JobParams } from './jobs-params.ts';
import styles from './results-table.module.css';

const pageSize = 500;
const rowHeight = 34;
/** So many rows before the end the next page is asked for. */
const ahead = 100;

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

/** All results of a job, however many: pages come as they are scrolled to, and only what is seen is drawn. */
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
  const filters = {
    ...(origin && { origin }),
    ...(destination && { destination }),
    ...(date && { departDate: date }),
  };
  const list = useInfiniteQuery(
    trpc.jobs.results.infiniteQueryOptions(
      { jobId, sort, descending, limit: pageSize, filters, ...(outcome && { outcome }) },
      { getNextPageParam: (page) => page.nextCursor },
    ),
  );
  const rows = list.data?.pages.flatMap((page) => page.results) ?? [];
  const { refetch, fetchNextPage } = list;
  const pages = list.data?.pages.length ?? 0;
  const seen = useRef(version);
  // The first page is kept fresh by itself; whoever has scrolled on is not moved, and asks for it.
  const isBehind = version > seen.current && pages > 1;
  useEffect(() => {
    if (version === seen.current || pages !== 1) return;
    seen.current = version;
    void refetch();
  }, [version, pages, refetch]);

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
                seen.current = version;
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
      {list.isPending ? (
        <div className="body">
          <Skeleton height={rowHeight * 6} />
        </div>
      ) : list.isError && rows.length === 0 ? (
        <div className="body">
          <FailureNotice error={list.error} onRetry={() => void refetch()} retrying={list.isRefetching} />
        </div>
      ) : rows.length === 0 ? (
        <EmptyState>
          {total === 0 ? 'The first results will stand here in a moment.' : 'No result passes these filters.'}
        </EmptyState>
      ) : (
        <Rows
          rows={rows}
          hasMore={list.hasNextPage}
          isFetching={list.isFetchingNextPage}
          onMore={() => void fetchNextPage()}
          sort={sort}
          descending={descending}
          onSort={(next) => onChange({ sort: next, descending: next === sort ? !descending : undefined })}
        />
      )}
    </section>
  );
}

function Rows({
  rows,
  hasMore,
  isFetching,
  onMore,
  sort,
  descending,
  onSort,
}: {
  rows: JobResult[];
  hasMore: boolean;
  isFetching: boolean;
  onMore: () => void;
  sort: Sort;
  descending: boolean;
  onSort: (sort: Sort) => void;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isFetching && last >= rows.length - ahead) onMore();
  }, [hasMore, isFetching, last, rows.length, onMore]);
  const above = shown[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keys */}
      <section ref={frame} className={styles.frame} tabIndex={0} aria-label="Results, scrollable">
        <table className={`figures ${styles.table}`} aria-rowcount={hasMore ? -1 : rows.length + 1}>
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
              const row = rows[item.index];
              return row && <Row key={row.id} row={row} index={item.index} />;
            })}
            {below > 0 && (
              <tr aria-hidden style={{ height: below }}>
                <td colSpan={10} />
              </tr>
            )}
          </tbody>
        </table>
      </section>
      <p className={styles.foot}>
        {whole(rows.length)}
        {hasMore ? '+' : ''} results. A price is of the whole party, and of the cheapest offer of its combination.
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
        {row.price ? (
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
