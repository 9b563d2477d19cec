import { type Column, counted, timetableBytes } from '../../server/domain/timetable/timetable.ts';
import type { TimetableWriter } from '../../server/domain/timetable/timetable-writer.ts';

/** What a flight takes in memory, with its share of everything that there is once. */
export interface BytesAFlight {
  /** What a search reads. */
  searched: number;
  all: number;
  /** What `all` is made of. */
  parts: Record<string, number>;
}

export function timetableBytesAFlight(writer: TimetableWriter): BytesAFlight {
  const t = writer.timetable;
  const rows = t.counts[counted.rows] as number;
  const bytes = timetableBytes(t);
  const width = (columns: Column[]) => columns.reduce((sum, column) => sum + column.BYTES_PER_ELEMENT, 0);
  const all = (bytes.all + writer.indexBytes) / rows;
  const parts = {
    'prices and terms of four cabins': width(t.cabins.flatMap(({ price, terms }) => [price, terms])),
    'their seats and capacities': width(t.cabins.flatMap(({ available, capacity }) => [available, capacity])),
    'versions of cabins and flight': width([...t.cabins.map(({ version }) => version), t.version]),
    id: width([t.id0, t.id1, t.id2, t.id3]),
    'index by id': writer.indexBytes / rows,
    'departure, minutes, clock, carrier': width([t.departs, t.minutes, t.departsOffset, t.carrier]),
    'number, state, market, terminals, clock there': width([
      ...[t.number, t.suffix, t.state, t.market],
      ...[t.departsTerminal, t.arrivesTerminal, t.arrivesOffset],
    ]),
  };
  const named = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return { searched: bytes.searched / rows, all, parts: { ...parts, 'markets, airports, lists': all - named } };
}

/** With the bytes of the narrow table in Postgres, which holds what a search reads and nothing else. */
export const bytesText = ({ searched, all, parts, postgres }: BytesAFlight & { postgres: number }): string[] => [
  `bytes a flight with four cabin prices: ${searched.toFixed(1)} that a search reads; the same in Postgres, with three indexes, ${postgres.toFixed(1)}: ${(postgres / searched).toFixed(1)} times (mark: at least 6)`,
  `  with what that table has none of ${all.toFixed(1)}: ${Object.entries(parts)
    .map(([name, bytes]) => `${bytes.toFixed(1)} ${name}`)
    .join(', ')}`,
];
