import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { ConfigError, type Environment } from './config.ts';
import { keyOperator } from './domain/identity/actor.ts';
import { openPlaceDirectory, type PlaceDirectory } from './domain/places/place-directory.ts';
import { savePlaces } from './domain/places/save-places.ts';
import { saveAirlines, worldAirlines } from './domain/places/world-airlines.ts';
import { worldPlaces } from './domain/places/world-places.ts';
import { loadDemo } from './domain/schedules/load-demo.ts';
import type { Engines } from './engines.ts';
import { entities } from './entities.ts';
import { migrate } from './platform/postgres/migrate.ts';
import { type Orm, openOrm } from './platform/postgres/orm.ts';
import { type Clock, isoNow } from './platform/runtime/clock.ts';

export interface Cluster {
  id: string;
  epoch: number;
}

/** Connects to Postgres and brings its schema up to date. Throws ConfigError when DATABASE_URL leads nowhere. */
export async function openRecord(
  config: Readonly<Environment>,
  engines: Engines,
  log: Logger,
): Promise<{ orm: Orm; pool: Pool; cluster: Cluster }> {
  const { orm, pool } = await openOrm({
    url: engines.databaseUrl,
    poolSize: config.DB_POOL_SIZE,
    entities,
    onPoolError: (error) => log.warn({ reason: error.message }, 'an idle Postgres connection was lost'),
  }).catch((error: unknown) => {
    if (!config.DATABASE_URL || !(error instanceof Error)) throw error;
    throw new ConfigError(`DATABASE_URL: ${error.message}`);
  });
  try {
    const migrated = await migrate(orm, pool);
    if (migrated.length > 0) log.info({ migrated }, 'schema migrated');
    await pool.query(`insert into app_user (id, role) values ($1, 'operator') on conflict do nothing`, [
      keyOperator.id,
    ]);
    const { rows } = await pool.query<Cluster>('select id, epoch from cluster');
    return { orm, pool, cluster: rows[0] as Cluster };
  } catch (error) {
    await closeRecord(orm, pool);
    throw error;
  }
}

export function closeRecord(orm: Orm, pool: Pool): Promise<void> {
  // Connections that are being closed may still hear of the server's own end.
  pool.removeAllListeners('error').on('error', () => undefined);
  return orm.close(true);
}

/** The world's places and airlines that come with the server, where the record has none of its own. */
export async function loadPlaces(pool: Pool, clock: Clock): Promise<PlaceDirectory> {
  await savePlaces(pool, worldPlaces(), { keepExisting: true });
  await saveAirlines(pool, worldAirlines());
  return openPlaceDirectory(pool, clock);
}

/** The demo timetable, into a record without flights. */
export async function loadDemoInto(room: {
  pool: Pool;
  places: PlaceDirectory;
  clock: Clock;
  log: Logger;
  onProgress: ((what: string, done: number, of: number) => void) | undefined;
}): Promise<void> {
  const { pool, places, clock, log, onProgress } = room;
  const added = await loadDemo({
    pool,
    places,
    today: isoNow(clock).slice(0, 10),
    onDay: (done, of) => onProgress?.('demo timetable', done, of),
  });
  if (added === 0) return;
  log.info({ flights: added }, 'demo timetable loaded');
  await places.countTraffic();
}
