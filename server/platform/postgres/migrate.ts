import type { Pool } from 'pg';
import type { Orm } from './orm.ts';

/** Any number that nobody else uses: "airside" read as base 36, cut to 31 bits. */
const migrationLock = 1_204_861_357;

/**
 * Brings the schema up to date. Safe when several processes start at once: one session holds an
 * advisory lock while it migrates, the others wait for it and then find nothing to do.
 * Answers the names of what was run.
 */
export async function migrate(orm: Orm, pool: Pool): Promise<string[]> {
  const session = await pool.connect();
  try {
    await session.query('select pg_advisory_lock($1)', [migrationLock]);
    try {
      const done = await orm.migrator.up();
      return done.map((each) => each.name);
    } finally {
      await session.query('select pg_advisory_unlock($1)', [migrationLock]);
    }
  } finally {
    session.release();
  }
}
