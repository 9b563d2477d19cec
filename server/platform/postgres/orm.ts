import { Migrator } from '@mikro-orm/migrations';
import { type AnyEntity, type EntityClass, type EntitySchema, MikroORM } from '@mikro-orm/postgresql';
import type { Pool } from 'pg';
import { migrations } from '../../../migrations/migrations.ts';

export type Orm = MikroORM;

/**
 * Opens MikroORM over one pool; the hot path shares that pool through `pool`.
 *
 * `useBatchUpdates: false` is not a preference: with it on, a flush of two dirty versioned entities
 * of one type updates them without a version condition and loses concurrent updates
 * (test/record/lost-update.test.ts shows it).
 */
export async function openOrm(options: {
  url: string;
  poolSize: number;
  entities: (EntityClass<AnyEntity> | EntitySchema)[];
  onPoolError: (error: Error) => void;
}): Promise<{ orm: Orm; pool: Pool }> {
  const orm = await MikroORM.init({
    clientUrl: options.url,
    entities: options.entities,
    extensions: [Migrator],
    useBatchUpdates: false,
    pool: { min: 0, max: options.poolSize },
    migrations: {
      migrationsList: migrations,
      tableName: 'schema_migration',
      snapshot: false,
      transactional: true,
      silent: true,
    },
    // Views are the migrations' alone: the ORM would drop what it has not made itself.
    schemaGenerator: { skipViews: [/./] },
    driverOptions: { connectionTimeoutMillis: 5_000, application_name: 'airside' },
    debug: false,
  });
  await orm.connect();
  const pool = (await orm.em.getConnection().getNativeClient()) as Pool;
  pool.on('error', options.onPoolError);
  return { orm, pool };
}
