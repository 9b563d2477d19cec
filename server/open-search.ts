import type { Pool } from 'pg';
import { buildConnectionTable } from './domain/connections/minimum-connection.ts';
import { readConnectionRules } from './domain/connections/read-connection-rules.ts';
import type { PlaceDirectory } from './domain/places/place-directory.ts';
import { readAlliances } from './domain/places/read-alliances.ts';
import type { FlightProjection } from './domain/projection/flight-projection.ts';
import { openProjection } from './domain/projection/open-projection.ts';
import type { FindOneWays } from './domain/providers/inventory-provider.ts';
import { findOneWays, KeptWays } from './domain/search/find-one-ways.ts';
import { KeptSearches } from './domain/search/kept-searches.ts';
import { createSearchEngine } from './domain/search/search-engine.ts';
import type { SearchRoom } from './domain/search/search-room.ts';
import { LiveTimetable } from './domain/timetable/live-timetable.ts';
import type { Feed } from './platform/feed/feed.ts';
import type { LogRecord } from './platform/feed/log-record.ts';
import type { Keyspace } from './platform/redis/keyspace.ts';
import type { Lease } from './platform/redis/lease.ts';
import type { RedisConnections } from './platform/redis/redis.ts';
import type { Clock } from './platform/runtime/clock.ts';
import type { Closing } from './platform/runtime/closing.ts';
import type { ErrorReporter } from './platform/telemetry/error-reporter.ts';

export interface OpenSearch {
  room: SearchRoom;
  /** What the inventory of fare-search jobs is asked by. */
  findOneWays: FindOneWays;
  live: LiveTimetable;
  projection: FlightProjection;
  /**
   * Reads the timetable into memory, with the state channel open already, and follows the log from there. Until then
   * `search.flights` is answered from Redis or Postgres, and whoever else searches is told BUSY.
   */
  build(feed: Feed, record: LogRecord): Promise<void>;
  /** Keeps the projection in Redis true. */
  project(feed: Feed, record: LogRecord, lease: Lease): Promise<void>;
  /** For metrics. */
  state(): { rows: number; version: number; lag_ms: number; healed: number; waiting: number };
}

/** The timetable in memory, its threads, its rules of connection, and the projection in Redis. */
export async function openSearch(options: {
  pool: Pool;
  clock: Clock;
  redis: RedisConnections;
  keys: Keyspace;
  epoch: number;
  places: PlaceDirectory;
  offerSecret: string;
  closing: Closing;
  report: ErrorReporter;
  onProgress: ((what: string, done: number, of: number) => void) | undefined;
}): Promise<OpenSearch> {
  const { pool, clock, places, closing, report } = options;
  const alliances = new Map<string, string>();
  const learnRules = async (): Promise<void> => {
    for (const [carrier, alliance] of await readAlliances(pool)) alliances.set(carrier, alliance);
    engine.setRules(buildConnectionTable(await readConnectionRules(pool)), alliances);
  };
  const live = await LiveTimetable.open({
    pool,
    clock,
    report,
    airport: (code) => {
      const place = places.get(code);
      return place?.kind === 'airport' ? { ...place, city: place.related[0] ?? code } : undefined;
    },
    learnRules,
    onProgress: options.onProgress,
  });
  const engine = createSearchEngine(live, options.offerSecret);
  closing.push('search threads', engine.close);
  closing.push('timetable', () => live.close());
  const projection = openProjection(options);
  closing.push('flight projection', () => projection.close());
  const room: SearchRoom = {
    pool,
    clock,
    places,
    live,
    engine,
    kept: new KeptSearches(clock),
    projection,
    allianceOf: (carrier) => alliances.get(carrier),
  };
  const keptWays = new KeptWays();
  return {
    room,
    findOneWays: (questions) => findOneWays(room, keptWays, questions),
    live,
    projection,
    build: async (feed, record) => {
      await live.build(feed, record);
      engine.warm();
    },
    state: () => ({
      rows: live.flights,
      version: live.version,
      lag_ms: live.lagMs,
      healed: live.sweeps.healed,
      waiting: engine.waiting(),
    }),
    project: (feed, record, lease) => projection.start(feed, record, lease),
  };
}
