import type { ImportFlightsInput } from '../../../shared/flight.ts';
import { parsePlaces } from '../places/parse-places.ts';
import type { Slices } from '../places/read-delimited.ts';
import { dateOfDay, dayOfDate } from '../places/zoned-time.ts';
import { daysOfPeriod } from './operating-period.ts';
import { keysOf } from './schedule-format.ts';
import type { RejectedLine } from './scheduled-flight.ts';
import { daysToShift, earliestDate } from './shift-dates.ts';
import { formatOf, type TimetableFormat } from './timetable-formats.ts';

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
/** And so does SSIM of up to so many dated flights, which take the server some ten seconds. */
const pieceFlights = 20_000;

/**
 * Cuts a file into the pieces in which it is sent, with the same outcome as if it went whole.
 *
 * A piece is the file with all lines of other pieces left empty, so the server's line numbers are the file's; the
 * header stays, and of SSIM the carrier record and the trailer of the data set, while the legs of one flight stay
 * together. A piece is shifted by the days that the whole file needs, not by what its own first date would ask for.
 * And a line that repeats a flight of an accepted line of an earlier piece, which the server cannot see any more, is
 * refused here in the same words.
 *
 * Yields a piece, is given back what the server rejected of it, and returns all rejected lines.
 */
export function* cutImport(
  format: ImportFlightsInput['format'],
  text: string,
  shiftTo: string | undefined,
): Generator<ImportPiece, RejectedLine[], RejectedLine[]> {
  // Minimum connection times, all of them there are, stay below the size of a message.
  if (format === 'mct') return yield { text, shiftTo, share: 1 };
  const ranges = format === 'ssim' ? cutDataSets(text) : text.length > wholeCharacters ? cutLines(text) : [];
  if (ranges.length <= 1) return yield { text, shiftTo, share: 1 };
  const shiftDays = shiftTo === undefined ? 0 : daysToShift(departures(ranges, format), shiftTo);
  const rejected: RejectedLine[] = [];
  const accepted = new Map<string, number>();
  for (const [index, range] of ranges.entries()) {
    const rows = readRows(format, range.text());
    const repeatedLines = new Set<number>();
    for (const { keys, line } of rows) {
      const key = keys().find((each) => accepted.has(each));
      if (key === undefined) continue;
      repeatedLines.add(line);
      rejected.push({ line, reason: `${key} is already on line ${accepted.get(key)}` });
    }
    const rest = rows.filter((row) => !repeatedLines.has(row.line));
    const earliest = earliestDate(rest.flatMap(({ departsAt }) => (departsAt ? [{ departsAt }] : [])));
    const refused = yield {
      text: range.text(repeatedLines),
      shiftTo: shiftTo === undefined || !earliest ? undefined : dateOfDay(dayOfDate(earliest) + shiftDays),
      share: (index + 1) / ranges.length,
    };
    rejected.push(...refused);
    const refusedLines = new Set(refused.map((each) => each.line));
    for (const { keys, line } of rest) if (!refusedLines.has(line)) for (const key of keys()) accepted.set(key, line);
  }
  // A kept line that cannot be read is refused with each piece.
  const reasons = new Map(rejected.map((each) => [`${each.line} ${each.reason}`, each]));
  return [...reasons.values()].sort((a, b) => a.line - b.line);
}

type CutFormat = TimetableFormat | 'places';

interface LineRange {
  /** The piece, without the lines of those numbers. */
  text(without?: ReadonlySet<number>): string;
}

function cutLines(text: string): LineRange[] {
  const lines = text.split('\n');
  const header = lines.findIndex((line) => line.trim() !== '' && line !== '\ufeff');
  const ranges: LineRange[] = [];
  for (let from = header + 1; from < lines.length; ) {
    const start = from;
    for (let size = 0; from < lines.length && size < pieceCharacters; from++)
      size += (lines[from] as string).length + 1;
    ranges.push(rangeOf(lines, [header], start, from));
  }
  return ranges;
}

/** Pieces of SSIM: a leg record after the first of its flight, and segment data, are never a piece's beginning. */
function cutDataSets(text: string): LineRange[] {
  const flights = new Map(readRows('ssim', text).map((row) => [row.line, row.flights]));
  const total = [...flights.values()].reduce((sum, each) => sum + each, 0);
  if (text.length <= wholeCharacters && total <= pieceFlights) return [];
  const lines = text.split('\n');
  const ranges: LineRange[] = [];
  let kept: number[] = [];
  for (let from = 0; from < lines.length; ) {
    const start = from;
    const head = kept.slice();
    let size = 0;
    let inPiece = 0;
    for (; from < lines.length; from++) {
      const line = lines[from] as string;
      const isBeginning = line[0] === '3' && (line.slice(11, 13).trim() || '01') === '01';
      if (isBeginning && (size >= pieceCharacters || inPiece >= pieceFlights)) break;
      // A header begins anew; a carrier record takes the place of the one before.
      if (line[0] === '1') kept = [from];
      if (line[0] === '2') kept = [...kept.slice(0, 1), from];
      size += line.length + 1;
      inPiece += flights.get(from + 1) ?? 0;
    }
    const trailer = lines.findIndex((line, at) => at >= from && line[0] === '5');
    ranges.push(rangeOf(lines, trailer < 0 ? head : [...head, trailer], start, from));
  }
  return ranges;
}

/** The lines from `start` to before `end` and those that are kept besides, each where it stands, all others empty. */
const rangeOf = (lines: string[], kept: readonly number[], start: number, end: number): LineRange => ({
  text: (without) => {
    const piece = Array<string>(Math.max(end, ...kept.map((each) => each + 1))).fill('');
    for (const at of kept) piece[at] = lines[at] as string;
    for (let at = start; at < end; at++) if (!without?.has(at + 1)) piece[at] = lines[at] as string;
    return piece.join('\n');
  },
});

function* departures(ranges: LineRange[], format: CutFormat): Generator<{ departsAt: string }> {
  for (const range of ranges)
    for (const { departsAt } of readRows(format, range.text())) if (departsAt) yield { departsAt };
}

interface Row {
  line: number;
  /** What makes two lines the same. */
  keys(): string[];
  /** Dated flights of the line. */
  flights: number;
  departsAt?: string;
}

/** The readable lines of a piece. */
function readRows(format: CutFormat, text: string): Row[] {
  switch (format) {
    case 'places':
      return run(parsePlaces(text)).places.map(({ line, code }) => ({ line, keys: () => [code], flights: 0 }));
    case 'csv':
    case 'bts':
    case 'ssim':
      return run(formatOf(format).readRows(text)).rows.map((row) => ({
        line: row.line,
        keys: () => [...keysOf(row)],
        flights: row.period ? [...daysOfPeriod(row.period)].length : 1,
        departsAt: row.departsAt,
      }));
  }
}

function run<Result>(slices: Slices<Result>): Result {
  for (;;) {
    const step = slices.next();
    if (step.done) return step.value;
  }
}
