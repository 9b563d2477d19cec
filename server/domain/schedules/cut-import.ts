import type { ImportFlightsInput } from '../../../shared/flight.ts';
import { parsePlaces } from '../places/parse-places.ts';
import type { Slices } from '../places/read-delimited.ts';
import { dateOfDay, dayOfDate } from '../places/zoned-time.ts';
import { btsRows } from './parse-bts.ts';
import { scheduleCsvRows } from './parse-schedule-csv.ts';
import { flightKey, type RejectedLine } from './scheduled-flight.ts';
import { daysToShift, earliestDate } from './shift-dates.ts';

/** One call of `admin.flights.import`. */
export interface ImportPiece {
  text: string;
  shiftTo: string | undefined;
  /** How much of the file has been sent after this piece, from 0 to 1. */
  share: number;
}

/** Small enough that a progress bar moves, large enough that the header and the call do not count. */
const pieceCharacters = 1024 * 1024;
/** A file up to this size goes in one call. */
const wholeCharacters = 2 * 1024 * 1024;

/**
 * Cuts a file into the pieces in which it is sent, with the same outcome as if it went whole.
 *
 * Each piece repeats the header, and between the two stand as many empty lines as were sent before: so the server's
 * line numbers are the file's. A piece is shifted by the days that the whole file needs, not by what its own first
 * date would ask for. And a line that repeats the flight of an accepted line of an earlier piece, which the server
 * cannot see any more, is refused here in the same words. SSIM is not cut: its lines depend on those before.
 *
 * Yields a piece, is given back what the server rejected of it, and returns all rejected lines.
 */
export function* cutImport(
  format: ImportFlightsInput['format'],
  text: string,
  shiftTo: string | undefined,
): Generator<ImportPiece, RejectedLine[], RejectedLine[]> {
  if (format === 'ssim' || text.length <= wholeCharacters) return yield { text, shiftTo, share: 1 };
  const ranges = cutLines(text);
  const shiftDays = shiftTo === undefined ? 0 : daysToShift(departures(ranges, format), shiftTo);
  const rejected: RejectedLine[] = [];
  const accepted = new Map<string, number>();
  for (const [index, range] of ranges.entries()) {
    const rows = readRows(format, range.text());
    const repeated = rows.filter((row) => accepted.has(row.key));
    for (const { key, line } of repeated)
      rejected.push({ line, reason: `${key} is already on line ${accepted.get(key)}` });
    const repeatedLines = new Set(repeated.map((row) => row.line));
    const rest = rows.filter((row) => !repeatedLines.has(row.line));
    const earliest = earliestDate(rest.flatMap(({ departsAt }) => (departsAt ? [{ departsAt }] : [])));
    const refused = yield {
      text: range.text(repeatedLines),
      shiftTo: shiftTo === undefined || !earliest ? undefined : dateOfDay(dayOfDate(earliest) + shiftDays),
      share: (index + 1) / ranges.length,
    };
    rejected.push(...refused);
    const refusedLines = new Set(refused.map((each) => each.line));
    for (const { key, line } of rest) if (!refusedLines.has(line)) accepted.set(key, line);
  }
  return rejected.sort((a, b) => a.line - b.line);
}

interface LineRange {
  /** The piece, without the lines of those numbers. */
  text(without?: ReadonlySet<number>): string;
}

function cutLines(text: string): LineRange[] {
  const lines = text.split('\n');
  const header = lines.findIndex((line) => line.trim() !== '' && line !== '\ufeff');
  const head = lines.slice(0, header + 1).join('\n');
  const ranges: LineRange[] = [];
  for (let from = header + 1; from < lines.length; ) {
    const start = from;
    for (let size = 0; from < lines.length && size < pieceCharacters; from++)
      size += (lines[from] as string).length + 1;
    const end = from;
    ranges.push({
      text: (without) => {
        const own = lines.slice(start, end).map((line, index) => (without?.has(start + index + 1) ? '' : line));
        return head + '\n'.repeat(start - header) + own.join('\n');
      },
    });
  }
  return ranges;
}

function* departures(ranges: LineRange[], format: ImportFlightsInput['format']): Generator<{ departsAt: string }> {
  for (const range of ranges)
    for (const { departsAt } of readRows(format, range.text())) if (departsAt) yield { departsAt };
}

interface Row {
  line: number;
  /** What makes two lines the same. */
  key: string;
  departsAt?: string;
}

/** The readable lines of a piece. */
function readRows(format: ImportFlightsInput['format'], text: string): Row[] {
  switch (format) {
    case 'places':
      return run(parsePlaces(text)).places.map(({ line, code }) => ({ line, key: code }));
    case 'csv':
      return run(scheduleCsvRows(text)).rows.map((row) => ({
        line: row.line,
        key: flightKey(row),
        departsAt: row.departsAt,
      }));
    case 'bts':
      return run(btsRows(text)).rows.map((row) => ({ line: row.line, key: flightKey(row), departsAt: row.departsAt }));
    case 'ssim':
      return [];
  }
}

function run<Result>(slices: Slices<Result>): Result {
  for (;;) {
    const step = slices.next();
    if (step.done) return step.value;
  }
}
