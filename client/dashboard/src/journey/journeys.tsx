import { Button, NativeSelect } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { Itinerary, SearchExplanation } from '../../../../shared/itinerary.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { HoldProblem } from '../booking/hold-problem.tsx';
import { useHold } from '../booking/use-hold.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { StripSkeletons } from '../flight/strip-skeletons.tsx';
import type { SearchParams } from '../search/search-params.ts';
import { trpc } from '../wire/traveller.ts';
import { FilterChips } from './filter-chips.tsx';
import { ItineraryStrip } from './itinerary-strip.tsx';
import { withoutFilters } from './journey-filters.ts';
import { type JourneyParams, questionOf } from './journey-question.ts';
import styles from './journeys.module.css';

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
        <div className={styles.why}>
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
              Prices are of the whole party and promised when held. Times are local to each airport.
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

const reasons: Record<SearchExplanation['reason'], string> = {
  no_flights: 'Nothing flies that way on that day.',
  no_seats: 'Every journey of that day is sold out for so many.',
  filters: 'The filters leave nothing over.',
};

const removedBy: Record<string, string> = {
  carriers: 'airlines',
  alliances: 'alliances',
  departure: 'departure time',
  arrival: 'arrival time',
  maxPrice: 'highest price',
  maxDurationMinutes: 'longest duration',
  layover: 'length of connections',
  via: 'airports of connections',
  overnight: 'overnight connections',
  airportChange: 'change of airport',
  maxStops: 'number of stops',
};

/** Which filter took how many, and the smallest change that would give something. */
function WhyEmpty({
  explanation,
  params,
  onSearch,
}: {
  explanation: SearchExplanation | undefined;
  params: JourneyParams;
  onSearch: (next: SearchParams) => void;
}) {
  return (
    <div className={`stack ${styles.why}`}>
      <p>
        <strong>{explanation ? reasons[explanation.reason] : 'There is nothing.'}</strong>
      </p>
      {explanation && explanation.removed.length > 0 && (
        <ul>
          {explanation.removed.map(({ filter, itineraries }) => (
            <li key={filter}>
              without the filter for {removedBy[filter] ?? filter} there would be {itineraries.toLocaleString()}
            </li>
          ))}
        </ul>
      )}
      {explanation && explanation.suggestions.length > 0 && (
        <ul>
          {explanation.suggestions.map(({ change, to, itineraries, from }) => (
            <li key={`${change} ${String(to)}`}>
              {change}: {String(to)} gives {itineraries.toLocaleString()}
              {from && `, from ${formatMoney(from)}`}
            </li>
          ))}
        </ul>
      )}
      <div className="row">
        <Button variant="default" size="xs" onClick={() => onSearch(withoutFilters(params))}>
          Without filters
        </Button>
        <Button variant="default" size="xs" onClick={() => onSearch({ ...params, stops: 2, flex: 3 })}>
          Two stops, three days around
        </Button>
      </div>
    </div>
  );
}
