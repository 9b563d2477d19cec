import {
  type ConnectionAsked,
  type ConnectionTable,
  connectionForbidden,
  connectionStatuses,
  minimumConnection,
} from '../connections/minimum-connection.ts';
import { counted, type Timetable } from '../timetable/timetable.ts';

/**
 * Minimum connection times, ready for the inner loop: what the rules say of each airport by status, worked out once,
 * and the table itself for the few airports whose rules also look at carriers or at another airport.
 */
export interface ConnectionTimes {
  table: ConnectionTable;
  /** Minutes at airport × 4 + status. */
  base: Uint16Array;
  /** By airport: 1 where a rule looks at carriers, so that `base` is not the whole answer. */
  isSpecial: Uint8Array;
}

/** Longer than any connection that is looked at. */
export const forbiddenMinutes = 65_535;

/** One for all: the inner loop makes no objects. */
const asked: ConnectionAsked = {
  arrivalAirport: 0,
  departureAirport: 0,
  arrivalTerminal: 0,
  departureTerminal: 0,
  status: 0,
  arrivalCarrier: 0,
  departureCarrier: 0,
};

const minutesOf = (found: number): number => (found === connectionForbidden ? forbiddenMinutes : found);

/** Works out the rules for the airports of a timetable; about 1 µs an airport. */
export function connectionTimes(t: Timetable, table: ConnectionTable): ConnectionTimes {
  const airports = t.counts[counted.airports] as number;
  const base = new Uint16Array(new SharedArrayBuffer(airports * 8));
  const isSpecial = new Uint8Array(new SharedArrayBuffer(Math.max(1, airports)));
  // Third of four numbers of a rule: its carriers. First: its airports, 0 for all.
  const special = new Set<number>();
  for (let at = 0; at < table.rows.length; at += 4) if (table.rows[at + 2] !== 0) special.add(table.rows[at] as number);
  Object.assign(asked, { arrivalTerminal: 0, departureTerminal: 0, arrivalCarrier: 0, departureCarrier: 0 });
  for (let airport = 0; airport < airports; airport++) {
    const code = t.airportCode[airport] as number;
    asked.arrivalAirport = asked.departureAirport = code;
    for (let status = 0; status < connectionStatuses.length; status++) {
      asked.status = status;
      base[airport * 4 + status] = minutesOf(minimumConnection(table, asked));
    }
    const pair = (code * 37 ** 3 + code) | 0;
    isSpecial[airport] = special.has(pair) || special.has(0) ? 1 : 0;
  }
  return { table, base, isSpecial };
}

/** The question to the rules for a flight of one carrier and one of another, from one airport to the same or another. */
export function connectionAsked(
  t: Timetable,
  arrival: number,
  departure: number,
  status: number,
  arrivalCarrier: number,
  departureCarrier: number,
): ConnectionAsked {
  asked.arrivalAirport = t.airportCode[arrival] as number;
  asked.departureAirport = t.airportCode[departure] as number;
  asked.status = status;
  asked.arrivalCarrier = t.carrierCode[arrivalCarrier] as number;
  asked.departureCarrier = t.carrierCode[departureCarrier] as number;
  return asked;
}

/** The least minutes of such a connection, or `forbiddenMinutes`. */
export const connectionMinutes = (
  times: ConnectionTimes,
  t: Timetable,
  ...connection: Parameters<typeof connectionAsked> extends [Timetable, ...infer Rest] ? Rest : never
): number => minutesOf(minimumConnection(times.table, connectionAsked(t, ...connection)));
