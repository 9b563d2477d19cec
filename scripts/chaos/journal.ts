import type { BookingView } from '../../shared/booking.ts';
import type { CabinClass } from '../../shared/flight.ts';

/** What a buyer asked for under one id, and what it was told: the promises that a verdict holds the server to. */
export interface Sale {
  id: string;
  buyer: string;
  legs: { flightId: string; cabin: CabinClass }[];
  seats: number;
  /** Minor units for the whole party. */
  price: number;
  /** The hold as it was first acknowledged. */
  held?: BookingView;
  /** A payment was acknowledged. */
  paid: boolean;
  /** It was told to be confirmed. */
  confirmed: boolean;
  /** A cancellation was acknowledged. */
  cancelled: boolean;
  /** What the newest quote keeps, minor units; cancelled with it or not. */
  penalty: number;
  /** The highest version that was told. */
  version: number;
  /** An attempt of the hold ended without a definite answer. */
  doubted: boolean;
  /** The code of the definite refusal of the hold. */
  refused?: string;
}

export type Verb = 'hold' | 'pay' | 'cancel' | 'quote' | 'read';

/** Counts of a round, or of all of them. */
export interface Tally {
  /** Definite answers that acknowledged something. */
  acknowledged: Record<Verb, number>;
  /** Definite refusals by code. */
  refused: Record<string, number>;
  /** Answers that leave the caller to repeat, by code; `lost` is none at all. */
  repeated: Record<string, number>;
  /** Calls with at least one attempt of unknown outcome, and what the repeat told. */
  unknown: { calls: number; heldBefore: number; heldByRepeat: number; refused: number };
  /** Holds that came to be although the repeat had been refused: a call that was still under way. They expire. */
  belated: number;
}

export const newTally = (): Tally => ({
  acknowledged: { hold: 0, pay: 0, cancel: 0, quote: 0, read: 0 },
  refused: {},
  repeated: {},
  unknown: { calls: 0, heldBefore: 0, heldByRepeat: 0, refused: 0 },
  belated: 0,
});

export function count(counts: Record<string, number>, key: string, times = 1): void {
  counts[key] = (counts[key] ?? 0) + times;
}

/** Adds what a round counted to what was counted before. */
export function addTally(total: Tally, more: Tally): void {
  for (const group of ['acknowledged', 'refused', 'repeated', 'unknown'] as const) {
    for (const [key, times] of Object.entries(more[group])) count(total[group] as Record<string, number>, key, times);
  }
  total.belated += more.belated;
}
