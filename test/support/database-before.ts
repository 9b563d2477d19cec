import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { inject } from 'vitest';
import { createDatabase, dropDatabase } from './test-database.ts';

const folder = new URL('../../migrations/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), 'utf8');

/** A database as it was before a migration, and that migration to be run on it. */
export async function databaseBefore(migration: string, name: string) {
  const db = new pg.Client(await createDatabase(inject('postgresUrl'), name));
  await db.connect();
  const files = readdirSync(folder).filter((each) => /^\d{4}_.*\.sql$/.test(each));
  for (const file of files.sort().filter((each) => each < migration)) await db.query(read(file));
  return {
    db,
    migrate: () => db.query(read(migration)),
    drop: async (): Promise<void> => {
      await db.end();
      await dropDatabase(inject('postgresUrl'), name);
    },
  };
}
