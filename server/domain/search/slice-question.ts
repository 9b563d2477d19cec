/** One slice as the engine is asked: places are numbers of the timetable, times minutes since the epoch, UTC. */
export interface SliceQuestion {
  /** Departures at or after `opens` and before `closes`. */
  origins: { airport: number; opens: number; closes: number }[];
  destinations: number[];
  /** Local departure days since the epoch: the first, and how many. */
  firstDay: number;
  days: number;
  /** Place in `cabinClasses`. */
  cabin: number;
  /** Those who take one. */
  seats: number;
  maxStops: 0 | 1 | 2;
  /** Nothing that departs earlier is offered. */
  notBefore: number;
  bounds: SearchBounds;
  filters: SliceFilters;
  keep: Keep;
}

/**
 * What is kept of each group: what is in some way better than everything else, all of it, or the cheapest alone.
 */
export type Keep = 'front' | 'all' | 'cheapest';

/** Whether the slice before, or the one behind, is so near that a journey may miss it. */
export interface Neighbours {
  before: boolean;
  behind: boolean;
}

export const noNeighbours: Neighbours = { before: false, behind: false };

/** Longer than three flights and two stays of a day: slices that lie so far apart never clash. */
const nearMinutes = 5 * 1_440;

export function neighboursOf(slices: SliceQuestion[], place: number): Neighbours {
  const isNear = (first: number): boolean => {
    const [slice, next] = [slices[first], slices[first + 1]];
    if (!slice || !next) return false;
    const ends = Math.max(...slice.origins.map((each) => each.closes));
    return Math.min(...next.origins.map((each) => each.opens)) < ends + nearMinutes;
  };
  return { before: isNear(place - 1), behind: isNear(place) };
}

/** What an answer leaves out, and says so. */
export interface SearchBounds {
  /** Between two flights. */
  connectionMinutesMax: number;
  /** A journey's great circles together are at most this many times the direct one, plus the slack; 0: any. */
  detour: number;
  detourSlackKm: number;
  /** Itineraries compete with those that depart in the same stretch of a day. */
  bucketMinutes: number;
  /** Combinations of flights that are looked at. */
  looksMax: number;
}

export interface SliceFilters {
  /** By carrier: 1 may fly it. Null: all may. */
  carriers: Uint8Array | null;
  /** Local minutes of the day at the origin and at the destination, both ends included. */
  departs: readonly [number, number] | null;
  arrives: readonly [number, number] | null;
  /** Of the party, in the currency of that number. */
  price: { max: number; currency: number } | null;
  minutesMax: number | null;
  layoverMin: number | null;
  layoverMax: number | null;
  /** By airport: 1 may be changed at. */
  via: Uint8Array | null;
  /** By airport: at least one of these must be changed at. */
  viaOne: Uint8Array | null;
  /** Whether a connection may last over midnight. */
  overnight: boolean;
  /** Whether a connection may lead from one airport of a city to another. */
  airportChange: boolean;
}

export const noFilters: SliceFilters = {
  carriers: null,
  departs: null,
  arrives: null,
  price: null,
  minutesMax: null,
  layoverMin: null,
  layoverMax: null,
  via: null,
  viaOne: null,
  overnight: true,
  airportChange: false,
};
