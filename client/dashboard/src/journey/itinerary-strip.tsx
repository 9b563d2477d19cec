import { Button } from '@mantine/core';
import { ChevronDown } from 'lucide-react';
import { Fragment, useId, useState } from 'react';
import type { ConnectionView, FlightLeg, Itinerary, ItinerarySlice } from '../../../../shared/itinerary.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { AirportTime } from '../flight/airport-time.tsx';
import { cabinNames } from '../flight/cabin-names.ts';
import { CarrierBadge } from '../flight/carrier-badge.tsx';
import { dateOf, daysBetween, formatDate, formatDuration } from '../flight/flight-times.ts';
import { LiveNumber } from '../flight/live-number.tsx';
import { fewSeats, SeatWords } from '../flight/seat-words.tsx';
import { useVisible } from '../flight/use-visible.ts';
import styles from './itinerary-strip.module.css';
import { useLiveJourney } from './use-live-journey.ts';

/**
 * A journey: the flight strip once a slice, one price, and on demand each leg with its connections. It listens to the
 * seats of its flights only while it can be seen.
 */
export function ItineraryStrip({
  itinerary,
  seats,
  pending,
  onHold,
}: {
  itinerary: Itinerary;
  seats: number;
  pending: boolean;
  onHold: () => void;
}) {
  const [open, setOpen] = useState(false);
  const details = useId();
  const [element, visible] = useVisible<HTMLElement>();
  const { slices, price } = itinerary;
  const { selling, available, repriced } = useLiveJourney(itinerary, seats, visible);
  const enough = selling && available >= seats;
  return (
    <article
      ref={element}
      className={styles.strip}
      data-off={!enough || undefined}
      aria-label={slices.map(saySlice).join(', then ')}
    >
      <div className={styles.slices}>
        {slices.map((slice) => (
          <Slice key={(slice.legs[0] as FlightLeg).id} slice={slice} />
        ))}
      </div>
      <div className={styles.price}>
        <strong>
          <LiveNumber value={price.amount}>{formatMoney(price)}</LiveNumber>
        </strong>
        <span className="dim">
          for {seats === 1 ? 'one' : seats}
          {itinerary.priceKind === 'sum_of_one_ways' && `, ${slices.length === 2 ? 'two' : slices.length} one-ways`}
        </span>
        <span className={styles.seats} data-few={(enough && available <= fewSeats) || undefined}>
          <LiveNumber value={available}>
            {selling ? <SeatWords available={available} seats={seats} /> : 'not for sale'}
          </LiveNumber>
        </span>
        {enough && repriced && <span className="dim">as found; the fare has changed</span>}
      </div>
      <div className={styles.actions}>
        <Button size="xs" loading={pending} disabled={!itinerary.offerToken || !enough} onClick={onHold}>
          Hold {seats} {seats === 1 ? 'seat' : 'seats'}
        </Button>
        <Button
          size="xs"
          variant="subtle"
          color="gray"
          aria-expanded={open}
          aria-controls={details}
          rightSection={<ChevronDown size={14} aria-hidden className={styles.chevron} data-open={open || undefined} />}
          onClick={() => setOpen(!open)}
        >
          Details
        </Button>
      </div>
      {open && (
        <div id={details} className={styles.details}>
          {slices.map((slice) => (
            <Legs key={(slice.legs[0] as FlightLeg).id} slice={slice} />
          ))}
        </div>
      )}
    </article>
  );
}

const ends = ({ legs }: ItinerarySlice) => ({ first: legs[0] as FlightLeg, last: legs.at(-1) as FlightLeg });

function saySlice(slice: ItinerarySlice): string {
  const { first, last } = ends(slice);
  const stops = slice.stops === 0 ? 'nonstop' : `by ${slice.connections.map(({ arrive }) => arrive).join(' and ')}`;
  return `${first.origin} to ${last.destination}, ${formatDate(dateOf(first.departsAt))}, ${stops}`;
}

function Slice({ slice }: { slice: ItinerarySlice }) {
  const { first, last } = ends(slice);
  const carriers = [...new Set(slice.legs.map((leg) => leg.carrier))];
  return (
    <div className={styles.slice}>
      <span className={styles.carriers}>
        {carriers.map((carrier) => (
          <CarrierBadge key={carrier} code={carrier} />
        ))}
      </span>
      <AirportTime reading="Departs" code={first.origin} wall={first.departsAt} at={first.departsAtUtc} />
      <div className={styles.leg}>
        <span>{formatDuration(slice.durationMinutes)}</span>
        <LegLine slice={slice} />
        <span>
          {slice.stops === 0 ? 'nonstop' : slice.connections.map(({ arrive }) => arrive).join(' · ')}
          {slice.groundKm.origin + slice.groundKm.destination > 0 &&
            ` · ${Math.round(slice.groundKm.origin + slice.groundKm.destination)} km by ground`}
        </span>
      </div>
      <AirportTime
        reading="Arrives"
        code={last.destination}
        wall={last.arrivesAt}
        at={last.arrivesAtUtc}
        dayShift={daysBetween(first.departsAt, last.arrivesAt)}
        align="end"
      />
    </div>
  );
}

/** Flights and what lies between them, as long as they take. */
function LegLine({ slice }: { slice: ItinerarySlice }) {
  return (
    <span className={styles.line} aria-hidden>
      {slice.legs.map((leg, at) => {
        const wait = slice.connections[at];
        return (
          <Fragment key={leg.id}>
            <i style={{ flexGrow: leg.durationMinutes }} title={`${leg.carrier} ${leg.number}`} />
            {wait && <i data-wait style={{ flexGrow: wait.minutes }} />}
          </Fragment>
        );
      })}
    </span>
  );
}

/** Each leg as it is flown, and what lies between. */
function Legs({ slice }: { slice: ItinerarySlice }) {
  return (
    <ol className={styles.timeline}>
      {slice.legs.map((leg, at) => {
        const connection = slice.connections[at];
        return (
          <li key={leg.id}>
            <span className={styles.flown}>
              <CarrierBadge code={leg.carrier} />
              <code>
                {leg.carrier} {leg.number}
              </code>
              <span>
                {formatDate(dateOf(leg.departsAt))}, {leg.departsAt.slice(11)} <code>{leg.origin}</code> –{' '}
                {leg.arrivesAt.slice(11)} <code>{leg.destination}</code>
              </span>
              <span className="dim">
                {formatDuration(leg.durationMinutes)} · {cabinNames[leg.cabin]} · {formatMoney(leg.price)} a seat
              </span>
            </span>
            {connection && <Connection connection={connection} />}
          </li>
        );
      })}
    </ol>
  );
}

function Connection({ connection }: { connection: ConnectionView }) {
  const { arrive, depart, minutes, minimumMinutes, isDefault, overnight } = connection;
  return (
    <span className={styles.connection}>
      {formatDuration(minutes)} in <code>{arrive}</code>
      {depart !== arrive && (
        <>
          , on from <code>{depart}</code>
        </>
      )}
      {overnight && ', overnight'}
      <span className="dim">
        {' '}
        · at least {minimumMinutes} min{isDefault && ', assumed'}
      </span>
    </span>
  );
}
