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
  /** What only some formats know; a format without it changes nothing of it. */
  equipment?: FlightEquipment;
  /** It flies, but none of its seats is ours to sell. */
  isClosed?: true;
  /** Cabins that are not named do not exist on this flight. */
  isWhole?: true;
}

interface ScheduledCabin {
  cabin: CabinClass;
  capacity: number;
  /** One seat. */
  price: Money;
  /** The price is the formula's: it is for cabins that are new, and leaves alone what an operator asks. */
  isPricedByDistance?: true;
}

/** Of an industry timetable; null is not known. */
export interface FlightEquipment {
  originTerminal: string | null;
  destinationTerminal: string | null;
  /** IATA aircraft type, three symbols. */
  aircraft: string | null;
  /** IATA service type: J is a scheduled passenger flight. */
  serviceType: string | null;
}

export interface RejectedLine {
  line: number;
  reason: string;
}

/** Something about a line that was taken all the same. */
export interface LineNote {
  line: number;
  note: string;
}

export interface ParsedSchedule {
  /** In the order of the file. */
  flights: ScheduledFlight[];
  /** By line. */
  rejected: RejectedLine[];
  /** Lines that were understood. */
  accepted: number;
  notes: LineNote[];
  /** What the file speaks for: each carrier with the local departure dates, first and last, after any shift. */
  scopes: ScheduleScope[];
  /** Why the file cannot be all that there is, by its own marks (a gap, no end); null if nothing speaks against it. */
  broken: string | null;
}

export interface ScheduleScope {
  carrier: string;
  from: CalendarDate;
  to: CalendarDate;
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
