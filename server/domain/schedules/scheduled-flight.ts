import type { CabinClass } from '../../../shared/flight.ts';
import type { Money } from '../../../shared/money.ts';
import type { CalendarDate, WallTime } from '../../../shared/times.ts';

/** One dated flight of a timetable: what every format is read into, and what the importer writes. */
export interface ScheduledFlight {
  /** Line of the file, counted from 1; a position in the day for the demo timetable, which has no file. */
  line: number;
  carrier: string;
  /** Without leading zeros. */
  number: string;
  origin: string;
  destination: string;
  /** Clocks at the two airports. A time that the clocks skip has been moved forward, as the clocks were. */
  departsAt: WallTime;
  arrivesAt: WallTime;
  /** Epoch milliseconds of the same two moments. */
  departsAtUtc: number;
  arrivesAtUtc: number;
  cabins: ScheduledCabin[];
}

interface ScheduledCabin {
  cabin: CabinClass;
  capacity: number;
  /** One seat. */
  price: Money;
}

export interface RejectedLine {
  line: number;
  reason: string;
}

export interface ParsedSchedule {
  /** In the order of the file. */
  flights: ScheduledFlight[];
  /** By line. */
  rejected: RejectedLine[];
  /** Lines that were understood. */
  accepted: number;
}

export interface ScheduleOptions {
  /** The IANA zone of a place that flights may touch; undefined makes the line an unknown place. */
  zoneOf: (code: string) => string | undefined;
  coordinatesOf: (code: string) => { latitude: number; longitude: number } | undefined;
  /** Text of a table of tail numbers and seat counts (`bts` only). */
  seats?: string | undefined;
  /** Moves every flight by the same number of days, so that the earliest local departure date is this one. */
  shiftTo?: CalendarDate | undefined;
}

/** What makes two lines the same flight: a second one with the same key in a file is a mistake of the file. */
export const flightKey = (
  flight: Pick<ScheduledFlight, 'carrier' | 'number' | 'origin' | 'destination' | 'departsAt'>,
): string =>
  `${flight.carrier} ${flight.number} ${flight.origin}-${flight.destination} on ${flight.departsAt.slice(0, 10)}`;
