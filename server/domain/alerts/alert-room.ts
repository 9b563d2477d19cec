import { createHmac } from 'node:crypto';
import type { Pool } from 'pg';
import type { Feed } from '../../platform/feed/feed.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { PlaceDirectory } from '../places/place-directory.ts';

export interface AlertRoom {
  pool: Pool;
  clock: Clock;
  feed: Feed;
  places: PlaceDirectory;
  /** Which providers are on. */
  providers: readonly string[];
  /** The secret that signs what is sent for one alert. */
  secretOf: (alertId: string) => string;
  /** Tells every process's feed of these subjects. */
  announce: (subjects: string[]) => void;
  /** Looks at these routes' alerts at once, not within the next round; without routes at all of them. */
  nudge: () => void;
}

/** Each alert has a secret of its own, made of the house's: whoever knows one can sign for nobody else. */
export const alertSecrets =
  (houseSecret: string) =>
  (alertId: string): string =>
    createHmac('sha256', houseSecret).update(`alert webhook ${alertId}`).digest('hex');
