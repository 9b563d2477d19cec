import { codeNumber } from '../connections/minimum-connection.ts';
import { idOf } from './flight-index.ts';
import type { FlightRecord } from './flight-record.ts';
import { stateGone, type Timetable } from './timetable.ts';

/** The row has the flight's times and terminals: what else has changed is overwritten where it is. */
export const isInPlace = (record: FlightRecord, t: Timetable, row: number): boolean =>
  t.state[row] !== stateGone &&
  t.departs[row] === record.departs &&
  t.minutes[row] === record.minutes &&
  t.departsOffset[row] === record.departsOffset &&
  t.arrivesOffset[row] === record.arrivesOffset &&
  t.departsTerminal[row] === codeNumber(record.departsTerminal) &&
  t.arrivesTerminal[row] === codeNumber(record.arrivesTerminal);

/** In the order of a block: by departure, then by id. */
export function isBefore(record: FlightRecord, t: Timetable, row: number): boolean {
  const departs = t.departs[row] as number;
  return record.departs === departs ? record.id < idOf(t, row) : record.departs < departs;
}
