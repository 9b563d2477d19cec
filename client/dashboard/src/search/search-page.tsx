import { Button, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { columnsOf, FlightStrip } from '../flight/flight-strip.tsx';
import { addDays, formatClock, formatDate, formatLongDate, today } from '../flight/flight-times.ts';
import { StripSkeletons } from '../flight/strip-skeletons.tsx';
import { inOrder, type JourneyParams, questionOf } from '../journey/journey-question.ts';
import { usePlace } from '../places/use-place.ts';
import { ButtonLink } from '../shell/button-link.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { trpc } from '../wire/traveller.ts';
import { DateField } from './date-field.tsx';
import { DayTabs } from './day-tabs.tsx';
import { addFlight, NextFlights } from './next-flights.tsx';
import { recentSearches, rememberSearch } from './recent-searches.ts';
import { SearchForm } from './search-form.tsx';
import styles from './search-page.module.css';
import type { SearchParams } from './search-params.ts';

// What is more than a list of direct flights comes with its first use.
const Journeys = lazy(() => import('../journey/journeys.tsx').then((module) => ({ default: module.Journeys })));
const FareCalendar = lazy(() =>
  import('../journey/fare-calendar.tsx').then((module) => ({ default: module.FareCalendar })),
);
const RouteMap = lazy(() => import('../journey/route-map.tsx').then((module) => ({ default: module.RouteMap })));

const route = getRouteApi('/');
const pageSize = 20;

export function SearchPage() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const { from, to } = params;
  const search = (next: SearchParams) => void navigate({ search: next, resetScroll: false });
  return (
    <div className="stack">
      <h1 className={styles.said}>Search flights</h1>
      <section className="surface">
        <SearchForm params={params} onSearch={search} />
        {from && to && <DayTabs params={params} date={params.date ?? addDays(today(), 1)} />}
      </section>
      {from && to ? (
        <>
          <Views params={params} onSearch={search} />
          {params.more && (
            <NextFlights params={{ ...params, from, to, date: params.date ?? addDays(today(), 1) }} onSearch={search} />
          )}
          {params.view || params.back || params.more ? (
            <Wider params={{ ...params, from, to, date: params.date ?? addDays(today(), 1) }} onSearch={search} />
          ) : (
            <Results params={{ ...params, from, to, date: params.date ?? addDays(today(), 1) }} onSearch={search} />
          )}
        </>
      ) : (
        <Start />
      )}
    </div>
  );
}

const views = [
  { value: 'direct', label: 'Direct' },
  { value: 'journeys', label: 'With connections' },
  { value: 'days', label: 'Cheapest days' },
  { value: 'map', label: 'Map' },
];

/** The same question, looked at in four ways. */
function Views({ params, onSearch }: { params: SearchParams; onSearch: (next: SearchParams) => void }) {
  const date = params.date ?? addDays(today(), 1);
  return (
    <div className="row between">
      <SegmentedControl
        size="xs"
        aria-label="Show"
        value={params.view ?? (params.back || params.more ? 'journeys' : 'direct')}
        onChange={(next) =>
          // Direct flights are one way; whoever goes back to them gives up the rest of the trip.
          onSearch(
            next === 'direct'
              ? { ...params, view: undefined, back: undefined, more: undefined }
              : { ...params, view: next as SearchParams['view'] },
          )
        }
        data={views}
      />
      {params.back ? (
        <div className="row">
          <DateField
            label="Back"
            value={params.back}
            onChange={(back) => onSearch({ ...params, back: back < date ? date : back })}
          />
          <Button size="xs" variant="subtle" onClick={() => onSearch({ ...params, back: undefined })}>
            One way
          </Button>
        </div>
      ) : (
        !params.more && (
          <div className="row">
            <Button
              size="xs"
              variant="default"
              onClick={() => onSearch({ ...params, view: 'journeys', back: addDays(date, 7) })}
            >
              Add a return
            </Button>
            <Button size="xs" variant="default" onClick={() => onSearch(addFlight(params, date))}>
              Add a flight
            </Button>
          </div>
        )
      )}
    </div>
  );
}

function Wider({ params, onSearch }: { params: JourneyParams; onSearch: (next: SearchParams) => void }) {
  const { from, to, date, view = 'journeys', back } = params;
  const next = inOrder(date, params.more ?? []).filter((flight) => flight.from && flight.to);
  usePageTitle(`${from} → ${to}, ${formatDate(date)}`);
  useEffect(() => rememberSearch({ from, to, date }), [from, to, date]);
  const origin = usePlace(from);
  const destination = usePlace(to);
  return (
    <section aria-labelledby="results" className="surface">
      <div className="head">
        <div>
          <h2 id="results">
            {origin?.city ?? from} to {destination?.city ?? to}
          </h2>
          <p className="dim">
            {formatLongDate(date)}
            {back && `, back ${formatLongDate(back)}`}
            {next.map((flight) => `, then ${flight.from} to ${flight.to} ${formatLongDate(flight.date)}`)}
          </p>
        </div>
      </div>
      <Suspense fallback={<StripSkeletons />}>
        {view === 'days' ? (
          <FareCalendar params={params} />
        ) : view === 'map' ? (
          <RouteMap question={questionOf(params)} />
        ) : (
          <Journeys params={params} onSearch={onSearch} />
        )}
      </Suspense>
    </section>
  );
}

type Complete = SearchParams & { from: string; to: string; date: string };

function Results({ params, onSearch }: { params: Complete; onSearch: (next: SearchParams) => void }) {
  const { from, to, date, seats = 1, cabin, sort = 'price' } = params;
  usePageTitle(`${from} → ${to}, ${formatDate(date)}`);
  useEffect(() => rememberSearch({ from, to, date }), [from, to, date]);
  const found = useInfiniteQuery(
    trpc.search.flights.infiniteQueryOptions(
      { origin: from, destination: to, date, seats, sort, limit: pageSize, ...(cabin && { cabin }) },
      { getNextPageParam: (page) => page.nextCursor },
    ),
  );
  const origin = usePlace(from);
  const destination = usePlace(to);
  const pages = found.data?.pages ?? [];
  const flights = pages.flatMap((page) => page.flights);
  const asOf = pages.at(-1)?.asOf;
  const columns = columnsOf(flights);
  return (
    <section aria-labelledby="results" className="surface">
      <div className="head">
        <div>
          <h2 id="results">
            {origin?.city ?? from} to {destination?.city ?? to}
          </h2>
          <p className="dim" aria-live="polite">
            {formatLongDate(date)}
            {found.isSuccess &&
              ` · ${flights.length}${found.hasNextPage ? '+' : ''} ${flights.length === 1 ? 'flight' : 'flights'}`}
          </p>
        </div>
        <SegmentedControl
          size="xs"
          aria-label="Sort by"
          value={sort}
          onChange={(next) =>
            onSearch({ ...params, sort: next === 'price' ? undefined : (next as SearchParams['sort']) })
          }
          data={[
            { value: 'price', label: 'Cheapest' },
            { value: 'fastest', label: 'Fastest' },
            { value: 'departure', label: 'Departure' },
          ]}
        />
      </div>
      <div className={styles.list}>
        {found.isPending ? (
          <StripSkeletons />
        ) : found.isError ? (
          <div className="body">
            <FailureNotice error={found.error} onRetry={() => void found.refetch()} retrying={found.isRefetching} />
          </div>
        ) : flights.length === 0 ? (
          <NoFlights params={params} />
        ) : (
          <>
            <ol className={styles.flights}>
              {flights.map((flight) => (
                <li key={flight.id}>
                  <FlightStrip kind="sale" flight={flight} seats={seats} wanted={cabin} columns={columns} />
                </li>
              ))}
            </ol>
            <div className={styles.foot}>
              <span className="dim">
                {asOf && `Read at ${formatClock(asOf)}; seats and prices are live. Times are local to each airport.`}
              </span>
              {found.hasNextPage && (
                <Button
                  variant="default"
                  size="xs"
                  onClick={() => void found.fetchNextPage()}
                  loading={found.isFetchingNextPage}
                >
                  Load more flights
                </Button>
              )}
            </div>
          </>
        )}
      </div>
    </section>
  );
}

function NoFlights({ params }: { params: Complete }) {
  const { cabin, seats = 1, date } = params;
  const narrowed = cabin !== undefined || seats > 1;
  return (
    <EmptyState
      action={
        narrowed ? (
          <ButtonLink to="/" search={{ ...params, cabin: undefined, seats: undefined }} variant="default">
            One seat, any cabin
          </ButtonLink>
        ) : (
          <div className="row">
            <ButtonLink to="/" search={{ ...params, view: 'journeys' }}>
              Look for connections
            </ButtonLink>
            <ButtonLink to="/" search={{ ...params, date: addDays(date, 1) }} variant="default">
              Look at {formatDate(addDays(date, 1))}
            </ButtonLink>
          </div>
        )
      }
    >
      No direct flight on {formatDate(date)} has {seats === 1 ? 'a seat' : `${seats} seats`} for you.
    </EmptyState>
  );
}

/** Nothing chosen yet: where this machine went before, or a first route to look at. */
function Start() {
  usePageTitle('Search flights');
  const tomorrow = addDays(today(), 1);
  const recent = recentSearches().filter((each) => each.from && each.to);
  return (
    <section className="surface">
      <EmptyState
        action={
          recent.length > 0 ? (
            <ul className={styles.recent} aria-label="Recent searches">
              {recent.map((each) => {
                const date = each.date && each.date >= today() ? each.date : tomorrow;
                return (
                  <li key={`${each.from}${each.to}`}>
                    <ButtonLink to="/" search={{ ...each, date }} variant="default" size="xs">
                      <code>
                        {each.from} → {each.to}
                      </code>
                      <span className={styles.when}>{formatDate(date)}</span>
                    </ButtonLink>
                  </li>
                );
              })}
            </ul>
          ) : (
            <ButtonLink to="/" search={{ from: 'JFK', to: 'LHR', date: tomorrow }} variant="default">
              New York to London, tomorrow
            </ButtonLink>
          )
        }
      >
        {recent.length > 0
          ? 'Pick up where you left off, or say where to.'
          : 'Say where from and where to, and every seat you see will be live.'}
      </EmptyState>
    </section>
  );
}
