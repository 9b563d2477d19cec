import { createFlightInput } from '../../../shared/flight.ts';
import { dateSchema, type WallTime } from '../../../shared/times.ts';
import { greatCircleKm } from '../places/great-circle.ts';
import { columnsOf, fieldAt, readDelimited } from '../places/read-delimited.ts';
import { instantToWall, wallToInstant } from '../places/zoned-time.ts';
import { fareByDistance } from './fare-by-distance.ts';
import { readTable, type ScheduleFormat, type ScheduleRow } from './schedule-format.ts';
import type { ScheduledFlight, ScheduleOptions } from './scheduled-flight.ts';
import { shiftWall } from './shift-dates.ts';

/**
 * Seats of an aircraft whose tail number is absent or unknown. On one real day of US flights the half whose tails
 * stand in the public table of aircraft average 141.
 */
export const defaultSeats = 140;

const kmPerMile = 1.609344;
const minuteMs = 60_000;
/** Longer than any scheduled flight with its stops; more is a slip of the file. */
const maxElapsedMinutes = 30 * 60;

/** Names of the trimmed file first, then of the original downloads of the Bureau of Transportation Statistics. */
const btsColumns = {
  date: ['date', 'FlightDate', 'FL_DATE'],
  year: ['Year'],
  month: ['Month'],
  day: ['DayofMonth', 'DAY_OF_MONTH'],
  carrier: [
    'carrier',
    'Reporting_Airline',
    'IATA_CODE_Reporting_Airline',
    'UniqueCarrier',
    'OP_UNIQUE_CARRIER',
    'OP_CARRIER',
  ],
  flight: ['flight', 'Flight_Number_Reporting_Airline', 'FlightNum', 'OP_CARRIER_FL_NUM'],
  origin: ['origin'],
  destination: ['dest', 'destination'],
  departure: ['crs_dep', 'CRSDepTime', 'CRS_DEP_TIME'],
  elapsed: ['crs_elapsed_min', 'CRSElapsedTime', 'CRS_ELAPSED_TIME'],
  distance: ['distance_mi', 'Distance'],
  tail: ['tail', 'TailNum', 'Tail_Number'],
} as const;

/** One line as it stands in the file: forms are checked, places and duplicates are not. */
interface BtsRow extends ScheduleRow {
  departsAt: WallTime;
  /** Scheduled minutes from gate to gate; null if the file has none. */
  elapsedMinutes: number | null;
  distanceKm: number | null;
  tail: string;
}

/**
 * Scheduled flights from US on-time performance data (`bts`): one line is one dated flight leg.
 *
 * Arrival is local departure plus scheduled elapsed minutes, moved through the zones; the arrival column, which
 * names no date, is not read. All seats are economy: the data know an aircraft's seats but not its cabins. A
 * departure at 2400 is midnight at the end of the date. Prices come from the distance.
 */
export const btsFormat: ScheduleFormat<BtsRow> = {
  readRows: (text) =>
    readTable(text, (header) => {
      const columns = columnsOf(header, btsColumns);
      return missingColumns(columns) ?? ((fields, line) => readRow(fields, line, columns));
    }),
  open: (options, shiftDays) => {
    const seats = seatsByTail(options.seats);
    if (typeof seats === 'string') return seats;
    return (row) => refusal(row, options) ?? [toFlight(row, options, shiftDays, seats.get(row.tail) ?? defaultSeats)];
  },
};

type Columns = Record<keyof typeof btsColumns, number>;

function missingColumns(columns: Columns): string | undefined {
  const required = ['carrier', 'flight', 'origin', 'destination', 'departure', 'elapsed'] as const;
  const missing: string[] = required.filter((key) => columns[key] < 0).map((key) => btsColumns[key].join(' or '));
  if (columns.date < 0 && (columns.year < 0 || columns.month < 0 || columns.day < 0))
    missing.unshift('date or FlightDate or FL_DATE or Year with Month and DayofMonth');
  return missing.length > 0 ? `the header lacks ${missing.join('; ')}` : undefined;
}

const designators = createFlightInput.pick({ carrier: true, number: true, origin: true, destination: true });

/** The row, or why it is none. */
function readRow(fields: string[], line: number, columns: Columns): BtsRow | string {
  const parsed = designators.safeParse({
    carrier: fieldAt(fields, columns.carrier),
    number: fieldAt(fields, columns.flight),
    origin: fieldAt(fields, columns.origin),
    destination: fieldAt(fields, columns.destination),
  });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const column = issue?.path[0] === 'number' ? 'flight' : String(issue?.path[0]);
    return `${column} "${fieldAt(fields, columns[column as keyof Columns])}" is not ${issue?.message}`;
  }
  const date = dateOf(fields, columns);
  if (date === undefined) return 'no date that exists';
  const departure = fieldAt(fields, columns.departure);
  const departsAt = wallOf(date, departure);
  if (departsAt === undefined) return `departure time "${departure}" is not HHMM`;
  const distance = Number(fieldAt(fields, columns.distance) || Number.NaN);
  const elapsed = fieldAt(fields, columns.elapsed);
  const elapsedMinutes = Number(elapsed || Number.NaN);
  return {
    line,
    ...parsed.data,
    departsAt,
    elapsedMinutes: Number.isFinite(elapsedMinutes) ? elapsedMinutes : null,
    distanceKm: distance > 0 ? distance * kmPerMile : null,
    tail: fieldAt(fields, columns.tail).toUpperCase(),
  };
}

/** ISO, or as newer downloads print it: `1/18/2008 12:00:00 AM`. */
function dateOf(fields: string[], columns: Columns): string | undefined {
  let date = fieldAt(fields, columns.date);
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: |$)/.exec(date);
  if (american) date = isoDate(american[3], american[1], american[2]);
  else if (columns.date < 0)
    date = isoDate(fieldAt(fields, columns.year), fieldAt(fields, columns.month), fieldAt(fields, columns.day));
  return dateSchema.safeParse(date).success ? date : undefined;
}

const isoDate = (year = '', month = '', day = ''): string =>
  `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;

/** `15`, `0015` and `15.0` are a quarter past midnight; 2400 is midnight at the end of the date. */
function wallOf(date: string, time: string): WallTime | undefined {
  const found = /^(\d{1,4})(?:\.0*)?$/.exec(time);
  if (!found) return undefined;
  const clock = (found[1] as string).padStart(4, '0');
  if (clock === '2400') return shiftWall(`${date}T00:00`, 1);
  if (clock > '2359' || clock.slice(2) > '59') return undefined;
  return `${date}T${clock.slice(0, 2)}:${clock.slice(2)}`;
}

/** Why a readable row becomes no flight. */
function refusal(row: BtsRow, options: ScheduleOptions): string | undefined {
  for (const code of [row.origin, row.destination]) if (!options.zoneOf(code)) return `unknown place ${code}`;
  if (row.origin === row.destination) return `origin and destination are both ${row.origin}`;
  if (row.elapsedMinutes === null) return 'no scheduled elapsed minutes';
  if (!Number.isInteger(row.elapsedMinutes) || row.elapsedMinutes < 1 || row.elapsedMinutes > maxElapsedMinutes)
    return `elapsed minutes ${row.elapsedMinutes} are not between 1 and ${maxElapsedMinutes}`;
  if (distanceKm(row, options) === undefined) return `no distance from ${row.origin} to ${row.destination} to price by`;
  return undefined;
}

function toFlight(row: BtsRow, options: ScheduleOptions, shiftDays: number, seats: number): ScheduledFlight {
  const originZone = options.zoneOf(row.origin) as string;
  const departsAtUtc = wallToInstant(shiftWall(row.departsAt, shiftDays), originZone);
  const arrivesAtUtc = departsAtUtc + (row.elapsedMinutes as number) * minuteMs;
  return {
    line: row.line,
    carrier: row.carrier,
    number: row.number,
    origin: row.origin,
    destination: row.destination,
    departsAt: instantToWall(departsAtUtc, originZone),
    arrivesAt: instantToWall(arrivesAtUtc, options.zoneOf(row.destination) as string),
    departsAtUtc,
    arrivesAtUtc,
    cabins: [
      {
        cabin: 'economy',
        capacity: seats,
        price: fareByDistance(distanceKm(row, options) as number, 'economy'),
        isPricedByDistance: true,
      },
    ],
  };
}

/** Along the great circle if both ends are known, otherwise as the file says. */
function distanceKm(row: BtsRow, options: ScheduleOptions): number | undefined {
  const from = options.coordinatesOf(row.origin);
  const to = options.coordinatesOf(row.destination);
  return from && to ? greatCircleKm(from, to) : (row.distanceKm ?? undefined);
}

/** Seats by tail number in capitals; text says what is wrong with the table. A seat count that is none is skipped. */
function seatsByTail(text: string | undefined): Map<string, number> | string {
  const seats = new Map<string, number>();
  if (text === undefined) return seats;
  const file = readDelimited(text);
  const columns = columnsOf(file?.header ?? [], {
    tail: ['tailnum', 'tail', 'tail_number', 'registration'],
    seats: ['seats', 'capacity'],
  });
  if (!file || columns.tail < 0 || columns.seats < 0) return 'the table of seats needs the columns tailnum and seats';
  for (const row of file.rows()) {
    if ('fault' in row) continue;
    const count = Number(fieldAt(row.fields, columns.seats) || Number.NaN);
    const tail = fieldAt(row.fields, columns.tail).toUpperCase();
    if (tail && Number.isInteger(count) && count >= 1 && count <= 1000) seats.set(tail, count);
  }
  return seats;
}
