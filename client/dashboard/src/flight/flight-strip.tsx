import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import {
  type CabinClass,
  type CabinView,
  cabinClasses,
  type FlightView,
  type OperatorFlightView,
} from '../../../../shared/flight.ts';
import { AirportTime } from './airport-time.tsx';
import { CabinCell, CabinLedgerCell } from './cabin-cell.tsx';
import { cabinNames } from './cabin-names.ts';
import { CarrierBadge } from './carrier-badge.tsx';
import { FlightState } from './flight-state.tsx';
import styles from './flight-strip.module.css';
import { dateOf, daysBetween, formatDate, formatDuration, sayFlight } from './flight-times.ts';
import { useLiveFlight } from './seat-store.ts';
import { useVisible } from './use-visible.ts';

type Shown =
  /** For sale: each cabin leads to the flight with that cabin chosen. */
  | { kind: 'sale'; flight: FlightView; seats: number; wanted?: CabinClass | undefined }
  /** In a booking: the cabin that was bought, and in which brand. */
  | { kind: 'booked'; flight: FlightView; cabin: CabinClass; fare?: string | undefined; seats: number }
  /** On the operator's board: the counters. */
  | { kind: 'board'; flight: OperatorFlightView }
  /** The head of the flight's own page. */
  | { kind: 'plain'; flight: FlightView };

/** The cabins that any of these flights has: one column each, so that a list can be read down as well as across. */
export const columnsOf = (flights: readonly FlightView[]): CabinClass[] =>
  cabinClasses.filter((name) => flights.some((flight) => flight.cabins.some((cabin) => cabin.cabin === name)));

/**
 * A flight, everywhere: time – code – line with stops – code – time, carrier, duration, cabins with
 * live seats and price. It listens to its seats only while it can be seen.
 */
export function FlightStrip({
  action,
  showDate = false,
  columns,
  ...shown
}: Shown & { action?: ReactNode; showDate?: boolean; columns?: CabinClass[] }) {
  const [element, visible] = useVisible<HTMLElement>();
  const flight = useLiveFlight<FlightView>(shown.flight, visible);
  const party = shown.kind === 'sale' || shown.kind === 'booked' ? shown.seats : 1;
  const places = columns ?? columnsOf([flight]);
  const shift = daysBetween(flight.departsAt, flight.arrivesAt);
  return (
    <article
      ref={element}
      className={styles.strip}
      data-kind={shown.kind}
      data-state={flight.state}
      aria-label={sayFlight(flight)}
    >
      <div className={styles.who}>
        <CarrierBadge code={flight.carrier} />
        <span className={styles.number}>
          {shown.kind === 'plain' ? (
            <code>
              {flight.carrier} {flight.number}
            </code>
          ) : (
            <Link
              to="/flights/$flightId"
              params={{ flightId: flight.id }}
              search={party > 1 ? { seats: party } : {}}
              className={styles.link}
            >
              <code>
                {flight.carrier} {flight.number}
              </code>
            </Link>
          )}
          {showDate && <span className={styles.date}>{formatDate(dateOf(flight.departsAt))}</span>}
        </span>
        <FlightState flight={flight} seats={shown.kind === 'sale' ? party : 1} />
      </div>

      <div className={styles.route}>
        <AirportTime reading="Departs" code={flight.origin} wall={flight.departsAt} at={flight.departsAtUtc} />
        <div className={styles.leg}>
          <span className={styles.duration}>{formatDuration(flight.durationMinutes)}</span>
          <span className={styles.line} aria-hidden />
          <span className={styles.stops}>nonstop</span>
        </div>
        <AirportTime
          reading="Arrives"
          code={flight.destination}
          wall={flight.arrivesAt}
          at={flight.arrivesAtUtc}
          dayShift={shift}
          align="end"
        />
      </div>

      {shown.kind !== 'plain' && (
        <ul className={styles.cabins} style={{ '--columns': places.length } as React.CSSProperties} aria-label="Cabins">
          {shown.kind === 'booked' ? (
            <li className={styles.cabin}>
              <span className={styles.booked}>
                {cabinNames[shown.cabin]}
                {shown.fare && ` ${shown.fare}`} · {shown.seats} {shown.seats === 1 ? 'seat' : 'seats'}
              </span>
            </li>
          ) : (
            flight.cabins.map((cabin) => (
              <li
                key={cabin.cabin}
                className={styles.cabin}
                style={{ '--column': places.indexOf(cabin.cabin) + 1 } as React.CSSProperties}
              >
                {shown.kind === 'board' ? (
                  <CabinLedgerCell cabin={ledgerOf(shown.flight, cabin)} state={flight.state} />
                ) : (
                  <Link
                    to="/flights/$flightId"
                    params={{ flightId: flight.id }}
                    search={{ cabin: cabin.cabin, ...(party > 1 && { seats: party }) }}
                    className={styles.choice}
                    data-wanted={(shown.kind === 'sale' && shown.wanted === cabin.cabin) || undefined}
                    disabled={flight.state !== 'open' || cabin.available < party}
                  >
                    <CabinCell cabin={cabin} seats={party} state={flight.state} />
                  </Link>
                )}
              </li>
            ))
          )}
        </ul>
      )}

      {action && <div className={styles.action}>{action}</div>}
    </article>
  );
}

/** The live channel knows what is taken, not how it splits: until the next reading, new ones count as held. */
function ledgerOf(loaded: OperatorFlightView, live: CabinView) {
  const before = loaded.cabins.find((cabin) => cabin.cabin === live.cabin);
  const held = before?.held ?? 0;
  const sold = before?.sold ?? 0;
  const targetCapacity = before && before.version >= live.version ? before.targetCapacity : live.capacity;
  const taken = before && before.version >= live.version ? held + sold : Math.max(0, live.capacity - live.available);
  const deficit = Math.max(0, taken - targetCapacity);
  return {
    ...live,
    targetCapacity,
    deficit,
    sold: Math.min(sold, taken),
    held: Math.max(0, taken - Math.min(sold, taken)),
  };
}
