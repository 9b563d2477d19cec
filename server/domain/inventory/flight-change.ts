import type { FlightFacts } from '../../../shared/schedule-import.ts';

/** What is to become of one flight, as somebody planned it who saw the flight at `version`. */
export type FlightChange =
  | { kind: 'created'; flightId: string; after: FlightFacts }
  | {
      kind: 'updated';
      flightId: string;
      version: number;
      before: FlightFacts;
      /** Cabins that are not named stay as they are. */
      after: FlightFacts;
    }
  | { kind: 'cancelled'; flightId: string; version: number; before: FlightFacts };

/** What became of it: the version that the flight has now, or why nothing was done. */
export type ChangeResult = { appliedVersion: number } | { refusal: string };

/** A flight that moves, or shrinks below what it has sold: whoever has a seat on it wants to know. */
export const isFelt = (change: FlightChange, taken: ReadonlyMap<string, number>): boolean => {
  if (change.kind === 'created') return false;
  if (change.kind === 'cancelled') return true;
  const { before, after } = change;
  if (before.departsAt !== after.departsAt || before.arrivesAt !== after.arrivesAt) return true;
  return after.cabins.some(
    ({ cabin, capacity }) =>
      capacity < (before.cabins.find((each) => each.cabin === cabin)?.capacity ?? 0) &&
      capacity < (taken.get(cabin) ?? 0),
  );
};
