import { Button, NativeSelect } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { Itinerary } from '../../../../shared/itinerary.ts';
import { HoldProblem } from '../booking/hold-problem.tsx';
import { useHold } from '../booking/use-hold.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { StripSkeletons } from '../flight/strip-skeletons.tsx';
import type { SearchParams } from '../search/search-params.ts';
import { trpc } from '../wire/traveller.ts';
import { FilterChips } from './filter-chips.tsx';
import { ItineraryStrip } from './itinerary-strip.tsx';
import { type JourneyParams, questionOf } from './journey-question.ts';
import styles from './journeys.module.css';
import { WhyEmpty } from './why-empty.tsx';

const pageSize = 20;
const orders = [
  { value: 'best', label: 'Best' },
  { value: 'price', label: 'Cheapest' },
  { value: 'duration', label: 'Fastest' },
  { value: 'departure', label: 'Departure' },
];

/** Journeys with connections, there and back: filters apply at once and live in the address. */
export function Journeys({ params, onSearch }: { params: JourneyParams; onSearch: (next: SearchParams) => void }) {
  const seats = params.seats ?? 1;
  const found = useInfiniteQuery(
    trpc.search.itineraries.infiniteQueryOptions(
      { ...questionOf(params), limit: pageSize },
      { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData },
    ),
  );
  const holding = useHold();
  const pages = found.data?.pages ?? [];
  const [first] = pages;
  const itineraries = pages.flatMap((page) => page.itineraries);
  const hold = (itinerary: Itinerary) =>
    itinerary.offerToken && holding.hold({ offerToken: itinerary.offerToken, seats, expected: itinerary.price });
  return (
    <div>
      {first && (
        <FilterChips facets={first.facets} maxStops={first.bounds.maxStops} params={params} onSearch={onSearch} />
      )}
      <div className={styles.bar}>
        <span className="dim" aria-live="polite">
          {first && `${first.total.toLocaleString()} ${first.total === 1 ? 'journey' : 'journeys'}`}
          {first && !first.bounds.complete && ', of the best combinations'}
        </span>
        <NativeSelect
          size="xs"
          aria-label="Order"
          value={params.order ?? 'best'}
          onChange={(event) => {
            const order = event.currentTarget.value as NonNullable<SearchParams['order']>;
            onSearch({ ...params, order: order === 'best' ? undefined : order });
          }}
          data={orders}
        />
      </div>
      <HoldProblem holding={holding} />
      {found.isPending ? (
        <StripSkeletons />
      ) : found.isError ? (
        <div className={styles.problem}>
          <FailureNotice error={found.error} onRetry={() => void found.refetch()} retrying={found.isRefetching} />
        </div>
      ) : itineraries.length === 0 ? (
        <WhyEmpty explanation={first?.explanation} params={params} onSearch={onSearch} />
      ) : (
        <>
          <ol className={styles.list}>
            {itineraries.map((itinerary) => (
              <li key={itinerary.id}>
                <ItineraryStrip
                  itinerary={itinerary}
                  seats={seats}
                  pending={holding.pending}
                  onHold={() => hold(itinerary)}
                />
              </li>
            ))}
          </ol>
          <div className={styles.foot}>
            <span className="dim">
              Seats are live; prices are of the whole party and promised when held. Times are local to each airport.
            </span>
            {found.hasNextPage && (
              <Button
                variant="default"
                size="xs"
                onClick={() => void found.fetchNextPage()}
                loading={found.isFetchingNextPage}
              >
                Load more journeys
              </Button>
            )}
          </div>
        </>
      )}
    </div>
  );
}
