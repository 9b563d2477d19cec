import { carrierCodeSchema } from '../../../shared/flight.ts';
import { linesPerSlice, type Slices } from '../places/read-delimited.ts';
import { dateOfDay } from '../places/zoned-time.ts';
import { daysOfPeriod, type OperatingPeriod } from './operating-period.ts';
import type { ReadRows, ScheduleRow } from './schedule-format.ts';
import type { FlightEquipment, LineNote } from './scheduled-flight.ts';
import {
  columns,
  dateVariationOf,
  dayOfSsim,
  designatorOf,
  minutesOf,
  periodOf,
  recordLength,
  variationOf,
  wallOf,
} from './ssim-columns.ts';

export type TimeMode = 'local' | 'utc';

interface CarrierRecord {
  line: number;
  carrier: string;
  mode: TimeMode;
  to: number | undefined;
}

/** A leg record. Times are minutes after midnight by the clock that the carrier record names. */
export interface SsimRow extends ScheduleRow {
  period: OperatingPeriod;
  mode: TimeMode;
  departs: number;
  arrives: number;
  /** Days after the flight's date; null where the record leaves it open. */
  departsAfter: number | null;
  arrivesAfter: number | null;
  /** Minutes east of UTC as the record says, null if it does not. */
  originVariation: number | null;
  destinationVariation: number | null;
  configuration: string;
  equipment: FlightEquipment;
  /** What tells the legs of one flight from those of another. */
  itinerary: string;
  leg: number;
  /** The leg before this one in the same flight. */
  previous: SsimRow | null;
  /** The flight whose seats these are, where the segment data say that it is another's. */
  operatedAs: string | null;
}

/**
 * The records of SSIM chapter 7: leg records as rows, with what their carrier record and segment data say of them, and
 * what serial numbers and trailers tell of the whole.
 */
export function* readSsimRecords(text: string): Slices<ReadRows<SsimRow>> {
  const read: ReadRows<SsimRow> & { notes: LineNote[] } = {
    rows: [],
    rejected: [],
    notes: [],
    scopes: [],
    broken: null,
  };
  const state: ReadingState = {
    carrier: null,
    leg: null,
    serial: null,
    lastSerial: '',
    isEnded: true,
    unread: new Map(),
  };
  let untilYield = linesPerSlice;
  let line = 0;
  for (let start = text.charCodeAt(0) === 0xfeff ? 1 : 0; start < text.length; ) {
    if (--untilYield === 0) {
      untilYield = linesPerSlice;
      yield;
    }
    line += 1;
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const record = text.slice(start, text[end - 1] === '\r' ? end - 1 : end);
    start = end + 1;
    if (record.trim() === '') {
      // What a cut file leaves out is no gap.
      state.serial = null;
      state.lastSerial = '';
      continue;
    }
    if (/^0+$/.test(record)) continue;
    const reason = readRecord(record, line, state, read);
    if (reason !== undefined) {
      read.rejected.push({ line, reason });
      read.broken ??= `line ${line}: ${reason}`;
    }
  }
  if (line === 0 || (read.rows.length === 0 && read.rejected.length === 0))
    read.rejected.push({ line: Math.max(1, line), reason: line === 0 ? 'the file is empty' : 'no leg records' });
  if (!state.isEnded) read.broken ??= 'the last data set has no trailer: the file may be cut off';
  for (const [dei, { count, line: first }] of state.unread)
    read.notes.push({
      line: first,
      note: `segment data DEI ${dei} are not read (${count} ${count === 1 ? 'line' : 'lines'})`,
    });
  return read;
}

interface ReadingState {
  carrier: CarrierRecord | null;
  leg: SsimRow | null;
  /** Serial number of the record before; null at the beginning and behind an empty line. */
  serial: number | null;
  lastSerial: string;
  /** Whether the data set that began has its trailer. */
  isEnded: boolean;
  /** Segment data that say nothing to us, by their element. */
  unread: Map<string, { count: number; line: number }>;
}

/** Takes one record in; answers why it cannot. */
function readRecord(
  record: string,
  line: number,
  state: ReadingState,
  read: ReadRows<SsimRow> & { notes: LineNote[] },
): string | undefined {
  if (record.trimEnd().length > recordLength || record.length < recordLength)
    return `the record has ${record.length} columns, not ${recordLength}`;
  const type = columns(record, 1);
  const before = state.lastSerial;
  const gap = serialFault(record, type, state);
  if (gap !== undefined) {
    read.notes.push({ line, note: gap });
    if (!gap.startsWith('serial number')) read.broken ??= `line ${line}: ${gap}`;
  }
  switch (type) {
    case '1':
      state.carrier = null;
      state.leg = null;
      return undefined;
    case '2': {
      const carrier = readCarrier(record, line);
      state.carrier = typeof carrier === 'string' ? null : carrier;
      state.leg = null;
      state.isEnded = false;
      if (typeof carrier === 'string') return carrier;
      const from = dayOfSsim(columns(record, 15, 21));
      if (from !== undefined && carrier.to !== undefined && carrier.to >= from)
        read.scopes?.push({ carrier: carrier.carrier, from: dateOfDay(from), to: dateOfDay(carrier.to) });
      return undefined;
    }
    case '3': {
      const previous = state.leg;
      state.leg = null;
      if (!state.carrier) return 'no readable carrier record (type 2) stands before it';
      const row = readLeg(record, line, state.carrier);
      if (typeof row === 'string') return row;
      if (previous?.itinerary === row.itinerary && previous.leg === row.leg - 1) row.previous = previous;
      if (row.carrier !== state.carrier.carrier)
        read.notes.push({
          line,
          note: `the carrier is ${row.carrier}, that of the carrier record ${state.carrier.carrier}`,
        });
      state.leg = row;
      read.rows.push(row);
      return undefined;
    }
    case '4':
      return readSegment(record, line, state);
    case '5': {
      state.isEnded = true;
      const reference = columns(record, 188, 193);
      if (before !== '' && reference.trim() !== '' && reference !== before) {
        const note = `the trailer counts up to ${reference}, the record before it is ${before}`;
        read.notes.push({ line, note });
        read.broken ??= `line ${line}: ${note}`;
      }
      return undefined;
    }
    default:
      return `record type "${type}" is none of 1 to 5`;
  }
}

/** What is wrong with a serial number, if anything. A new data set may begin with that of the trailer before it. */
function serialFault(record: string, type: string, state: ReadingState): string | undefined {
  const text = columns(record, 195, 200);
  const expected = state.serial === null ? null : state.serial + 1;
  const isRead = /^\d{6}$/.test(text);
  state.serial = isRead ? Number(text) : expected;
  const previous = state.lastSerial;
  state.lastSerial = text;
  if (!isRead) return `serial number "${text}" is not six digits`;
  const isNewSet = type === '1' || type === '2';
  if (expected === null || Number(text) === expected || isNewSet) return undefined;
  const missing = Number(text) - expected;
  return missing > 0
    ? `${missing} ${missing === 1 ? 'record is' : 'records are'} missing before serial number ${text}`
    : `serial number ${text} stands behind ${previous}`;
}

function readCarrier(record: string, line: number): CarrierRecord | string {
  const mode = columns(record, 2);
  if (mode !== 'L' && mode !== 'U') return `time mode "${mode}" is neither L (local) nor U (UTC)`;
  const carrier = carrierCodeSchema.safeParse(columns(record, 3, 5));
  if (!carrier.success) return `carrier "${columns(record, 3, 5).trim()}" is not ${carrier.error.issues[0]?.message}`;
  return { line, carrier: carrier.data, mode: mode === 'L' ? 'local' : 'utc', to: dayOfSsim(columns(record, 22, 28)) };
}

function readLeg(record: string, line: number, { mode, to }: CarrierRecord): SsimRow | string {
  const designator = designatorOf(record);
  if (typeof designator === 'string') return designator;
  const period = periodOf(record, to);
  if (typeof period === 'string') return period;
  const first = daysOfPeriod(period).next().value;
  if (first === undefined) return 'no day of its period is a day of operation';
  // Passengers' times; where a file has the aircraft's alone, those.
  const departure = columns(record, 40, 43).trim() || columns(record, 44, 47);
  const arrival = columns(record, 62, 65).trim() || columns(record, 58, 61);
  const [departs, arrives] = [minutesOf(departure), minutesOf(arrival)];
  if (departs === undefined) return `departure time "${departure}" is not HHMM`;
  if (arrives === undefined) return `arrival time "${arrival}" is not HHMM`;
  const [originVariation, destinationVariation] = [
    variationOf(columns(record, 48, 52)),
    variationOf(columns(record, 66, 70)),
  ];
  if (originVariation === undefined) return `UTC variation "${columns(record, 48, 52)}" is not like +0400`;
  if (destinationVariation === undefined) return `UTC variation "${columns(record, 66, 70)}" is not like +0400`;
  const [departsAfter, arrivesAfter] = [dateVariationOf(columns(record, 193)), dateVariationOf(columns(record, 194))];
  if (departsAfter === undefined || arrivesAfter === undefined)
    return `date variation "${columns(record, 193, 194)}" is not blank, 0 to 7 or J`;
  const leg = Number(columns(record, 12, 13).trim() || '1');
  if (!Number.isInteger(leg) || leg < 1) return `leg sequence "${columns(record, 12, 13)}" is not a number from 01`;
  const firstDay = first + (departsAfter ?? 0);
  return {
    line,
    ...designator,
    departsAt: wallOf(firstDay, departs),
    period,
    mode,
    departs,
    arrives,
    departsAfter,
    arrivesAfter,
    originVariation,
    destinationVariation,
    configuration: columns(record, 173, 192),
    equipment: {
      originTerminal: columns(record, 53, 54).trim() || null,
      destinationTerminal: columns(record, 71, 72).trim() || null,
      aircraft: columns(record, 73, 75).trim() || null,
      serviceType: columns(record, 14).trim() || null,
    },
    itinerary: columns(record, 2, 11) + columns(record, 128),
    leg,
    previous: null,
    operatedAs: null,
  };
}

/** Segment data: DEI 050 names the flight that really operates a codeshare leg. All others are counted. */
function readSegment(record: string, line: number, state: ReadingState): string | undefined {
  const { leg } = state;
  if (!leg || leg.itinerary !== columns(record, 2, 11) + columns(record, 28))
    return 'segment data without the leg record that they belong to';
  const dei = columns(record, 31, 33);
  if (dei === '050') {
    leg.operatedAs = columns(record, 40, 194).trim() || 'another flight';
    return undefined;
  }
  const known = state.unread.get(dei);
  if (known) known.count += 1;
  else state.unread.set(dei, { count: 1, line });
  return undefined;
}
