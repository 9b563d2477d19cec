import { Button, Skeleton } from '@mantine/core';
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

const whole = (n: number): string => n.toLocaleString();

function Overview({ view, stale }: { view: OverviewView; stale: boolean }) {
  const { flights, seats, bookings, revenue } = view;
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

/** Ledger, counters and bookings compared, on request: the answer that an operator sleeps by. */
function Audit() {
  const { trpc } = useOperator();
  const audit = useQuery(trpc.admin.seats.audit.queryOptions(undefined, { enabled: false, gcTime: 0 }));
  return (
    <section className="surface" aria-labelledby="audit">
      <div className="head">
        <div>
          <h2 id="audit">Seat audit</h2>
          <p className="dim">Compares the ledger, the counters and the bookings of every cabin.</p>
        </div>
        <Button variant="default" size="xs" onClick={() => void audit.refetch()} loading={audit.isFetching}>
          {audit.data ? 'Audit again' : 'Audit now'}
        </Button>
      </div>
      <div className="body" aria-live="polite">
        {audit.isError ? (
          <FailureNotice error={audit.error} onRetry={() => void audit.refetch()} />
        ) : audit.data ? (
          <>
            <div className="row">
              <StateTag
                tone={audit.data.drift === 0 ? 'ok' : 'bad'}
                icon={audit.data.drift === 0 ? ShieldCheck : ShieldX}
              >
                {audit.data.drift === 0 ? 'No drift' : `${whole(audit.data.drift)} disagree`}
              </StateTag>
              <span>
                {whole(audit.data.checked)} cabins checked, {whole(audit.data.drift)} with drift
              </span>
            </div>
            {audit.data.disagreements.length > 0 && (
              <div className="scroll-x">
                <table className="figures">
                  <thead>
                    <tr>
                      <th scope="col">Flight</th>
                      <th scope="col">Cabin</th>
                      <th scope="col">Counters</th>
                      <th scope="col">Ledger</th>
                      <th scope="col">Bookings</th>
                    </tr>
                  </thead>
                  <tbody>
                    {audit.data.disagreements.map((row) => (
                      <tr key={row.flightId + row.cabin}>
                        <td>
                          <code>{row.flightId}</code>
                        </td>
                        <td>{row.cabin}</td>
                        {[row.counters, row.ledger, row.bookings].map((count, index) => (
                          // biome-ignore lint/suspicious/noArrayIndexKey: three fixed columns
                          <td key={index}>
                            {count.held} held, {count.sold} sold
                          </td>
                        ))}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </>
        ) : (
          <p className="dim">Not run in this tab yet.</p>
        )}
      </div>
    </section>
  );
}
