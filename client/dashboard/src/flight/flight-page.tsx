import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ArrowLeft, Timer } from 'lucide-react';
import { useState } from 'react';
import type { CabinClass, CabinView, FlightView } from '../../../../shared/flight.ts';
import { formatMoney, type Money, money } from '../../../../shared/money.ts';
import { failureOf } from '../../../sdk/airside-error.ts';
import { FareChoice, useOffers } from '../booking/fare-choice.tsx';
import { HoldProblem } from '../booking/hold-problem.tsx';
import { useHold } from '../booking/use-hold.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { usePlace } from '../places/use-place.ts';
import { ButtonLink } from '../shell/button-link.tsx';
import { EmptyState } from '../shell/empty-state.tsx';
import { usePageTitle } from '../shell/use-page-title.ts';
import { trpc } from '../wire/traveller.ts';
import { cabinNames } from './cabin-names.ts';
import styles from './flight-page.module.css';
import { FlightStrip } from './flight-strip.tsx';
import { dateOf, describeZone, formatLongDate } from './flight-times.ts';
import { LiveNumber } from './live-number.tsx';
import { LoadBar } from './load-bar.tsx';
import { SeatStepper } from './seat-stepper.tsx';
import { useLiveFlight } from './seat-store.ts';
import { StripSkeletons } from './strip-skeletons.tsx';

const route = getRouteApi('/flights/$flightId');

export function FlightPage() {
  const { flightId } = route.useParams();
  const flight = useQuery(trpc.flights.get.queryOptions({ flightId }));
  if (flight.isPending) {
    return (
      <section className="surface">
        <StripSkeletons count={1} cabins={0} />
      </section>
    );
  }
  if (flight.isError) return <NoFlight error={flight.error} onRetry={() => void flight.refetch()} />;
  return <Flight flight={flight.data} />;
}

function NoFlight({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  usePageTitle('Flight');
  const { code } = failureOf(error);
  if (code !== 'NOT_FOUND' && code !== 'INVALID_INPUT') return <FailureNotice error={error} onRetry={onRetry} />;
  return (
    <section className="surface">
      <EmptyState action={<ButtonLink to="/">Search flights</ButtonLink>}>
        This flight is not in the timetable any more.
      </EmptyState>
    </section>
  );
}

function Flight({ flight: loaded }: { flight: FlightView }) {
  const { cabin: chosen, seats = 1 } = route.useSearch();
  const navigate = route.useNavigate();
  const flight = useLiveFlight(loaded);
  const holding = useHold();
  const origin = usePlace(flight.origin);
  const destination = usePlace(flight.destination);
  usePageTitle(`${flight.carrier} ${flight.number} ${flight.origin} → ${flight.destination}`);
  const setSeats = (next: number) =>
    void navigate({
      search: (before) => ({ ...before, seats: next > 1 ? next : undefined }),
      resetScroll: false,
      replace: true,
    });
  return (
    <div className="stack">
      <div className="row between">
        <div>
          <Link
            to="/"
            search={{ from: flight.origin, to: flight.destination, date: dateOf(flight.departsAt) }}
            className={styles.back}
          >
            <ArrowLeft size={14} aria-hidden /> All flights {flight.origin} → {flight.destination}
          </Link>
          <h1>
            {origin?.city ?? flight.origin} to {destination?.city ?? flight.destination}
          </h1>
          <p className="dim">{formatLongDate(dateOf(flight.departsAt))}</p>
        </div>
        <div className={styles.seats}>
          <SeatStepper value={seats} onChange={setSeats} />
        </div>
      </div>
      <section className="surface" aria-label="Flight" style={{ overflow: 'hidden' }}>
        <FlightStrip kind="plain" flight={loaded} />
        <dl className={styles.facts}>
          <Fact name="From" value={origin && `${origin.name}, ${origin.city}`} />
          <Fact name="Zone there" value={origin && describeZone(origin.zone, flight.departsAtUtc)} />
          <Fact name="To" value={destination && `${destination.name}, ${destination.city}`} />
          <Fact name="Zone there" value={destination && describeZone(destination.zone, flight.arrivesAtUtc)} />
        </dl>
      </section>
      <HoldProblem holding={holding} />
      <section aria-label="Cabins" className={styles.cabins}>
        {flight.cabins.map((cabin) => (
          <CabinCard
            key={cabin.cabin}
            cabin={cabin}
            flight={flight}
            seats={seats}
            chosen={chosen === cabin.cabin}
            pending={holding.pending && holding.cabin === cabin.cabin}
            disabled={holding.pending}
            onHold={(name, wanted) => holding.hold({ legs: [{ flightId: flight.id, cabin: name }], seats, ...wanted })}
          />
        ))}
      </section>
      <p className="dim">
        <Timer size={14} aria-hidden style={{ verticalAlign: -2 }} /> A hold keeps the seats and the price for you while
        you fill in who flies; nothing is paid yet.
      </p>
    </div>
  );
}

const Fact = ({ name, value }: { name: string; value: string | undefined }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value ?? '…'}</dd>
  </div>
);

function CabinCard({
  cabin,
  flight,
  seats,
  chosen,
  pending,
  disabled,
  onHold,
}: {
  cabin: CabinView;
  flight: FlightView;
  seats: number;
  chosen: boolean;
  pending: boolean;
  disabled: boolean;
  onHold: (cabin: CabinClass, wanted: { expected: Money } | { offerToken: string }) => void;
}) {
  const enough = cabin.available >= seats;
  const selling = flight.state === 'open';
  const offers = useOffers({ flightId: flight.id, cabin: cabin.cabin, seats, enabled: selling && enough });
  const [brand, setBrand] = useState<string>();
  const offer = offers.find((each) => each.brand === brand) ?? offers[0];
  const total = offer?.price ?? money(cabin.price.amount * seats, cabin.price.currency);
  const taken = Math.max(0, cabin.capacity - cabin.available);
  const full = cabin.capacity > 0 ? Math.round((taken / cabin.capacity) * 100) : 100;
  return (
    <article
      className={`surface ${styles.card}`}
      data-chosen={chosen || undefined}
      aria-labelledby={`cabin-${cabin.cabin}`}
    >
      <div className="row between">
        <h2 id={`cabin-${cabin.cabin}`}>{cabinNames[cabin.cabin]}</h2>
        <span className={styles.price}>
          <LiveNumber value={cabin.price.amount}>{formatMoney(cabin.price)}</LiveNumber>
        </span>
      </div>
      <div className={styles.load}>
        <LoadBar sold={taken} capacity={cabin.capacity} />
        <p className="row between">
          <span className={styles.left} data-tone={!enough ? 'bad' : cabin.available <= 9 ? 'warn' : undefined}>
            <LiveNumber value={cabin.available}>
              {cabin.available === 0
                ? 'Sold out'
                : `${cabin.available} ${cabin.available === 1 ? 'seat' : 'seats'} left`}
            </LiveNumber>
          </span>
          <span className="dim">
            {full} % of {cabin.capacity} taken
          </span>
        </p>
      </div>
      {offer && <FareChoice offers={offers} chosen={offer.brand} onChoose={setBrand} />}
      <dl className={styles.sum}>
        <dt className="dim">
          {seats} × {formatMoney(offer?.legs[0]?.price ?? cabin.price)}
        </dt>
        <dd>
          <strong>
            <LiveNumber value={total.amount}>{formatMoney(total)}</LiveNumber>
          </strong>
        </dd>
      </dl>
      <Button
        fullWidth
        variant={chosen ? 'filled' : 'light'}
        disabled={!selling || !enough || (disabled && !pending)}
        loading={pending}
        onClick={() => onHold(cabin.cabin, offer ? { offerToken: offer.offerToken } : { expected: total })}
      >
        {!selling
          ? `Flight is ${flight.state}`
          : cabin.available === 0
            ? 'Sold out'
            : enough
              ? `Hold ${seats} ${seats === 1 ? 'seat' : 'seats'}`
              : `Only ${cabin.available} left`}
      </Button>
    </article>
  );
}
