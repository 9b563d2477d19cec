import type { CabinClass } from '../../../shared/flight.ts';
import type { rowStates } from './timetable.ts';

/** A flight as the record has it. Times are minutes since the epoch, UTC. */
export interface FlightRecord {
  id: string;
  carrier: string;
  number: string;
  origin: string;
  destination: string;
  departs: number;
  minutes: number;
  departsOffset: number;
  arrivesOffset: number;
  state: (typeof rowStates)[number];
  version: number;
  departsTerminal: string | null;
  arrivesTerminal: string | null;
  cabins: CabinRecord[];
}

export interface CabinRecord {
  cabin: CabinClass;
  price: number;
  currency: string;
  /** Pairs of (above, amount); null: every seat costs `price`. */
  ladder: number[] | null;
  /** 0: none. */
  family: number;
  available: number;
  capacity: number;
  version: number;
}

/** What the timetable must know of an airport. */
export interface AirportFact {
  latitude: number;
  longitude: number;
  country: string;
  /** The code of its city; its own when it has none. */
  city: string;
}
