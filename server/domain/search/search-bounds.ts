import type { SearchBoundsView } from '../../../shared/itinerary.ts';
import { defaultConnectionMinutes } from '../connections/minimum-connection.ts';
import type { SearchBounds } from './slice-question.ts';

/** Ranked journeys of an answer, over all its pages. */
export const resultsMax = 2_000;

/** Between the arrival of a slice and the departure of the next, at least. */
export const turnaroundMinutes = 60;

/** Whoever has changed a flight finds it as it is now; but a storm of changes holds up nobody for longer. */
export const catchUpMs = 100;

/** Eight hours: what is longer is a stay. A search may ask for up to a day. */
const connectionMinutesMax = 480;

/** Every answer says these; `layoverMax` is what the search itself asks for. */
export const defaultBounds = (layoverMax?: number): SearchBounds => ({
  connectionMinutesMax: Math.max(connectionMinutesMax, layoverMax ?? 0),
  detour: 1.6,
  detourSlackKm: 400,
  bucketMinutes: 120,
  looksMax: 2_000_000,
});

export const boundsView = (maxStops: number, bounds: SearchBounds, complete: boolean): SearchBoundsView => ({
  maxStops,
  connectionMinutesMax: bounds.connectionMinutesMax,
  minimumConnectionMinutes: {
    domestic: defaultConnectionMinutes.DD,
    international: defaultConnectionMinutes.II,
    airportChange: defaultConnectionMinutes.airportChange,
    isDefault: true,
  },
  detour: { factor: bounds.detour, slackKm: bounds.detourSlackKm },
  departureBucketMinutes: bounds.bucketMinutes,
  turnaroundMinutes,
  resultsMax,
  complete,
});
