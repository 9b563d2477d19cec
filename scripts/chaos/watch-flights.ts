import { setTimeout as sleep } from 'node:timers/promises';
import type { SeatsView } from '../../shared/flight.ts';
import type { WireClient } from '../stage/wire-client.ts';
import type { Round } from './round.ts';

export interface Watch {
  /** The newest value of each flight that was delivered. */
  newest: ReadonlyMap<string, SeatsView>;
  /** Frames that came. */
  frames(): number;
  done: Promise<void>;
}

/** Follows the round's flights through one web process, comes back after each cut, and minds that no version goes back. */
export function watchFlights(client: WireClient, round: Round): Watch {
  const newest = new Map<string, SeatsView>();
  let frames = 0;
  const take = (value: unknown): boolean => {
    frames++;
    const { data } = value as { data: SeatsView };
    const before = newest.get(data.flightId)?.cabins[0]?.version ?? 0;
    const version = data.cabins[0]?.version ?? 0;
    if (version < before) {
      round.violations.push(`onSeats of ${data.flightId} went back from version ${before} to ${version}`);
    }
    newest.set(data.flightId, data);
    return false;
  };
  const follow = async (): Promise<void> => {
    while (round.phase !== 'over') {
      await client.watch('flights.onSeats', { flightIds: round.flights.map(({ id }) => id) }, take);
      await sleep(100);
    }
  };
  return { newest, frames: () => frames, done: follow() };
}
