import { setImmediate } from 'node:timers/promises';
import type { ImportFlightsInput, ImportReport } from '../../../shared/flight.ts';
import type { PlaceView } from '../../../shared/place.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { readFlights } from '../inventory/flight-rows.ts';
import type { InventoryRoom } from '../inventory/inventory-room.ts';
import { upsertFlights } from '../inventory/upsert-flights.ts';
import { parsePlaces } from '../places/parse-places.ts';
import type { Slices } from '../places/read-delimited.ts';
import { savePlaces } from '../places/save-places.ts';
import { parseBts } from './parse-bts.ts';
import { parseScheduleCsv } from './parse-schedule-csv.ts';
import type { ParsedSchedule, ScheduleOptions } from './scheduled-flight.ts';

export interface ImportRoom {
  inventory: InventoryRoom;
  /** Tells other processes that places have changed. */
  announcePlaces(): void;
}

/** Flights in one transaction: bounded locks, and a crash loses at most a batch that was not reported. */
const batchSize = 500;

/**
 * Reads a timetable or places and brings them into the record. Good lines are applied, bad ones come
 * back with their number and reason; the same file again changes nothing.
 * Fails: NOT_ALLOWED for a format that is not read yet.
 */
export async function importTimetable(room: ImportRoom, input: ImportFlightsInput): Promise<ImportReport> {
  switch (input.format) {
    case 'places':
      return importPlaces(room, input);
    case 'csv':
      return importFlights(room, input, parseScheduleCsv);
    case 'bts':
      return importFlights(room, input, parseBts);
    case 'ssim':
      throw refuse('NOT_ALLOWED', { reason: 'SSIM files are not read yet', format: 'ssim' });
  }
}

async function importPlaces(room: ImportRoom, { text, dryRun }: ImportFlightsInput): Promise<ImportReport> {
  const { places, rejected } = await inSlices(
    parsePlaces(text, { known: (code) => knownPlace(room.inventory.places.get(code)) }),
  );
  const counts = await savePlaces(room.inventory.pool, places, { dryRun });
  if (!dryRun) {
    await room.inventory.places.reload();
    room.announcePlaces();
  }
  return {
    accepted: places.length,
    flights: { created: 0, updated: 0, unchanged: 0 },
    places: counts,
    rejected,
    dryRun,
  };
}

/** What a file of places may leave out is kept as it is: the zone, and the city that an airport belongs to. */
const knownPlace = (place: PlaceView | undefined) =>
  place && {
    kind: place.kind,
    name: place.name,
    zone: place.zone,
    cityCode: place.kind === 'airport' ? (place.related[0] ?? null) : null,
  };

async function importFlights(
  room: ImportRoom,
  input: ImportFlightsInput,
  parse: (text: string, options: ScheduleOptions) => Slices<ParsedSchedule>,
): Promise<ImportReport> {
  const { pool, places, metrics, seats, announceLog } = room.inventory;
  const parsed = await inSlices(
    parse(input.text, {
      zoneOf: (code) => (places.get(code)?.kind === 'airport' ? places.zoneOf(code) : undefined),
      coordinatesOf: places.coordinatesOf,
      seats: input.seats,
      shiftTo: input.shiftTo,
    }),
  );
  const flights = { created: 0, updated: 0, unchanged: 0 };
  const rejected = [...parsed.rejected];
  for (let from = 0; from < parsed.flights.length; from += batchSize) {
    const batch = parsed.flights.slice(from, from + batchSize);
    const outcome = await inTransaction(pool, (tx) => upsertFlights(tx, batch, input.dryRun));
    flights.created += outcome.created;
    flights.updated += outcome.updated.length;
    flights.unchanged += outcome.unchanged;
    for (const place of outcome.cancelled) {
      rejected.push({ line: batch[place]?.line ?? 0, reason: 'the flight was cancelled here and stays cancelled' });
    }
    if (input.dryRun) continue;
    metrics.flightDbUpdatesTotal.inc(outcome.created + outcome.updated.length);
    for (const { row, cabins } of (await readFlights(pool, outcome.updated)).values()) seats.publishFlight(row, cabins);
  }
  if (!input.dryRun && flights.created + flights.updated > 0) {
    await inTransaction(pool, (tx) =>
      writeLog(tx, [{ type: 'timetable.imported', data: { format: input.format, ...flights } }]),
    );
    announceLog();
  }
  return {
    accepted: parsed.accepted,
    flights,
    places: { created: 0, updated: 0, unchanged: 0 },
    rejected: rejected.sort((a, b) => a.line - b.line),
    dryRun: input.dryRun,
  };
}

/** Runs a parser that gives way, serving others between its slices. */
async function inSlices<T>(slices: Slices<T>): Promise<T> {
  for (;;) {
    const step = slices.next();
    if (step.done) return step.value;
    await setImmediate();
  }
}
