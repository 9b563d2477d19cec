import type { CabinClass, CabinView, FlightState } from '../../../shared/flight.ts';
import type { Update } from '../../platform/live/topic.ts';

/** One cabin as Postgres has just confirmed it. Absolute values, never a difference. */
export interface SeatTruth {
  cabinId: number;
  flightId: string;
  cabin: CabinClass;
  targetCapacity: number;
  capacity: number;
  held: number;
  sold: number;
  priceAmount: number;
  priceCurrency: string;
  /** The flight's, as the cabin repeats it. */
  state: FlightPart['state'];
  version: number;
}

/** Columns of a `cabin` row (aliased c) that make a SeatTruth. */
export const seatTruthColumns = `
  c.id as "cabinId", c.flight_id as "flightId", c.cabin, c.target_capacity as "targetCapacity", c.capacity,
  c.held, c.sold, c.price_amount::float8 as "priceAmount", c.price_currency as "priceCurrency", c.state, c.version`;

export const availableOf = (truth: Pick<SeatTruth, 'targetCapacity' | 'held' | 'sold'>): number =>
  Math.max(0, truth.targetCapacity - truth.held - truth.sold);

export const cabinViewOf = (truth: SeatTruth): CabinView => ({
  cabin: truth.cabin,
  capacity: truth.targetCapacity,
  available: availableOf(truth),
  price: { amount: truth.priceAmount, currency: truth.priceCurrency },
  version: truth.version,
});

/** What the state channel carries of a flight: a part for itself and one for each cabin. */
export interface FlightPart {
  state: Exclude<FlightState, 'departed'>;
  departsAtUtc: string;
}

/** The same of a cabin: what watchers are shown, and what the gates of other processes learn besides. */
export interface CabinPart {
  cabinId: number;
  state: FlightPart['state'];
  view: CabinView;
}

/** The part of a topic that tells about the flight itself; cabins are parts by their class. */
export const flightPartName = 'flight';

export const seatUpdates = (truths: SeatTruth[]): Update[] =>
  truths.map((truth) => ({
    topic: truth.flightId,
    parts: {
      [truth.cabin]: {
        version: truth.version,
        body: { cabinId: truth.cabinId, state: truth.state, view: cabinViewOf(truth) } satisfies CabinPart,
      },
    },
  }));
