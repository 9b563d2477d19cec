import { createHash } from 'node:crypto';
import { dayOfDate } from '../places/zoned-time.ts';
import { idOf } from './flight-index.ts';
import type { TimetableNames } from './names.ts';
import { counted, rowCurrency, rowFamily, rowPrice, rowsOfMarket, stateGone, type Timetable } from './timetable.ts';

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

export function wholeDigest(t: Timetable, names: TimetableNames): string {
  const lines: string[] = [];
  for (const row of liveRows(t)) {
    const market = t.market[row] as number;
    const columns = [t.departs, t.minutes, t.departsOffset, t.arrivesOffset, t.departsTerminal, t.arrivesTerminal];
    const rest = [t.number, t.suffix, t.state, t.version];
    const cabins = t.cabins.map((cabin) =>
      cabin.version[row] === 0
        ? '-'
        : [
            cabin.version[row],
            cabin.available[row],
            cabin.capacity[row],
            rowPrice(t, cabin, row, 1),
            names.currencies.at(rowCurrency(t, cabin, row)),
            rowFamily(t, cabin, row),
          ].join(),
    );
    lines.push(
      [
        idOf(t, row),
        names.carriers.at(t.carrier[row] as number),
        names.airports.at(t.marketFrom[market] as number),
        names.airports.at(t.marketTo[market] as number),
        ...[...columns, ...rest].map((column) => column[row]),
        ...cabins,
      ].join(' '),
    );
  }
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
