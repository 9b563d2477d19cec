import { greatCircleKm } from '../places/great-circle.ts';
import { instantToWall, offsetAt, wallToInstant } from '../places/zoned-time.ts';
import { cabinsOfConfiguration } from './cabin-configuration.ts';
import { fareByDistance } from './fare-by-distance.ts';
import { daysOfPeriod } from './operating-period.ts';
import { defaultSeats } from './parse-bts.ts';
import { readSsimRecords, type SsimRow, type TimeMode } from './read-ssim-records.ts';
import type { ScheduleFormat } from './schedule-format.ts';
import type { LineNote, ScheduledFlight, ScheduleOptions } from './scheduled-flight.ts';
import { wallOf } from './ssim-columns.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const legMsMax = 30 * 3_600_000;

/** Of the service types (column 14) those whose seats anybody may buy: scheduled, shuttle, additional, charter. */
const soldServices = new Set(['J', 'S', 'U', 'G', 'B', 'Q', 'R', 'C', 'O', 'L', 'N']);

/**
 * Industry timetables (`ssim`: SSIM chapter 7). A leg record is many dated flights: each day of operation within its
 * period, in the time mode of its carrier record, moved by its date variations. docs/formats.md lists the columns
 * that are read.
 *
 * - Seats are those of the configuration; a record without one has the default of `bts`, all economy.
 * - A blank date variation is read as what can be: arrivals are the first time after the departure, and a further leg
 *   departs after the one before has arrived.
 * - The zone of the airport decides what an instant is. The record's UTC variation is compared with it, and tells
 *   which hour is meant where the clocks show one twice.
 * - Seats that nobody sells (freight, positioning, training) and seats of another carrier's flight (DEI 050) make
 *   flights that are closed.
 */
export const ssimFormat: ScheduleFormat<SsimRow> = {
  readRows: readSsimRecords,
  open: (options, shiftDays) => (row, notes) => flightsOf(row, options, shiftDays, notes),
};

function flightsOf(
  row: SsimRow,
  options: ScheduleOptions,
  shiftDays: number,
  notes: LineNote[],
): ScheduledFlight[] | string {
  for (const code of [row.origin, row.destination]) if (!options.zoneOf(code)) return `unknown place ${code}`;
  if (row.origin === row.destination) return `origin and destination are both ${row.origin}`;
  const [from, to] = [options.coordinatesOf(row.origin), options.coordinatesOf(row.destination)];
  if (!from || !to) return `no coordinates to price ${row.origin}-${row.destination} by`;
  const km = greatCircleKm(from, to);
  const configured = cabinsOfConfiguration(row.configuration);
  const seats = configured.length > 0 ? configured : [{ cabin: 'economy' as const, capacity: defaultSeats }];
  const cabins = seats.map(({ cabin, capacity }) => {
    return { cabin, capacity, price: fareByDistance(km, cabin), isPricedByDistance: true as const };
  });
  const closed = whyClosed(row);
  const flights: ScheduledFlight[] = [];
  for (const day of daysOfPeriod(row.period)) {
    const times = timesOn(row, day + shiftDays, options);
    if (typeof times === 'string') return times;
    flights.push({
      line: row.line,
      carrier: row.carrier,
      number: row.number,
      origin: row.origin,
      destination: row.destination,
      departsAt: instantToWall(times.departs, zone(row.origin, options)),
      arrivesAt: instantToWall(times.arrives, zone(row.destination, options)),
      departsAtUtc: times.departs,
      arrivesAtUtc: times.arrives,
      cabins,
      equipment: row.equipment,
      isWhole: true,
      ...(closed ? { isClosed: true } : {}),
    });
  }
  // Other dates have other summer times, so a moved file says nothing of them.
  if (shiftDays === 0) notes.push(...disagreements(row, flights[0] as ScheduledFlight, options));
  if (configured.length === 0)
    notes.push({ line: row.line, note: `no seats in the configuration: ${defaultSeats} in economy` });
  if (closed) notes.push({ line: row.line, note: `not for sale: ${closed}` });
  return flights;
}

function whyClosed({ equipment: { serviceType }, operatedAs }: SsimRow): string | undefined {
  if (operatedAs) return `it is operated as ${operatedAs}`;
  return serviceType === null || soldServices.has(serviceType)
    ? undefined
    : `service type ${serviceType} carries no passengers of ours`;
}

/** Where the record's own UTC variation is not that of the airport's zone, on its first date. */
function disagreements(row: SsimRow, first: ScheduledFlight, options: ScheduleOptions): LineNote[] {
  const notes: LineNote[] = [];
  const compare = (code: string, instant: number, said: number | null): void => {
    const minutes = offsetAt(instant, zone(code, options)) / minuteMs;
    if (said === null || said === minutes) return;
    notes.push({
      line: row.line,
      note: `${code} is ${minutes} minutes from UTC on the first date, the record says ${said}`,
    });
  };
  compare(row.origin, first.departsAtUtc, row.originVariation);
  compare(row.destination, first.arrivesAtUtc, row.destinationVariation);
  return notes;
}

const zone = (code: string, options: ScheduleOptions): string => options.zoneOf(code) as string;

/** The instants of a leg of the flight whose date is `day`, or why they cannot be. */
function timesOn(row: SsimRow, day: number, options: ScheduleOptions): { departs: number; arrives: number } | string {
  const departure = (after: number): number =>
    instantOf(row.mode, day + after, row.departs, row.originVariation, zone(row.origin, options));
  const arrival = (after: number): number =>
    instantOf(row.mode, day + after, row.arrives, row.destinationVariation, zone(row.destination, options));
  const departs =
    row.departsAfter === null ? firstAfter(departure, arrivalBefore(row, day, options)) : departure(row.departsAfter);
  if (row.arrivesAfter !== null) {
    const arrives = arrival(row.arrivesAfter);
    if (arrives <= departs) return 'arrives before it departs, by the clocks of its zones';
    return arrives - departs > legMsMax ? 'takes longer than 30 hours' : { departs, arrives };
  }
  // The first arrival after the departure that these clocks can mean; eastwards over the date line, the day before.
  const base = Math.floor(departs / dayMs) - day;
  for (let after = base - 1; after <= base + 2; after++) {
    const arrives = arrival(after);
    if (arrives > departs) return { departs, arrives };
  }
  return 'arrives before it departs, by the clocks of its zones';
}

/** A further leg that does not say its day departs after the one before has arrived there. */
function arrivalBefore({ previous, origin }: SsimRow, day: number, options: ScheduleOptions): number {
  if (!previous || previous.destination !== origin || !options.zoneOf(previous.origin)) return Number.NEGATIVE_INFINITY;
  const times = timesOn(previous, day, options);
  return typeof times === 'string' ? Number.NEGATIVE_INFINITY : times.arrives;
}

function firstAfter(departure: (after: number) => number, instant: number): number {
  let after = 0;
  while (after < 2 && departure(after) < instant) after += 1;
  return departure(after);
}

function instantOf(mode: TimeMode, day: number, minutes: number, variation: number | null, ofZone: string): number {
  const clock = day * dayMs + minutes * minuteMs;
  if (mode === 'utc') return clock;
  const wall = wallOf(day, minutes);
  if (variation !== null) {
    const said = clock - variation * minuteMs;
    if (instantToWall(said, ofZone) === wall) return said;
  }
  return wallToInstant(wall, ofZone);
}
