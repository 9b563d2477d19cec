import type { Pool } from 'pg';
import { buildConnectionTable } from './domain/connections/minimum-connection.ts';
import { readConnectionRules } from './domain/connections/read-connection-rules.ts';
import type { OfferSeal } from './domain/offers/offer-seal.ts';
import type { PlaceDirectory } from './domain/places/place-directory.ts';
import { readAlliances } from './domain/places/read-alliances.ts';
import type { FindOneWays } from './domain/providers/inventory-provider.ts';
import { findOneWays } from './domain/search/find-one-ways.ts';
import { KeptSearches } from './domain/search/kept-searches.ts';
import { createSearchEngine } from './domain/search/search-engine.ts';
import type { SearchRoom } from './domain/search/search-room.ts';
import { LiveTimetable } from './domain/timetable/live-timetable.ts';
import type { Feed } from './platform/feed/feed.ts';
import type { LogRecord } from './platform/feed/log-record.ts';
import type { Update } from './platform/live/topic.ts';
import type { Clock } from './platform/runtime/clock.ts';
import type { ErrorReporter } from './platform/telemetry/error-reporter.ts';

export interface Search {
  room: SearchRoom;
  findOneWays: FindOneWays;
  /** What the state channel says. Before `build`, too: it is remembered. */
  offer(updates: Update[]): void;
  /** Reads the timetable and follows the log; answers what ends that. */
  build(feed: Feed, record: LogRecord): Promise<() => Promise<void>>;
  /** For metrics. */
  state(): { rows: number; version: number; lag_ms: number; healed: number; waiting: number };
  /** Ends the threads. */
  close(): Promise<void>;
}

/** Composes the timetable in memory and whoever searches it. */
export async function openSearch(options: {
  pool: Pool;
  clock: Clock;
  places: PlaceDirectory;
  seal: OfferSeal;
  report: ErrorReporter;
  onProgress: ((what: string, done: number, of: number) => void) | undefined;
}): Promise<Search> {
  const { pool, clock, places, seal, report, onProgress } = options;
  const alliances = new Map<string, string>();
  const learnRules = async (): Promise<void> => {
    for (const [carrier, alliance] of await readAlliances(pool)) alliances.set(carrier, alliance);
    engine.setConnections(buildConnectionTable(await readConnectionRules(pool)));
  };
  const live = await LiveTimetable.open({
    pool,
    clock,
    report,
    airport: (code) => {
      const place = places.get(code);
      return place?.kind === 'airport' ? { ...place, city: place.related[0] ?? code } : undefined;
    },
    onConnections: () => void learnRules().catch((error) => report(error)),
    onProgress,
  });
  const engine = createSearchEngine(live);
  const room: SearchRoom = {
    pool,
    clock,
    places,
    live,
    engine,
    kept: new KeptSearches(clock),
    seal,
    allianceOf: (carrier) => alliances.get(carrier),
  };
  return {
    room,
    findOneWays: (questions) => findOneWays(room, questions),
    offer: (updates) => live.offer(updates),
    build: async (feed, record) => {
      await live.build(feed, record);
      await learnRules();
      return () => live.close();
    },
    state: () => ({
      rows: live.flights,
      version: live.version,
      lag_ms: live.lagMs,
      healed: live.sweeps.healed,
      waiting: engine.waiting(),
    }),
    close: engine.close,
  };
}
