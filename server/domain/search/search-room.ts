import type { Pool } from 'pg';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { PlaceDirectory } from '../places/place-directory.ts';
import type { ProjectedSearch } from '../projection/projected-search.ts';
import type { LiveTimetable } from '../timetable/live-timetable.ts';
import type { KeptSearches } from './kept-searches.ts';
import type { SearchEngine } from './search-engine.ts';

/** What the commands of this room call. Built once, in app.ts. */
export interface SearchRoom {
  pool: Pool;
  clock: Clock;
  places: PlaceDirectory;
  live: LiveTimetable;
  engine: SearchEngine;
  kept: KeptSearches;
  /** Answers for flights while the timetable is not in memory. */
  projection: ProjectedSearch;
  /** The alliance of a carrier, if it is in one. */
  allianceOf(carrier: string): string | undefined;
}
