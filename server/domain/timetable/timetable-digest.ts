import { hash } from 'node:crypto';
import { dayOfDate } from '../places/zoned-time.ts';
import { idOf } from './flight-index.ts';
import type { ShownNames } from './names.ts';
import {
  counted,
  rowCurrency,
  rowFamily,
  rowLadder,
  rowPrice,
  rowsOfMarket,
  seatsForSale,
  stateGone,
  type Timetable,
} from './timetable.ts';

/** Sums over the flights of a local departure date that tell whether two copies of it are the same. */
export interface DateDigest {
  flights: number;
  flightVersions: number;
  cabins: number;
  cabinVersions: number;
}

export const sameDigest = (a: DateDigest, b: DateDigest): boolean =>
  a.flights === b.flights &&
  a.flightVersions === b.flightVersions &&
  a.cabins === b.cabins &&
  a.cabinVersions === b.cabinVersions;

/** Rows that stand in a block and are not gone. */
function* liveRows(t: Timetable): Generator<number> {
  const markets = t.counts[counted.markets] as number;
  for (let market = 0; market < markets; market++) {
    const [start, end] = rowsOfMarket(t, market);
    for (let row = start; row < end; row++) if (t.state[row] !== stateGone) yield row;
  }
}

const localDay = (t: Timetable, row: number): number =>
  Math.floor(((t.departs[row] as number) + (t.departsOffset[row] as number)) / 1_440);

export function daysOf(t: Timetable): Set<number> {
  const days = new Set<number>();
  for (const row of liveRows(t)) days.add(localDay(t, row));
  return days;
}

/** About 3 ns a flight of the timetable. */
export function rowsOfDate(t: Timetable, date: string): number[] {
  const day = dayOfDate(date);
  const rows: number[] = [];
  for (const row of liveRows(t)) if (localDay(t, row) === day) rows.push(row);
  return rows;
}

export function dateDigest(t: Timetable, date: string): DateDigest {
  const digest = { flights: 0, flightVersions: 0, cabins: 0, cabinVersions: 0 };
  for (const row of rowsOfDate(t, date)) {
    digest.flights++;
    digest.flightVersions += t.version[row] as number;
    for (const { version } of t.cabins) {
      if (version[row] === 0) continue;
      digest.cabins++;
      digest.cabinVersions += version[row] as number;
    }
  }
  return digest;
}

/**
 * One line for the whole content, and the flights in it: each flight is hashed with everything that is known of it, and
 * the hashes are added up, so that neither the order of rows nor that of names counts. 6 µs a flight.
 */
export function wholeDigest(t: Timetable, names: ShownNames): { flights: number; digest: string } {
  const sum = new Uint32Array(8);
  let flights = 0;
  for (const row of liveRows(t)) {
    const bytes = hash('sha256', flightLine(t, names, row), 'buffer');
    for (let word = 0; word < 8; word++) sum[word] = (sum[word] as number) + bytes.readUInt32BE(word * 4);
    flights++;
  }
  return { flights, digest: Array.from(sum, (word) => word.toString(16).padStart(8, '0')).join('') };
}

function flightLine(t: Timetable, names: ShownNames, row: number): string {
  const market = t.market[row] as number;
  const times = `${t.departs[row]} ${t.minutes[row]} ${t.departsOffset[row]} ${t.arrivesOffset[row]}`;
  const places = `${names.airports.at(t.marketFrom[market] as number)} ${names.airports.at(t.marketTo[market] as number)}`;
  const number = `${names.carriers.at(t.carrier[row] as number)} ${t.number[row]} ${t.suffix[row]}`;
  let line = `${idOf(t, row)} ${number} ${places} ${times} ${t.departsTerminal[row]} ${t.arrivesTerminal[row]}`;
  line += ` ${t.state[row]} ${t.version[row]}`;
  for (const cabin of t.cabins) {
    line += ' |';
    if (cabin.version[row] === 0) continue;
    line += ` ${cabin.version[row]} ${cabin.available[row]} ${cabin.capacity[row]} ${seatsForSale(cabin, row)}`;
    line += ` ${rowPrice(t, cabin, row, 1)} ${names.currencies.at(rowCurrency(t, cabin, row))}`;
    line += ` ${rowLadder(t, cabin, row).join()} ${rowFamily(t, cabin, row)}`;
  }
  return line;
}
