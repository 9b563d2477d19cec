import type { Pool } from 'pg';
import type { SeatsView } from '../../../shared/flight.ts';
import { cabinClasses } from '../../../shared/flight.ts';
import type { Hub, Part, Update } from '../../platform/live/hub.ts';
import type { Broadcast } from '../../platform/redis/broadcast.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { type FlightRow, readFlights, stateAt } from './flight-rows.ts';
import { type CabinPart, type FlightPart, flightPartName, type SeatTruth, seatUpdates } from './seat-truth.ts';

/**
 * The state channel of seats: after each commit whoever changed a cabin tells what it is now, and
 * `watchSeats` shows it to whoever asked. Lossy by design; the hub re-reads what is watched.
 */
export interface SeatChannel {
  publish(truths: SeatTruth[]): void;
  publishFlight(row: FlightRow, cabins: SeatTruth[]): void;
  watch(flightIds: string[], signal: AbortSignal): AsyncGenerator<{ eventId: string; seats: SeatsView }>;
}

const flightUpdate = (row: FlightRow, cabins: SeatTruth[]): Update => ({
  topic: row.id,
  parts: {
    [flightPartName]: {
      version: row.version,
      body: { state: row.state, departsAtUtc: new Date(row.departsAtMs).toISOString() } satisfies FlightPart,
    },
    ...Object.fromEntries(seatUpdates(cabins).flatMap((update) => Object.entries(update.parts))),
  },
});

/** Reads the newest truth of flights for the hub. */
export async function loadSeatTopics(pool: Pool, flightIds: string[]): Promise<Update[]> {
  const flights = await readFlights(pool, flightIds);
  return [...flights.values()].map(({ row, cabins }) => flightUpdate(row, cabins));
}

export function createSeatChannel(room: {
  hub: Hub;
  broadcast: Broadcast<Update[]>;
  clock: Clock;
  epoch: number;
}): SeatChannel {
  const seatsOf = (flightId: string, parts: Map<string, Part>): { eventId: string; seats: SeatsView } | undefined => {
    const flight = parts.get(flightPartName);
    if (!flight) return undefined;
    const { state, departsAtUtc } = flight.body as FlightPart;
    const cabins = cabinClasses.flatMap((cabin) => (parts.get(cabin)?.body as CabinPart | undefined)?.view ?? []);
    // Each part's version only rises, so their sum rises with every change of any of them.
    const version = [...parts.values()].reduce((sum, part) => sum + part.version, 0);
    return {
      eventId: `${room.epoch}:${version}`,
      seats: {
        flightId,
        state: stateAt(state, Date.parse(departsAtUtc), room.clock.now()),
        cabins,
        at: isoNow(room.clock),
      },
    };
  };
  return {
    publish: (truths) => {
      if (truths.length > 0) room.broadcast.send(seatUpdates(truths));
    },
    publishFlight: (row, cabins) => room.broadcast.send([flightUpdate(row, cabins)]),
    async *watch(flightIds, signal) {
      for await (const { topic, parts } of room.hub.watch(flightIds, signal)) {
        const frame = seatsOf(topic, parts);
        if (frame) yield frame;
      }
    },
  };
}
