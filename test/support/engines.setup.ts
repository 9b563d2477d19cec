import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startRedisCluster } from '../../scripts/stage/redis-cluster.ts';
import { savePlaces } from '../../server/domain/places/save-places.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import { entities } from '../../server/entities.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import { startEmbeddedRedis } from '../../server/platform/embedded/embedded-redis.ts';
import { migrate } from '../../server/platform/postgres/migrate.ts';
import { openOrm } from '../../server/platform/postgres/orm.ts';
import { createDatabase, templateName } from './test-database.ts';

const failed = (error: unknown): never => {
  throw error;
};

/** Real engines for the whole run, in a directory that goes with it, and a migrated template to clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airside-test-'));
  const [postgres, redis] = await Promise.all([
    startEmbeddedPostgres({ dataDir, durable: false, maxConnections: 200 }),
    // `TEST_REDIS=cluster npm test -- test/booking`: the same tests on three nodes.
    process.env.TEST_REDIS === 'cluster'
      ? startRedisCluster({ dir: dataDir, durable: false, onLost: failed })
      : startEmbeddedRedis({ dataDir, durable: false }),
  ]);
  const url = await createDatabase(postgres.url, templateName);
  const { orm, pool } = await openOrm({ url, poolSize: 2, entities, onPoolError: () => undefined });
  await migrate(orm, pool);
  await savePlaces(pool, worldPlaces());
  await orm.close(true);
  project.provide('postgresUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    await rm(dataDir, { recursive: true, force: true });
  };
}

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string;
    redisUrl: string;
  }
}
