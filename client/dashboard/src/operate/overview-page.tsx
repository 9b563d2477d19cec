import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ShieldCheck, ShieldX } from 'lucide-react';
import { bookingStatuses } from '../../../../shared/booking.ts';
import { formatMoney } from '../../../../shared/money.ts';
import type { OverviewView } from '../../../../shared/operations.ts';
import { BookingStatusTag } from '../booking/booking-status-tag.tsx';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { CarrierBadge } from '../flight/carrier-badge.tsx';
import { clockOf, dateOf, formatClock, formatDate } from '../flight/flight-times.ts';
import { LiveNumber } from '../flight/live-number.tsx';
import { LoadBar } from '../flight/load-bar.tsx';
import { StateTag } from '../flight/state-tag.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { EventFeed } from './event-feed.tsx';
import { MinuteChart } from './minute-chart.tsx';
import { useOperator } from './operator.tsx';
import styles from './overview-page.module.css';

const refreshMs = 5_000;

export function OverviewPage() {
  usePageTitle('Operate');
  const { trpc } = useOperator();
  const overview = useQuery(trpc.admin.overview.queryOptions(undefined, { refetchInterval: refreshMs }));
  if (overview.isPending) {
    return (
      <div className={styles.grid}>
        {['a', 'b', 'c', 'd'].map((key) => (
          <Skeleton key={key} height={104} radius="md" className={styles.quarter} />
        ))}
        <Skeleton height={260} radius="md" className={styles.wide} />
        <Skeleton height={260} radius="md" className={styles.narrow} />
      </div>
    );
  }
  if (overview.isError && !overview.data) {
    return <FailureNotice error={overview.error} onRetry={() => void overview.refetch()} />;
  }
  return <Overview view={overview.data} stale={overview.isError} />;
}

const plural = (n: number, what: string): string => (n > 0 ? `${n.toLocaleString()} ${what}${n === 1 ? '' : 's'}` : '');
const whole = (n: number): string => n.toLocaleString();

function Overview({ view, stale }: { view: OverviewView; stale: boolean }) {
  const { flights, seats, bookings, revenue, stuck } = view;
  const taken = seats.held + seats.sold;
  const load = seats.capacity > 0 ? (taken / seats.capacity) * 100 : 0;
  return (
    <div className={styles.grid}>
      <h1 className={styles.title}>
        Overview{' '}
        <small className="dim">
          {stale ? 'stale, ' : ''}as of {formatClock(view.at)}
        </small>
      </h1>
      {stuck.payments + stuck.refunds > 0 && (
        <p className={styles.stuck} role="alert">
          {[plural(stuck.payments, 'payment'), plural(stuck.refunds, 'refund')].filter(Boolean).join(' and ')} without
          an end, however often the provider was asked. Somebody has to ask there by hand.
        </p>
      )}
      <Figure name="Open flights" value={whole(flights.open)} className={styles.quarter}>
        {whole(flights.departed)} departed · {whole(flights.closed)} closed · {whole(flights.cancelled)} cancelled
      </Figure>
      <Figure name="Seats taken" value={whole(taken)} className={styles.quarter}>
        <LoadBar sold={seats.sold} held={seats.held} capacity={seats.capacity} />
        {whole(seats.sold)} sold · {whole(seats.held)} held · {load.toFixed(load < 10 ? 1 : 0)} % of{' '}
        {whole(seats.capacity)}
      </Figure>
      <Figure
        name="Revenue"
        value={revenue.length === 0 ? '–' : revenue.map((each) => formatMoney(each)).join(' · ')}
        className={styles.quarter}
      >
        captured, less what was refunded
      </Figure>
      <Figure name="Open sockets" value={whole(view.sockets)} className={styles.quarter}>
        of this server
      </Figure>

      <div className={`stack ${styles.wide}`}>
        <section className="surface" aria-labelledby="minutes">
          <div className="head">
            <h2 id="minutes">Bookings a minute, last hour</h2>
          </div>
          <div className="body">
            <MinuteChart minutes={view.bookingsPerMinute} />
          </div>
        </section>

        <section className="surface" aria-labelledby="busiest">
          <div className="head">
            <h2 id="busiest">Busiest flights</h2>
          </div>
          <Busiest flights={view.busiest} />
        </section>
        <Audit />
      </div>

      <div className={`stack ${styles.narrow}`}>
        <section className="surface" aria-labelledby="statuses">
          <div className="head">
            <h2 id="statuses">Bookings</h2>
          </div>
          <div className="body">
            <table className="figures">
              <tbody>
                {bookingStatuses.map((status) => (
                  <tr key={status}>
                    <th scope="row">
                      <BookingStatusTag status={status} />
                    </th>
                    <td className="n">
                      <LiveNumber value={bookings[status]}>{whole(bookings[status])}</LiveNumber>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>

        <section className="surface" aria-labelledby="log">
          <div className="head">
            <h2 id="log">What happens</h2>
            <span className="dim">live</span>
          </div>
          <EventFeed />
        </section>
      </div>
    </div>
  );
}

function Figure({
  name,
  value,
  className,
  children,
}: {
  name: string;
  value: string;
  className: string | undefined;
  children: React.ReactNode;
}) {
  return (
    <section className={`surface ${className ?? ''} ${styles.figure}`} aria-label={name}>
      <h2>{name}</h2>
      <p className={styles.value}>
        <LiveNumber value={value} />
      </p>
      <div className={styles.detail}>{children}</div>
    </section>
  );
}

function Busiest({ flights }: { flights: OverviewView['busiest'] }) {
  if (flights.length === 0) {
    return <EmptyState>No seat is held or sold yet; the ten fullest flights will stand here.</EmptyState>;
  }
  return (
    <div className={`body scroll-x`}>
      <table className={`figures ${styles.busiest}`}>
        <thead>
          <tr>
            <th scope="col">Flight</th>
            <th scope="col">Route</th>
            <th scope="col">Departs</th>
            <th scope="col" className={styles.load}>
              Load
            </th>
            <th scope="col" className="n">
              Sold
            </th>
            <th scope="col" className="n">
              Held
            </th>
            <th scope="col" className="n">
              Seats
            </th>
          </tr>
        </thead>
        <tbody>
          {flights.map((flight) => (
            <tr key={flight.flightId}>
              <td className="nowrap">
                <CarrierBadge code={flight.carrier} />{' '}
                <Link to="/flights/$flightId" params={{ flightId: flight.flightId }}>
                  <code>
                    {flight.carrier} {flight.number}
                  </code>
                </Link>
              </td>
              <td className="nowrap">
                <code>
                  {flight.origin} → {flight.destination}
                </code>
              </td>
              <td className="nowrap">
                {formatDate(dateOf(flight.departsAt))}, {clockOf(flight.departsAt)}
              </td>
              <td className={styles.load}>
                <LoadBar sold={flight.sold} held={flight.held} capacity={flight.capacity} />
              </td>
              <td className="n">
                <LiveNumber value={flight.sold} />
              </td>
              <td className="n">
                <LiveNumber value={flight.held} />
              </td>
              <td className="n">{flight.capacity}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What the audit that never rests says: the answer that an operator sleeps by. */
function Audit() {
  const { trpc } = useOperator();
  const status = useQuery(trpc.admin.seats.status.queryOptions(undefined, { refetchInterval: refreshMs }));
  const drift = status.data?.drift;
  return (
    <section className="surface" aria-labelledby="audit">
      <div className="head">
        <h2 id="audit">Seat audit</h2>
        <Link to="/operate/seats">All about it</Link>
      </div>
      <div className="body row">
        {drift !== undefined && (
          <StateTag tone={drift === 0 ? 'ok' : 'bad'} icon={drift === 0 ? ShieldCheck : ShieldX}>
            {drift === 0 ? 'No drift' : `${whole(drift)} adrift`}
          </StateTag>
        )}
        <span className="dim">
          {status.data
            ? `counters, ledger and bookings compared at ${formatClock(status.data.at)}`
            : 'The first round is not over yet.'}
        </span>
      </div>
    </section>
  );
}
