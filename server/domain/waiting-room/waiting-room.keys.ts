import type { CabinClass } from '../../../shared/flight.ts';
import type { Keyspace } from '../../platform/redis/keyspace.ts';

/** All keys of a line live in one slot, in the order in which the scripts want them. */
export function lineKeys(keys: Keyspace, flightId: string, cabin: CabinClass) {
  const key = (what: string): string => keys.key('waiting-room', `${flightId} ${cabin}`, what);
  return {
    line: key('line'),
    waiting: key('waiting'),
    expected: key('expected'),
    early: key('early'),
    passes: key('passes'),
    shopping: key('shopping'),
  };
}

/** The lines that are open: `FLIGHT CABIN`, by when they were opened. */
export const openLinesKey = (keys: Keyspace): string => keys.key('waiting-room', 'open');
