import { ActionIcon, Button, TextInput, Tooltip } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import type { OperatorFlightView } from '../../../../shared/flight.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { columnsOf, FlightStrip } from '../flight/flight-strip.tsx';
import { onSeatsChanged } from '../flight/seat-store.ts';
import { StripSkeletons } from '../flight/strip-skeletons.tsx';
import { PlaceInput } from '../places/place-input.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import styles from './board-page.module.css';
import { useOperator } from './operator.tsx';

// Forms and dialogs come with their first use; the board itself is for looking.
const FlightDrawer = lazy(() => import('./flight-drawer.tsx').then((module) => ({ default: module.FlightDrawer })));
const RemoveDialog = lazy(() => import('./remove-dialog.tsx').then((module) => ({ default: module.RemoveDialog })));

const route = getRouteApi('/operate/flights');
const pageSize = 50;
/** A strip with one row of cabins; measured as soon as it is there. */
const stripHeight = 78;
/** The split into held and sold comes with a reading; a busy board is read again this often at most. */
const rereadMs = 2_500;

export function BoardPage() {
  usePageTitle('Operate: flights');
  const { from, to, date, edit } = route.useSearch();
  const navigate = route.useNavigate();
  const { trpc } = useOperator();
  const [removing, setRemoving] = useState<OperatorFlightView | null>(null);
  const list = useInfiniteQuery(
    trpc.admin.flights.list.infiniteQueryOptions(
      { limit: pageSize, ...(from && { origin: from }), ...(to && { destination: to }), ...(date && { date }) },
      { getNextPageParam: (page) => page.nextCursor },
    ),
  );
  const flights = list.data?.pages.flatMap((page) => page.flights) ?? [];
  useReread(list.refetch);
  const set = (change: { from?: string | undefined; to?: string | undefined; date?: string | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), resetScroll: false });
  const open = (id: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, edit: id }), resetScroll: false });
  return (
    <div className="stack">
      <div className="row between">
        <h1>Flights</h1>
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => open('new')}>
          Create a flight
        </Button>
      </div>
      <section className="surface" aria-label="Filters">
        <div className={styles.filters}>
          <PlaceInput
            label="From"
            value={from ?? ''}
            onChange={(code) => set({ from: code || undefined })}
            placeholder="Anywhere"
          />
          <PlaceInput
            label="To"
            value={to ?? ''}
            onChange={(code) => set({ to: code || undefined })}
            placeholder="Anywhere"
          />
          <TextInput
            label="Departs on"
            type="date"
            value={date ?? ''}
            onChange={(event) => set({ date: event.currentTarget.value || undefined })}
          />
          <Button
            variant="default"
            className={styles.clear}
            disabled={!from && !to && !date}
            onClick={() => set({ from: undefined, to: undefined, date: undefined })}
          >
            Clear
          </Button>
        </div>
      </section>
      <section className="surface" aria-label="Flights" style={{ overflow: 'hidden' }}>
        {list.isPending ? (
          <StripSkeletons count={8} cabins={4} />
        ) : list.isError && flights.length === 0 ? (
          <div className="body">
            <FailureNotice error={list.error} onRetry={() => void list.refetch()} retrying={list.isRefetching} />
          </div>
        ) : flights.length === 0 ? (
          <EmptyState
            action={
              <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => open('new')} variant="default">
                Create a flight
              </Button>
            }
          >
            {from || to || date ? 'No flight passes these filters.' : 'The timetable is empty.'}
          </EmptyState>
        ) : (
          <Board
            flights={flights}
            hasMore={list.hasNextPage}
            loading={list.isFetchingNextPage}
            onMore={() => void list.fetchNextPage()}
            onEdit={(flight) => open(flight.id)}
            onRemove={setRemoving}
          />
        )}
      </section>
      <Suspense fallback={null}>
        {edit && (
          <FlightDrawer
            key={edit}
            flightId={edit === 'new' ? null : edit}
            loaded={flights.find((flight) => flight.id === edit)}
            onClose={() => open(undefined)}
          />
        )}
        {removing && <RemoveDialog flight={removing} onClose={() => setRemoving(null)} />}
      </Suspense>
    </div>
  );
}

/** Reads the counters again after live seats changed, now and then. */
function useReread(refetch: () => unknown): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onSeatsChanged(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        refetch();
      }, rereadMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [refetch]);
}

function Board({
  flights,
  hasMore,
  loading,
  onMore,
  onEdit,
  onRemove,
}: {
  flights: OperatorFlightView[];
  hasMore: boolean;
  loading: boolean;
  onMore: () => void;
  onEdit: (flight: OperatorFlightView) => void;
  onRemove: (flight: OperatorFlightView) => void;
}) {
  const frame = useRef<HTMLOListElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => setTop(frame.current?.offsetTop ?? 0), []);
  const columns = columnsOf(flights);
  const virtual = useWindowVirtualizer({
    count: flights.length,
    estimateSize: () => stripHeight,
    overscan: 6,
    scrollMargin: top,
    getItemKey: (index) => flights[index]?.id ?? index,
  });
  return (
    <>
      <ol ref={frame} className={styles.board} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const flight = flights[item.index];
          if (!flight) return null;
          const name = `${flight.carrier} ${flight.number}`;
          return (
            <li
              key={item.key}
              data-index={item.index}
              ref={virtual.measureElement}
              aria-setsize={hasMore ? -1 : flights.length}
              aria-posinset={item.index + 1}
              style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
            >
              <FlightStrip
                kind="board"
                columns={columns}
                flight={flight}
                showDate
                action={
                  <div className={styles.actions}>
                    <Tooltip label="Edit">
                      <ActionIcon
                        variant="default"
                        size={32}
                        onClick={() => onEdit(flight)}
                        disabled={flight.state === 'cancelled'}
                        aria-label={`Edit ${name}`}
                      >
                        <Pencil size={15} aria-hidden />
                      </ActionIcon>
                    </Tooltip>
                    <Tooltip label="Cancel or delete">
                      <ActionIcon
                        variant="default"
                        size={32}
                        onClick={() => onRemove(flight)}
                        disabled={flight.state === 'cancelled'}
                        aria-label={`Cancel or delete ${name}`}
                      >
                        <Trash2 size={15} aria-hidden />
                      </ActionIcon>
                    </Tooltip>
                  </div>
                }
              />
            </li>
          );
        })}
      </ol>
      <div className={styles.foot}>
        <span className="dim">
          {flights.length}
          {hasMore ? '+' : ''} flights, in the order of departure. Bars: sold, then held.
        </span>
        {hasMore && (
          <Button variant="default" size="xs" onClick={onMore} loading={loading}>
            Load more flights
          </Button>
        )}
      </div>
    </>
  );
}
