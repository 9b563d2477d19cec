import { readFlights } from '../inventory/flight-rows.ts';
import type { InventoryRoom } from '../inventory/inventory-room.ts';
import { inSlices } from '../places/in-slices.ts';
import { readSchedule } from './schedule-format.ts';
import type { ParsedSchedule } from './scheduled-flight.ts';
import { formatOf, type TimetableFormat } from './timetable-formats.ts';

/** What the commands of this room call. */
export interface ImportRoom {
  inventory: InventoryRoom;
  /** Tells other processes that places have changed. */
  announcePlaces(): void;
}

/** Flights in one transaction: bounded locks, and a crash loses at most a batch that was not reported. */
export const flightsPerBatch = 500;
/** Of rejected lines and notes an import keeps and tells so many. */
export const linesKept = 100;

/** Reads a timetable with the places that are known here, serving others meanwhile. */
export const readTimetable = (
  room: ImportRoom,
  input: { format: TimetableFormat; text: string; seats?: string | undefined; shiftTo?: string | undefined },
): Promise<ParsedSchedule> => {
  const { places } = room.inventory;
  return inSlices(
    readSchedule(formatOf(input.format), input.text, {
      zoneOf: (code) => (places.get(code)?.kind === 'airport' ? places.zoneOf(code) : undefined),
      coordinatesOf: places.coordinatesOf,
      seats: input.seats,
      shiftTo: input.shiftTo,
    }),
  );
};

/** Shows watchers what a batch has made of flights, and wakes whoever follows the log. */
export async function tellChanged(room: ImportRoom, flightIds: string[]): Promise<void> {
  const { pool, seats, metrics, announceLog, nudgeReleases } = room.inventory;
  metrics.flightDbUpdatesTotal.inc(flightIds.length);
  for (const { row, cabins } of (await readFlights(pool, flightIds)).values()) seats.publishFlight(row, cabins);
  announceLog();
  nudgeReleases();
}
