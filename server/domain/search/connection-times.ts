import {
  type ConnectionAsked,
  type ConnectionTable,
  connectionForbidden,
  connectionStatuses,
  minimumConnection,
  statusNumber,
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
  /** By airport: 1 where a rule looks at carriers or terminals, so that `base` is not the whole answer. */
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
  // Four numbers a rule: its airports (0 for all), its terminals, its carriers, what it says.
  const special = new Set<number>();
  for (let at = 0; at < table.rows.length; at += 4)
    if (table.rows[at + 1] !== 0 || table.rows[at + 2] !== 0) special.add(table.rows[at] as number);
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

/** The question to the rules for a change from one flight of the timetable to another. */
export function connectionAsked(t: Timetable, before: number, after: number): ConnectionAsked {
  const [market, next] = [t.market[before] as number, t.market[after] as number];
  asked.arrivalAirport = t.airportCode[t.marketTo[market] as number] as number;
  asked.departureAirport = t.airportCode[t.marketFrom[next] as number] as number;
  asked.arrivalTerminal = t.arrivesTerminal[before] as number;
  asked.departureTerminal = t.departsTerminal[after] as number;
  asked.status = statusNumber(t.marketDomestic[market] !== 1, t.marketDomestic[next] !== 1);
  asked.arrivalCarrier = t.carrierCode[t.carrier[before] as number] as number;
  asked.departureCarrier = t.carrierCode[t.carrier[after] as number] as number;
  return asked;
}

/** The least minutes of such a connection, or `forbiddenMinutes`. */
export const connectionMinutes = ({ table }: ConnectionTimes, t: Timetable, before: number, after: number): number =>
  minutesOf(minimumConnection(table, connectionAsked(t, before, after)));
