import { Button, NativeSelect, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { useMemo } from 'react';
import type { JobView } from '../../../../shared/jobs.ts';
import { formatMoney } from '../../../../shared/money.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import { formatDate } from '../flight/flight-times.ts';
import { PriceCalendar } from '../money/price-calendar.tsx';
import { trpc } from '../wire/traveller.ts';
import type { JobParams } from './jobs-params.ts';
import { PriceHistory } from './price-history.tsx';
import { dayOf, isOfAdults, type JobRoute, routesOf } from './route-days.ts';
import styles from './route-prices.module.css';
import { type PriceRoute, useLivePrices } from './use-live-prices.ts';

/**
 * One route of the job by day of departure, and how its price came about: the route and the day that the address names,
 * or the route with the best price so far. Choosing shows the results behind it, as everywhere on the page.
 */
export function RoutePrices({
  job,
  params,
  onChange,
}: {
  job: JobView;
  params: JobParams;
  onChange: (change: Partial<JobParams>) => void;
}) {
  // The same reading as the grid's, which keeps it fresh.
  const { data } = useQuery(trpc.jobs.coverage.queryOptions({ jobId: job.id }, { staleTime: 1_000 }));
  const routes = useMemo(() => routesOf(data?.cells ?? []), [data]);
  const route =
    routes.find(({ origin, destination }) => origin === params.origin && destination === params.destination) ??
    routes[0];
  return (
    <section className="surface" aria-labelledby="route-prices">
      <div className="head">
        <h2 id="route-prices">Prices by departure day</h2>
        {route && (
          <NativeSelect
            size="xs"
            aria-label="Route"
            value={route.name}
            onChange={(event) => {
              const next = routes.find(({ name }) => name === event.currentTarget.value);
              onChange({ origin: next?.origin, destination: next?.destination, date: undefined });
            }}
            data={routes.map(({ name, best }) => ({
              value: name,
              label: best ? `${name}, from ${formatMoney(best)}` : name,
            }))}
          />
        )}
      </div>
      <div className="body">
        {route ? (
          <Prices key={route.name} job={job} route={route} params={params} onChange={onChange} />
        ) : data ? (
          <p className="dim">Nothing is left to ask.</p>
        ) : (
          <Skeleton height={260} />
        )}
      </div>
    </section>
  );
}

function Prices({
  job,
  route: { name, origin, destination, cells },
  params,
  onChange,
}: {
  job: JobView;
  route: JobRoute;
  params: JobParams;
  onChange: (change: Partial<JobParams>) => void;
}) {
  const { cabin, returnDates } = job.ask;
  const provider = job.providers.length === 1 ? job.providers[0] : undefined;
  const compared: PriceRoute = {
    ...{ origin, destination, cabin, trip: returnDates.length > 0 ? 'round_trip' : 'one_way' },
    ...(provider && { provider }),
  };
  const ofAdults = isOfAdults(job);
  const [first, last] = [cells[0], cells.at(-1)].map((cell) => cell?.departDate) as [CalendarDate, CalendarDate];
  const live = useLivePrices(compared, [first, last], ofAdults);
  const days = cells.map((cell) => dayOf(cell, live.get(cell.departDate), job));
  const chosen = days.find(({ date }) => date === params.date);
  const cheapest = days.reduce<(typeof days)[number] | undefined>(
    (best, day) => (day.price && (!best?.price || day.price.amount < best.price.amount) ? day : best),
    undefined,
  );
  const { date, price } = chosen ?? cheapest ?? {};
  return (
    <div className={styles.columns}>
      <div className="stack">
        <div className="row between">
          <span className="dim">{ofAdults ? 'newest seen, for one adult' : 'best found, for the whole party'}</span>
          {chosen && (
            <Button
              size="compact-sm"
              variant="default"
              rightSection={<X size={13} aria-hidden />}
              onClick={() => onChange({ date: undefined })}
            >
              {formatDate(chosen.date)}
            </Button>
          )}
        </div>
        <PriceCalendar
          label={`Prices of ${name} by day of departure`}
          days={days}
          chosen={chosen?.date}
          linkOf={(day, props) => (
            <Link
              to="/jobs/$jobId"
              params={{ jobId: job.id }}
              search={{ ...params, origin, destination, date: day.date === chosen?.date ? undefined : day.date }}
              resetScroll={false}
              {...props}
            />
          )}
        />
      </div>
      <PriceHistory
        route={compared}
        departDate={chosen?.date}
        judged={ofAdults && date && price ? { date, price } : null}
      />
    </div>
  );
}
