import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type NewFlight, writeFlights } from '../../server/domain/inventory/write-flights.ts';
import { savePlaces } from '../../server/domain/places/save-places.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { entities } from '../../server/entities.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import { startEmbeddedRedis } from '../../server/platform/embedded/embedded-redis.ts';
import type { EmbeddedEngine } from '../../server/platform/embedded/engine-process.ts';
import { migrate } from '../../server/platform/postgres/migrate.ts';
import { openOrm } from '../../server/platform/postgres/orm.ts';
import type { Closing } from '../../server/platform/runtime/closing.ts';
import { newId } from '../../shared/ids.ts';
import { v8Flags } from '../v8-flags.mjs';
import type { Adapter } from './bench-options.ts';
import { type Program, startProgram } from './start-program.ts';

export interface Stage {
  dataDir: string;
  postgres: EmbeddedEngine;
  redis: EmbeddedEngine;
  /** A migrated database of its own with these flights (`capacity` seats of economy each). */
  database(name: string, flights: number, capacity: number): Promise<Database>;
  /** The real server on that database, as `npm start` runs it. */
  server(database: Database, options?: ServerOptions): Promise<Program>;
  /** One of the programs of this folder. */
  program(name: string, env?: Record<string, string>, nodeArgs?: string[]): Promise<Program>;
  /** A Redis of its own, that may be ended. */
  spareRedis(): Promise<EmbeddedEngine>;
}

export interface Database {
  url: string;
  pool: pg.Pool;
  flightIds: string[];
}

interface ServerOptions {
  /** Settings beside those that every server of the bench has. */
  env?: Record<string, string>;
  redisUrl?: string | undefined;
  role?: 'all' | 'web' | undefined;
  /** `stock`: the same server behind tRPC's own adapter for sockets. */
  adapter?: Adapter | undefined;
  nodeArgs?: string[];
}

export const operatorKey = 'operator-key-of-the-benchmark';
export const webhookSecret = 'webhook-secret-of-the-benchmark';
/** One seat of each flight. */
export const seatPrice = { amount: 45_000, currency: 'USD' };

/**
 * As `npm start` has it; so has what the server is compared with. But who stands still for eight seconds while others
 * have their turns looks idle to V8, which then gives his heap back, and he spends the next turn on growing it again.
 */
const flags = [...v8Flags, '--no-memory-reducer'];
const template = 'bench_template';
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Engines in a directory that goes with them, with everything that makes them durable switched on. Servers and load
 * generators are children; `closing` ends all of them.
 */
export async function openStage(
  closing: Closing,
  say: (line: string) => void,
  settings: Record<string, string> = {},
): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airside-bench-'));
  closing.push('data directory', () => rm(dataDir, { recursive: true, force: true }));
  say('starting Postgres and Redis');
  const postgres = await startEmbeddedPostgres({ dataDir, maxConnections: 300, settings });
  closing.push('postgres', postgres.stop);
  const redis = await startEmbeddedRedis({ dataDir });
  closing.push('redis', redis.stop);
  await makeTemplate(postgres.url);

  const start = async (file: string, env: Record<string, string>, nodeArgs: string[] = []): Promise<Program> => {
    const program = await startProgram(at(file), { env, nodeArgs: [...flags, ...nodeArgs] });
    closing.push(file, program.stop);
    return program;
  };
  return {
    dataDir,
    postgres,
    redis,
    database: async (name, flights, capacity) => {
      const url = await createDatabase(postgres.url, name, template);
      const pool = new pg.Pool({ connectionString: url, max: 1 });
      pool.on('error', () => undefined);
      closing.push(`pool of ${name}`, () => pool.end());
      // Redis keys carry this id: servers that share a Redis must not share it.
      await pool.query('update cluster set id = gen_random_uuid()');
      const made = Array.from({ length: flights }, (_, n) => flightOf(n, capacity));
      await writeFlights(pool, made);
      return { url, pool, flightIds: made.map((each) => each.id) };
    },
    server: (database, options = {}) =>
      start(
        options.adapter === 'stock' ? './programs/stock-adapter.ts' : '../../server/main.ts',
        {
          PORT: '0',
          DATABASE_URL: database.url,
          REDIS_URL: options.redisUrl ?? redis.url,
          AIRSIDE_ROLE: options.role ?? 'all',
          AIRSIDE_DEMO: '0',
          RATE_LIMITS: '0',
          LOG_LEVEL: 'error',
          HOLD_TTL_SECONDS: '86400',
          ADMIN_API_KEY: operatorKey,
          AUTH_SECRET: 'auth-secret-of-the-benchmark-32-chars',
          PAYMENT_WEBHOOK_SECRETS: webhookSecret,
          // The generator plays the provider; the server's own would answer, too.
          PAYMENT_MIN_DELAY_MS: '3600000',
          PAYMENT_MAX_DELAY_MS: '3600000',
          ...options.env,
        },
        options.nodeArgs,
      ),
    program: (name, env = {}, nodeArgs = []) => start(`./programs/${name}.ts`, env, nodeArgs),
    spareRedis: async () => {
      const dir = await mkdtemp(join(dataDir, 'spare-'));
      const spare = await startEmbeddedRedis({ dataDir: dir });
      closing.push('spare redis', spare.stop);
      return spare;
    },
  };
}

async function makeTemplate(adminUrl: string): Promise<void> {
  const url = await createDatabase(adminUrl, template);
  const { orm, pool } = await openOrm({ url, poolSize: 2, entities, onPoolError: () => undefined });
  try {
    await migrate(orm, pool);
    await savePlaces(pool, worldPlaces());
  } finally {
    await orm.close(true);
  }
}

async function createDatabase(adminUrl: string, name: string, from?: string): Promise<string> {
  const admin = new pg.Client(adminUrl);
  await admin.connect();
  try {
    await admin.query(`create database ${name}${from ? ` template ${from}` : ''}`);
  } finally {
    await admin.end();
  }
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** JFK → LHR in a month. */
function flightOf(n: number, capacity: number): NewFlight {
  const date = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  return {
    id: newId(),
    carrier: 'QX',
    number: String(1 + (n % 9_999)),
    origin: 'JFK',
    destination: 'LHR',
    departsAt: `${date}T10:00`,
    arrivesAt: `${date}T22:00`,
    departsAtUtc: Date.parse(`${date}T15:00Z`),
    arrivesAtUtc: Date.parse(`${date}T22:00Z`),
    cabins: [{ cabin: 'economy', capacity, price: seatPrice }],
  };
}
