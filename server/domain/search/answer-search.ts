import type { ItinerarySort } from '../../../shared/itinerary.ts';
import { type CabinColumns, rowPrice, type Timetable, writing } from '../timetable/timetable.ts';
import type { ConnectionTimes } from './connection-times.ts';
import { findFront } from './find-front.ts';
import { type Front, legsMax } from './front.ts';
import { type Ranking, rankJourneys } from './rank-journeys.ts';
import { neighboursOf, type SliceQuestion } from './slice-question.ts';

/** What a thread is asked: plain values that can be posted. */
export interface SearchTask {
  slices: SliceQuestion[];
  sort: ItinerarySort;
  /** Journeys that are ranked, of all that there are. */
  resultsMax: number;
  turnaroundMinutes: number;
  priceMax: number | null;
}

/** The front of each slice, and the best journeys as combinations of them. */
export interface SearchAnswer {
  fronts: Front[];
  ranking: Ranking;
  /** By front, three an entry: the cabin's version that the price is of. */
  versions: Uint32Array[];
}

const attempts = 3;

/**
 * Answers a task from the timetable as it is. Prices may change while it is read; then it is read again, so that each
 * price that is told is the one of the version that is told with it.
 */
export function answerSearch(t: Timetable, times: ConnectionTimes, task: SearchTask): SearchAnswer {
  for (let attempt = 1; ; attempt++) {
    const fronts = task.slices.map((slice, place) => findFront(t, times, slice, neighboursOf(task.slices, place)));
    const versions = fronts.map((front, place) => versionsOf(t, front, task.slices[place] as SliceQuestion));
    if (attempt < attempts && versions.some((each) => each === undefined)) continue;
    const ranking = rankJourneys(t, fronts, task);
    return { fronts, ranking, versions: versions.map((each) => each ?? new Uint32Array()) };
  }
}

/** The versions that a front's prices are of; undefined if one of them has changed since. */
function versionsOf(t: Timetable, front: Front, { cabin, seats }: SliceQuestion): Uint32Array | undefined {
  const columns = t.cabins[cabin] as CabinColumns;
  const versions = new Uint32Array(front.rows.length);
  for (let leg = 0; leg < front.rows.length; leg++) {
    const row = front.rows[leg] as number;
    if (row < 0) continue;
    const version = Atomics.load(columns.version, row);
    if (version & writing || rowPrice(t, columns, row, seats) !== front.prices[leg]) return undefined;
    if (Atomics.load(columns.version, row) !== version) return undefined;
    versions[leg] = version;
  }
  return versions;
}

/** Legs of an entry of a front. */
export function rowsOf(front: Front, entry: number): number[] {
  const rows: number[] = [];
  for (let leg = entry * legsMax; leg < entry * legsMax + legsMax; leg++) {
    const row = front.rows[leg] as number;
    if (row >= 0) rows.push(row);
  }
  return rows;
}
