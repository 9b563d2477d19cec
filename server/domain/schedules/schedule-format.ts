import { linesPerSlice, readDelimited, type Slices } from '../places/read-delimited.ts';
import { dateOfDay, dayOfDate } from '../places/zoned-time.ts';
import { daysOfPeriod, type OperatingPeriod } from './operating-period.ts';
import {
  flightKey,
  type LineNote,
  type ParsedSchedule,
  type RejectedLine,
  type ScheduledFlight,
  type ScheduleOptions,
  type ScheduleScope,
} from './scheduled-flight.ts';
import { daysToShift, shiftWall } from './shift-dates.ts';

/** A line as it stands in the file: its forms are checked; places, the order of times and duplicates are not. */
export interface ScheduleRow {
  line: number;
  carrier: string;
  number: string;
  origin: string;
  destination: string;
  /** The (first) departure by the file's clock, which is the airport's in all formats but SSIM in UTC. */
  departsAt: string;
  /** Where a line is more than one dated flight: the dates of the flight, whose later legs may depart days after. */
  period?: OperatingPeriod;
}

export interface ReadRows<Row> {
  rows: Row[];
  rejected: RejectedLine[];
  notes?: LineNote[];
  /** Carriers and dates that the file says it speaks for. */
  scopes?: ScheduleScope[];
  broken?: string | null;
}

/**
 * A way of writing timetables down. Everything that is the same in all of them (giving way, shifting, duplicates,
 * counting) stands in `readSchedule`.
 */
export interface ScheduleFormat<Row extends ScheduleRow> {
  readRows(text: string): Slices<ReadRows<Row>>;
  /**
   * A function from a row to its dated flights, moved by so many days, or to why there are none. A text instead of
   * the function says what is wrong with the options; nothing of the file is read then.
   */
  open(
    options: ScheduleOptions,
    shiftDays: number,
  ): ((row: Row, notes: LineNote[]) => ScheduledFlight[] | string) | string;
}

/** Nobody's timetable of a year is larger in one piece; what is, has to be cut. */
const flightsPerFileMax = 500_000;

/**
 * Reads a timetable into dated flights, in the order of the file, with every refused line and its reason. Sliced;
 * never throws on any text.
 */
export function* readSchedule<Row extends ScheduleRow>(
  format: ScheduleFormat<Row>,
  text: string,
  options: ScheduleOptions,
): Slices<ParsedSchedule> {
  const { rows, rejected, notes = [], scopes = [], broken = null } = yield* format.readRows(text);
  const shiftDays = daysToShift(rows, options.shiftTo);
  const flightsOf = format.open(options, shiftDays);
  if (typeof flightsOf === 'string')
    return { flights: [], rejected: [{ line: 1, reason: flightsOf }], accepted: 0, notes: [], scopes: [], broken };
  const flights: ScheduledFlight[] = [];
  const firstLines = new Map<string, number>();
  let accepted = 0;
  let untilYield = linesPerSlice;
  for (const row of rows) {
    const read = flights.length >= flightsPerFileMax ? tooMany : flightsOf(row, notes);
    untilYield -= typeof read === 'string' ? 1 : read.length;
    if (untilYield <= 0) {
      untilYield = linesPerSlice;
      yield;
    }
    const reason = typeof read === 'string' ? read : repeated(row, firstLines);
    if (reason !== undefined) {
      rejected.push({ line: row.line, reason });
      continue;
    }
    accepted += 1;
    for (const key of keysOf(row)) firstLines.set(key, row.line);
    for (const flight of read as ScheduledFlight[]) flights.push(flight);
  }
  return {
    flights,
    rejected: rejected.sort((a, b) => a.line - b.line),
    accepted,
    notes: notes.sort((a, b) => a.line - b.line),
    scopes: scopesOf(flights, scopes, shiftDays),
    broken,
  };
}

const tooMany = `more than ${flightsPerFileMax} dated flights in one piece; send the file in parts`;

/** What makes the dated flights of a row the same as those of another: the days on which they depart. */
export function* keysOf(row: ScheduleRow): Generator<string> {
  if (!row.period) {
    yield flightKey(row);
    return;
  }
  let after: number | undefined;
  for (const day of daysOfPeriod(row.period)) {
    after ??= dayOfDate(row.departsAt.slice(0, 10)) - day;
    yield flightKey({ ...row, departsAt: dateOfDay(day + after) });
  }
}

function repeated(row: ScheduleRow, firstLines: ReadonlyMap<string, number>): string | undefined {
  for (const key of keysOf(row)) {
    const first = firstLines.get(key);
    if (first !== undefined) return `${key} is already on line ${first}`;
  }
  return undefined;
}

/** From the first to the last departure date of each carrier, or as far as the file itself says that it speaks. */
function scopesOf(flights: ScheduledFlight[], said: ScheduleScope[], shiftDays: number): ScheduleScope[] {
  const scopes = new Map<string, ScheduleScope>();
  const widen = (carrier: string, from: string, to: string): void => {
    const known = scopes.get(carrier);
    if (!known) scopes.set(carrier, { carrier, from, to });
    else {
      if (from < known.from) known.from = from;
      if (to > known.to) known.to = to;
    }
  };
  for (const { carrier, departsAt } of flights) widen(carrier, departsAt.slice(0, 10), departsAt.slice(0, 10));
  for (const { carrier, from, to } of said)
    if (scopes.has(carrier)) widen(carrier, shiftWall(from, shiftDays), shiftWall(to, shiftDays));
  return [...scopes.values()].sort((a, b) => (a.carrier < b.carrier ? -1 : 1));
}

/**
 * The rows of a table with a header, each read by `readRow`, which answers the row or why it is none. `open` finds
 * its columns in the header first, or says which are missing; then nothing of the file is read.
 */
export function* readTable<Row>(
  text: string,
  open: (header: string[]) => ((fields: string[], line: number) => Row | string) | string,
): Slices<{ rows: Row[]; rejected: RejectedLine[] }> {
  const file = readDelimited(text);
  if (!file) return { rows: [], rejected: [{ line: 1, reason: 'the file is empty' }] };
  const readRow = open(file.header);
  if (typeof readRow === 'string') return { rows: [], rejected: [{ line: file.headerLine, reason: readRow }] };
  const rows: Row[] = [];
  const rejected: RejectedLine[] = [];
  let untilYield = linesPerSlice;
  for (const row of file.rows()) {
    if (--untilYield === 0) {
      untilYield = linesPerSlice;
      yield;
    }
    const read = 'fault' in row ? row.fault : readRow(row.fields, row.line);
    if (typeof read === 'string') rejected.push({ line: row.line, reason: read });
    else rows.push(read);
  }
  return { rows, rejected };
}
