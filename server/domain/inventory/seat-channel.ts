import type { Pool } from 'pg';
import type { SeatsView } from '../../../shared/flight.ts';
import { cabinClasses } from '../../../shared/flight.ts';
import type { Hub } from '../../platform/live/hub.ts';
import type { LiveSource } from '../../platform/live/live-source.ts';
import type { Update } from '../../platform/live/topic.ts';
import type { Broadcast } from '../../platform/redis/broadcast.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { type FlightRow, readFlights, stateAt } from './flight-rows.ts';
import { type CabinPart, type FlightPart, flightPartName, type SeatTruth, seatUpdates } from './seat-truth.ts';

/**
 * The state channel of seats: after each commit whoever changed a cabin tells what it is now, and
 * `watchSeats` shows it to whoever asked. Lossy by design; the hub re-reads what is watched.
 */
export interface SeatChannel extends LiveSource<SeatsView> {
  publish(truths: SeatTruth[]): void;
  publishFlight(row: FlightRow, cabins: SeatTruth[]): void;
}

/** The part that rises when a flight departs: nobody changes anything then, but it can no longer be had. */
const departurePartName = 'departure';

const flightUpdate = (row: FlightRow, cabins: SeatTruth[], now: number): Update => ({
  topic: row.id,
  parts: {
    [flightPartName]: {
      version: row.version,
      body: { state: row.state, departsAtUtc: new Date(row.departsAtMs).toISOString() } satisfies FlightPart,
    },
    [departurePartName]: { version: stateAt(row.state, row.departsAtMs, now) === 'departed' ? 1 : 0, body: {} },
    ...Object.fromEntries(seatUpdates(cabins).flatMap((update) => Object.entries(update.parts))),
  },
});

/** Reads the newest truth of flights for the hub. */
export async function loadSeatTopics(pool: Pool, clock: Clock, flightIds: string[]): Promise<Update[]> {
  const flights = await readFlights(pool, flightIds);
  const now = clock.now();
  return [...flights.values()].map(({ row, cabins }) => flightUpdate(row, cabins, now));
}

/** The last seat went, or one came back; closed, cancelled, open again. Of a cabin's part or the flight's. */
export function isUrgentForSeats(before: unknown, after: unknown): boolean {
  const [was, is] = [before, after] as Partial<CabinPart & FlightPart>[];
  return was?.state !== is?.state || isSoldOut(was) !== isSoldOut(is);
}

const isSoldOut = (part: Partial<CabinPart> | undefined): boolean => part?.view?.available === 0;

export function createSeatChannel(room: {
  hub: Hub;
  broadcast: Broadcast<Update[]>;
  clock: Clock;
  epoch: number;
}): SeatChannel {
  const { hub, broadcast, clock, epoch } = room;
  return {
    hub,
    publish: (truths) => {
      if (truths.length > 0) broadcast.send(seatUpdates(truths));
    },
    publishFlight: (row, cabins) => broadcast.send([flightUpdate(row, cabins, clock.now())]),
    render: ({ name, parts, version }) => {
      const flight = parts.get(flightPartName);
      if (!flight) return undefined;
      const { state, departsAtUtc } = flight.body as FlightPart;
      return {
        id: `${epoch}:${version}`,
        view: {
          flightId: name,
          state: stateAt(state, Date.parse(departsAtUtc), clock.now()),
          cabins: cabinClasses.flatMap((cabin) => (parts.get(cabin)?.body as CabinPart | undefined)?.view ?? []),
          at: isoNow(clock),
        },
      };
    },
    versionOf: (id) => {
      const [, version] = new RegExp(`^${epoch}:(\\d{1,15})$`).exec(id) ?? [];
      return Number(version ?? 0);
    },
  };
}
