/**
 * Minimum connection times: how long a traveller needs between two flights. Pure data and a pure lookup, so that a
 * search engine can share the table with its workers: everything is one `Int32Array`, codes included.
 */

/** Domestic or international, of the flight that arrives and the flight that departs. */
export const connectionStatuses = ['DD', 'DI', 'ID', 'II'] as const;
export type ConnectionStatus = (typeof connectionStatuses)[number];

/** One rule. Null stands for any; `minutes` null forbids the connection. */
export interface ConnectionRule {
  /** Airport of the arriving flight; null: a rule for every airport, and then for both. */
  arrivalAirport: string | null;
  /** Airport of the departing flight, null for the same; another one is a change of airport on the ground. */
  departureAirport: string | null;
  arrivalTerminal: string | null;
  departureTerminal: string | null;
  status: ConnectionStatus | null;
  arrivalCarrier: string | null;
  departureCarrier: string | null;
  minutes: number | null;
}

/** A connection that is asked about, all codes as numbers of `codeNumber`; 0 where a terminal is not known. */
export interface ConnectionAsked {
  arrivalAirport: number;
  departureAirport: number;
  arrivalTerminal: number;
  departureTerminal: number;
  /** Place in `connectionStatuses`, as `statusNumber` answers it. */
  status: number;
  arrivalCarrier: number;
  departureCarrier: number;
}

/**
 * What holds where no rule does; they are ours, no airport's, and whoever shows one says so. Changing the airport
 * takes three hours whatever the status.
 */
export const defaultConnectionMinutes: Record<ConnectionStatus, number> & { airportChange: number } = {
  DD: 60,
  DI: 75,
  ID: 75,
  II: 75,
  airportChange: 180,
};

/** The answer for a connection that a rule forbids. */
export const connectionForbidden = -1;

/** Numbers of a row: airports, terminals, carriers, then status and minutes. */
const width = 4;
/** Codes of at most two symbols stay below. */
const codes2 = 37 * 37;
const codes3 = 37 * 37 * 37;
const anyStatus = 4;

/**
 * Rules as numbers, to be shared: `rows` holds four a rule, sorted by the pair of airports, and within a pair from
 * the most specific to the most general. Put `rows` into a SharedArrayBuffer as it is.
 */
export interface ConnectionTable {
  rows: Int32Array;
}

/** A code of up to three capitals and digits as a number above 0; 0 for none. Terminals may be lower case. */
export function codeNumber(code: string | null | undefined): number {
  let value = 0;
  for (const symbol of (code ?? '').toUpperCase()) value = value * 37 + 1 + Number.parseInt(symbol, 36);
  return value;
}

/** The place in `connectionStatuses` of a connection between two flights. */
export const statusNumber = (arrivesInternational: boolean, departsInternational: boolean): number =>
  (arrivesInternational ? 2 : 0) + (departsInternational ? 1 : 0);

/**
 * Rules in the order in which they are tried: carriers count more than terminals, terminals more than the status. Of
 * two that are equally specific the longer time holds, and a ban above any.
 */
export function buildConnectionTable(rules: readonly ConnectionRule[]): ConnectionTable {
  const packed = rules.map((rule) => ({
    pair: pairNumber(codeNumber(rule.arrivalAirport), codeNumber(rule.departureAirport ?? rule.arrivalAirport)),
    weight: weightOf(rule),
    // A ban counts as longer than any time.
    minutes: rule.minutes ?? minutesRange,
    rule,
  }));
  packed.sort((a, b) => a.pair - b.pair || b.weight - a.weight || b.minutes - a.minutes);
  const rows = new Int32Array(packed.length * width);
  for (const [place, { pair, rule }] of packed.entries()) {
    const at = place * width;
    rows[at] = pair;
    rows[at + 1] = codeNumber(rule.arrivalTerminal) * codes2 + codeNumber(rule.departureTerminal);
    rows[at + 2] = codeNumber(rule.arrivalCarrier) * codes2 + codeNumber(rule.departureCarrier);
    const status = rule.status === null ? anyStatus : connectionStatuses.indexOf(rule.status);
    rows[at + 3] = status * minutesRange + ((rule.minutes ?? connectionForbidden) + 1);
  }
  return { rows };
}

/** Minutes plus one stay below; a day is the longest that a rule may ask for. */
const minutesRange = 2048;

const weightOf = (rule: ConnectionRule): number =>
  8 * Number(rule.arrivalCarrier !== null) +
  8 * Number(rule.departureCarrier !== null) +
  2 * Number(rule.arrivalTerminal !== null) +
  2 * Number(rule.departureTerminal !== null) +
  Number(rule.status !== null);

// The number of three symbols stays below 37³ = 50,653, so a pair needs 32 bits: kept as a signed number.
const pairNumber = (arrival: number, departure: number): number => (arrival * codes3 + departure) | 0;

/**
 * Minutes that this connection needs at least, or `connectionForbidden`. Rules of the two airports are tried before
 * those for all airports; where none fits the defaults hold (`isDefaultConnection` tells). Allocates nothing.
 */
export function minimumConnection(table: ConnectionTable, asked: ConnectionAsked): number {
  const found = ruleFor(table, asked);
  if (found >= 0) return ((table.rows[found + 3] as number) % minutesRange) - 1;
  if (asked.arrivalAirport !== asked.departureAirport) return defaultConnectionMinutes.airportChange;
  return defaultConnectionMinutes[connectionStatuses[asked.status] as ConnectionStatus];
}

/** Whether no rule fits, so that what `minimumConnection` answers is a default of ours. */
export const isDefaultConnection = (table: ConnectionTable, asked: ConnectionAsked): boolean =>
  ruleFor(table, asked) < 0;

/** Where the first row that fits begins; −1 if none does. */
function ruleFor(table: ConnectionTable, asked: ConnectionAsked): number {
  const own = firstFit(table.rows, pairNumber(asked.arrivalAirport, asked.departureAirport), asked);
  // A rule for every airport says nothing of the way from one airport to another.
  return own >= 0 || asked.arrivalAirport !== asked.departureAirport ? own : firstFit(table.rows, 0, asked);
}

function firstFit(rows: Int32Array, pair: number, asked: ConnectionAsked): number {
  let low = 0;
  let high = rows.length / width;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle * width] as number) < pair) low = middle + 1;
    else high = middle;
  }
  for (let at = low * width; at < rows.length && rows[at] === pair; at += width) {
    const terminals = rows[at + 1] as number;
    const carriers = rows[at + 2] as number;
    const status = Math.trunc((rows[at + 3] as number) / minutesRange);
    if (status !== anyStatus && status !== asked.status) continue;
    if (!fits(Math.trunc(terminals / codes2), asked.arrivalTerminal)) continue;
    if (!fits(terminals % codes2, asked.departureTerminal)) continue;
    if (!fits(Math.trunc(carriers / codes2), asked.arrivalCarrier)) continue;
    if (fits(carriers % codes2, asked.departureCarrier)) return at;
  }
  return -1;
}

const fits = (wanted: number, given: number): boolean => wanted === 0 || wanted === given;
