import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';

export const templateName = 'airside_template';

/** Creates an empty database beside the one that `adminUrl` names. Answers its address. */
export async function createDatabase(adminUrl: string, name: string, template?: string): Promise<string> {
  const admin = new pg.Client(adminUrl);
  await admin.connect();
  try {
    await admin.query(`create database ${name}${template ? ` template ${template} strategy file_copy` : ''}`);
  } finally {
    await admin.end();
  }
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

let made = 0;

/**
 * A database of its own for a test, cloned from the migrated template. It has a cluster id of its
 * own, too, so that its Redis keys are nobody else's.
 */
export async function createTestDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const adminUrl = inject('postgresUrl');
  const name = `test_${process.pid}_${++made}`;
  const url = await createDatabase(adminUrl, name, templateName);
  const client = new pg.Client(url);
  await client.connect();
  await client.query('update cluster set id = gen_random_uuid()');
  await client.end();
  return {
    url,
    drop: () => dropDatabase(adminUrl, name),
  };
}

export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  const admin = new pg.Client(adminUrl);
  await admin.connect();
  try {
    // Whoever is cut off on his way out tells it to nobody who listens.
    for (let tries = 0; tries < 40; tries++) {
      const { rowCount } = await admin.query('select from pg_stat_activity where datname = $1', [name]);
      if (rowCount === 0) break;
      await setTimeout(50);
    }
    await admin.query(`drop database if exists ${name} with (force)`);
  } finally {
    await admin.end();
  }
}
