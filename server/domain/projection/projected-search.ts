import type { FlightView, SearchFlightsInput } from '../../../shared/flight.ts';

/** One flight of an answer with what it is sorted by: the same three as in the cursor. */
export interface Found {
  flight: FlightView;
  place: [key: number, departsAtMs: number, id: string];
}

/** What search asks the projection. */
export interface ProjectedSearch {
  /** Direct flights in the order asked for, at most `limit`; undefined where Postgres must be asked. */
  search(
    origins: string[],
    destinations: string[],
    input: Pick<SearchFlightsInput, 'date' | 'cabin' | 'seats' | 'sort'>,
    after: readonly [number, number, string] | undefined,
    limit: number,
  ): Promise<Found[] | undefined>;
}
