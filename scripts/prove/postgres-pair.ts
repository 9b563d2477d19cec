import { appendFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../server/platform/embedded/embedded-postgres.ts';
import type { EmbeddedEngine } from '../../server/platform/embedded/engine-process.ts';
import { startFaultProxy } from '../stage/fault-proxy.ts';

/** A primary and a standby that follows it by streaming replication. */
export interface PostgresPair {
  primary: EmbeddedEngine;
  standby: EmbeddedEngine;
  /** Makes the standby the one that writes. Done when it does. */
  promote(): Promise<void>;
  /** From now on the standby hears nothing of the primary, not even what is on its way. */
  cutOff(): Promise<void>;
  stop(): Promise<void>;
}

const standbyName = 'airside_standby';
const followPatienceMs = 20_000;

/**
 * Both from the binaries that npm installed: the copy that `pg_basebackup` would make is made by hand, of a primary that
 * is stopped for it.
 *
 * @param options.isSynchronous whether a commit waits until the standby has it on its disk.
 */
export async function startPostgresPair(options: { dir: string; isSynchronous: boolean }): Promise<PostgresPair> {
  const [primaryDir, standbyDir] = ['primary', 'standby'].map((each) => join(options.dir, each)) as [string, string];
  await Promise.all([primaryDir, standbyDir].map((each) => mkdir(each, { recursive: true, mode: 0o700 })));
  const seed = await startEmbeddedPostgres({ dataDir: primaryDir });
  await seed.stop();
  await cp(join(primaryDir, 'pgdata'), join(standbyDir, 'pgdata'), { recursive: true });

  const settings = { synchronous_standby_names: options.isSynchronous ? standbyName : '' };
  const primary = await startEmbeddedPostgres({ dataDir: primaryDir, settings, previousUrl: seed.url });
  const { port, password } = new URL(primary.url);
  const line = await startFaultProxy(Number(port));
  const origin = `host=127.0.0.1 port=${line.port} user=airside password=${password} application_name=${standbyName}`;
  await writeFile(join(standbyDir, 'pgdata', 'standby.signal'), '');
  await appendFile(join(standbyDir, 'pgdata', 'postgresql.auto.conf'), `primary_conninfo = '${origin}'\n`);
  const standby = await startEmbeddedPostgres({ dataDir: standbyDir });
  const stop = async (): Promise<void> => {
    await Promise.all([primary.stop(), standby.stop(), line.stop()]);
  };
  try {
    await untilFollowed(primary.url, options.isSynchronous ? 'sync' : 'async');
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    primary,
    standby,
    promote: async () => {
      await ask(standby.url, 'select pg_promote(true, 30)');
    },
    cutOff: line.stop,
    stop,
  };
}

async function untilFollowed(url: string, state: 'sync' | 'async'): Promise<void> {
  const endsAt = performance.now() + followPatienceMs;
  for (;;) {
    const [row] = await ask<{ sync_state: string }>(url, 'select sync_state from pg_stat_replication');
    if (row?.sync_state === state) return;
    if (performance.now() > endsAt) throw new Error(`the standby does not follow: ${row?.sync_state}`);
    await sleep(50);
  }
}

async function ask<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}
