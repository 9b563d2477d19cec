import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { entities } from '../../server/entities.ts';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import { migrate } from '../../server/platform/postgres/migrate.ts';
import { openOrm } from '../../server/platform/postgres/orm.ts';

/** So many migrated databases in an engine of their own, which goes with `close`. */
export async function openDatabases(count: number): Promise<{ urls: string[]; close(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airside-simulate-'));
  const engine = await startEmbeddedPostgres({ dataDir, durable: false });
  const urls: string[] = [];
  for (let number = 1; number <= count; number++) {
    const admin = new pg.Client(engine.url);
    await admin.connect();
    await admin.query(`create database simulated_${number}`);
    await admin.end();
    const url = new URL(engine.url);
    url.pathname = `/simulated_${number}`;
    const { orm, pool } = await openOrm({ url: url.href, poolSize: 2, entities, onPoolError: () => undefined });
    await migrate(orm, pool);
    await orm.close(true);
    urls.push(url.href);
  }
  return {
    urls,
    close: async () => {
      await engine.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
