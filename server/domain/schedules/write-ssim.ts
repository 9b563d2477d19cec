import type { CabinClass } from '../../../shared/flight.ts';
import { dateOfDay, dayOfDate, offsetAt } from '../places/zoned-time.ts';
import { configurationOfCabins } from './cabin-configuration.ts';
import { type OperatingPeriod, periodsOfDays } from './operating-period.ts';
import type { FlightEquipment } from './scheduled-flight.ts';
import { recordLength, ssimDate, ssimDateVariation, ssimVariation } from './ssim-columns.ts';

/** A dated flight as the record has it. */
export interface HeldFlight extends FlightEquipment {
  carrier: string;
  number: string;
  origin: string;
  destination: string;
  departsAt: string;
  arrivesAt: string;
  /** Milliseconds since the epoch. */
  departsAtUtc: number;
  arrivesAtUtc: number;
  cabins: { cabin: CabinClass; capacity: number }[];
}

const minuteMs = 60_000;
/** A leg that departs later after the one before is a flight of its own. */
const groundMsMax = 24 * 60 * minuteMs;
const legsMax = 20;

type Fields = Record<number, string>;

/** A record without its serial number; fields by the column, from 1, in which they begin. */
function recordOf(fields: Fields): string {
  let record = '';
  for (const [from, text] of Object.entries(fields)) record = record.padEnd(Number(from) - 1) + text;
  return record.padEnd(recordLength - 6);
}

export const zeroRecord = '0'.repeat(recordLength);
/** A record of `recordOf` with its serial number. */
export const numbered = (record: string, serial: number): string => record + serialText(serial);
const serialText = (serial: number): string => String(serial % 1_000_000).padStart(6, '0');

export const headerRecord = (): string => recordOf({ 1: '1AIRLINE STANDARD SCHEDULE DATA SET', 192: '001' });

/** Local times; from the first to the last date of the carrier. */
export const carrierRecord = (carrier: string, from: string, to: string, today: string): string =>
  recordOf({ 1: '2L', 3: carrier, 15: ssimDate(from), 22: ssimDate(to), 29: ssimDate(today), 72: 'P' });

export const trailerRecord = (carrier: string, lastSerial: number): string =>
  recordOf({ 1: '5', 3: carrier, 188: serialText(lastSerial), 194: 'E' });

/**
 * The leg records of all dated flights of one flight number: legs that follow one another are one flight, equal days
 * are one period. A flight whose seats have no room in the twenty columns of a configuration is left out.
 */
export function legRecords(
  flights: readonly HeldFlight[],
  zoneOf: (code: string) => string,
): { records: string[]; written: number } {
  const chains = chainsOf(flights.filter((each) => configurationOf(each) !== undefined));
  const alike = new Map<string, { legs: Fields[]; days: number[] }>();
  let written = 0;
  for (const chain of chains) {
    written += chain.length;
    const day = dayOfDate((chain[0] as HeldFlight).departsAt.slice(0, 10));
    const legs = chain.map((flight) => fieldsOf(flight, day, zoneOf));
    const key = JSON.stringify(legs);
    const known = alike.get(key);
    if (known) known.days.push(day);
    else alike.set(key, { legs, days: [day] });
  }
  const operations = [...alike.values()].flatMap(({ legs, days }) =>
    periodsOfDays(days.sort((a, b) => a - b)).map((period) => ({ legs, period })),
  );
  operations.sort((a, b) => a.period.from - b.period.from);
  const records = operations.flatMap(({ legs, period }, at) =>
    legs.map((leg, place) => recordOf({ ...leg, ...operationFields(period, at + 1, place + 1) })),
  );
  return { records, written };
}

/** Dated flights in the order of their departure, as chains of legs that follow one another from place to place. */
function chainsOf(flights: readonly HeldFlight[]): HeldFlight[][] {
  const chains: HeldFlight[][] = [];
  // Open chains by where they stand, the newest last.
  const standing = new Map<string, HeldFlight[][]>();
  for (const flight of [...flights].sort((a, b) => a.departsAtUtc - b.departsAtUtc)) {
    const waiting = standing.get(flight.origin) ?? [];
    const at = waiting.findLastIndex((chain) => follows(chain, flight));
    const [chain = []] = at < 0 ? [] : waiting.splice(at, 1);
    if (chain.length === 0) chains.push(chain);
    chain.push(flight);
    const next = standing.get(flight.destination) ?? [];
    // What has stood for longer than a day goes nowhere any more.
    standing.set(flight.destination, [...next.filter((each) => isFresh(each, flight)), chain]);
  }
  return chains;
}

const isFresh = (chain: HeldFlight[], { departsAtUtc }: HeldFlight): boolean =>
  departsAtUtc - (chain.at(-1) as HeldFlight).arrivesAtUtc <= groundMsMax;

function follows(chain: HeldFlight[], flight: HeldFlight): boolean {
  const [first, last] = [chain[0] as HeldFlight, chain.at(-1) as HeldFlight];
  const day = dayOfDate(first.departsAt.slice(0, 10));
  return (
    last.arrivesAtUtc <= flight.departsAtUtc &&
    isFresh(chain, flight) &&
    chain.length < legsMax &&
    // A number that goes to and fro begins anew each time.
    chain.every((each) => each.origin !== flight.origin) &&
    dateVariation(flight.departsAt, day) !== undefined &&
    dateVariation(flight.arrivesAt, day) !== undefined
  );
}

const dateVariation = (wall: string, day: number): string | undefined =>
  ssimDateVariation(dayOfDate(wall.slice(0, 10)) - day);

/** Seats of a flight; one that has none any more says so, as nothing would mean that nobody knows. */
function configurationOf({ cabins }: HeldFlight): string | undefined {
  const text = configurationOfCabins(cabins);
  return text === '' ? 'Y000' : text;
}

/** Everything of a leg record that does not depend on the days on which it is flown. */
function fieldsOf(flight: HeldFlight, day: number, zoneOf: (code: string) => string): Fields {
  const [, digits = '', suffix = ''] = /^(\d+)([A-Z]?)$/.exec(flight.number) ?? [];
  const time = (wall: string): string => wall.slice(11).replace(':', '');
  const variation = (instant: number, code: string): string =>
    ssimVariation(Math.round(offsetAt(instant, zoneOf(code)) / minuteMs));
  const configuration = configurationOf(flight) as string;
  return {
    1: '3',
    2: suffix,
    3: flight.carrier,
    6: digits.padStart(4),
    14: flight.serviceType ?? 'J',
    37: flight.origin + time(flight.departsAt) + time(flight.departsAt) + variation(flight.departsAtUtc, flight.origin),
    53: flight.originTerminal ?? '',
    55:
      flight.destination +
      time(flight.arrivesAt) +
      time(flight.arrivesAt) +
      variation(flight.arrivesAtUtc, flight.destination),
    71: flight.destinationTerminal ?? '',
    73: flight.aircraft ?? '',
    76: configuration.replace(/\d/g, ''),
    173: configuration,
    193: `${dateVariation(flight.departsAt, day)}${dateVariation(flight.arrivesAt, day)}`,
  };
}

/** Which variation of the number, which leg of it, and when. */
function operationFields(period: OperatingPeriod, variation: number, leg: number): Fields {
  const weekdays = Array.from({ length: 7 }, (_, at) => ((period.weekdays >> at) & 1 ? String(at + 1) : ' ')).join('');
  const hundreds = Math.floor(variation / 100) % 10;
  return {
    10: String(variation % 100).padStart(2, '0') + String(leg).padStart(2, '0'),
    15: ssimDate(dateOfDay(period.from)) + ssimDate(dateOfDay(period.to)) + weekdays,
    128: hundreds > 0 ? String(hundreds) : '',
  };
}
