import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { entities } from '../server/entities.ts';
import { startEmbeddedPostgres } from '../server/platform/embedded/embedded-postgres.ts';
import { migrate } from '../server/platform/postgres/migrate.ts';
import { openOrm } from '../server/platform/postgres/orm.ts';
import type { Queryable } from '../server/platform/postgres/transaction.ts';

/** Where the dump is kept, so that a change of the schema can be read as a difference of one file. */
export const schemaFile = new URL('../migrations/schema.sql', import.meta.url);

const header = `\
-- What the migrations make of an empty database, as the catalog tells it. Written by \`npm run schema:dump\`, compared
-- by the tests, and run by nothing: it is here to be read.
`;

const tablesSql = `
  select c.oid::text as oid, c.relname as name, c.reloptions as options
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by c.relname`;

const columnsSql = `
  select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as "notNull",
    a.attgenerated as generated, a.attidentity as identity, pg_get_expr(d.adbin, d.adrelid) as expression
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped order by a.attnum`;

// From version 18 on the catalog has NOT NULL as constraints, too; they stand with their columns.
const constraintsSql = `
  select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
  where conrelid = $1::oid and contype in ('p', 'u', 'f', 'c', 'x')
  order by array_position(array['p', 'u', 'x', 'f', 'c'], contype::text), conname`;

const indexesSql = `
  select pg_get_indexdef(i.indexrelid) as definition from pg_index i join pg_class c on c.oid = i.indexrelid
  where i.indrelid = $1::oid and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
  order by c.relname`;

const triggersSql = `
  select pg_get_triggerdef(oid) as definition from pg_trigger
  where tgrelid = $1::oid and not tgisinternal order by tgname`;

const viewsSql = `
  select viewname as name, pg_get_viewdef(viewname::regclass) as definition from pg_views
  where schemaname = 'public' order by viewname`;

const functionsSql = `
  select pg_get_functiondef(p.oid) as definition from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  order by p.proname, pg_get_function_identity_arguments(p.oid)`;

interface Column {
  name: string;
  type: string;
  notNull: boolean;
  generated: string;
  identity: string;
  expression: string | null;
}

function columnText(column: Column): string {
  const parts = [column.name, column.type];
  if (column.generated) parts.push(`generated always as (${column.expression}) stored`);
  else if (column.identity) parts.push(`generated ${column.identity === 'a' ? 'always' : 'by default'} as identity`);
  else if (column.expression !== null) parts.push(`default ${column.expression}`);
  if (column.notNull) parts.push('not null');
  return parts.join(' ');
}

/** Everything in the public schema: tables in the order of their names, then views and functions. The same schema, the same text. */
export async function dumpSchema(db: Queryable): Promise<string> {
  const rowsOf = async <T>(sql: string, ...values: string[]): Promise<T[]> => (await db.query(sql, values)).rows as T[];
  const sections = [header];
  for (const table of await rowsOf<{ oid: string; name: string; options: string[] | null }>(tablesSql)) {
    const columns = await rowsOf<Column>(columnsSql, table.oid);
    const constraints = await rowsOf<{ name: string; definition: string }>(constraintsSql, table.oid);
    const lines = [
      ...columns.map(columnText),
      ...constraints.map(({ name, definition }) => `constraint ${name} ${definition}`),
    ];
    const options = table.options ? ` with (${[...table.options].sort().join(', ')})` : '';
    const after = [
      ...(await rowsOf<{ definition: string }>(indexesSql, table.oid)),
      ...(await rowsOf<{ definition: string }>(triggersSql, table.oid)),
    ];
    sections.push(
      [
        `create table ${table.name} (\n${lines.map((line) => `  ${line}`).join(',\n')}\n)${options};`,
        ...after.map(({ definition }) => `${definition};`),
        '',
      ].join('\n'),
    );
  }
  for (const { name, definition } of await rowsOf<{ name: string; definition: string }>(viewsSql)) {
    sections.push(`create view ${name} as\n${definition.trim()}\n`);
  }
  for (const { definition } of await rowsOf<{ definition: string }>(functionsSql)) {
    sections.push(`${definition.trimEnd()};\n`);
  }
  return sections.join('\n');
}

/** Migrates an empty database of its own beside the one at `url`, and dumps it. The given one is not touched. */
async function dumpMigrated(url: string): Promise<string> {
  const name = `airside_schema_${randomUUID().replaceAll('-', '')}`;
  const admin = new pg.Client(url);
  await admin.connect();
  try {
    await admin.query(`create database ${name}`);
    const scratch = new URL(url);
    scratch.pathname = `/${name}`;
    const { orm, pool } = await openOrm({ url: scratch.href, poolSize: 2, entities, onPoolError: () => undefined });
    try {
      await migrate(orm, pool);
      return await dumpSchema(pool);
    } finally {
      await orm.close(true);
    }
  } finally {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  }
}

async function dumpWithOwnEngine(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'airside-schema-'));
  const engine = await startEmbeddedPostgres({ dataDir, durable: false });
  try {
    return await dumpMigrated(engine.url);
  } finally {
    await engine.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { DATABASE_URL } = process.env;
  const text = await (DATABASE_URL ? dumpMigrated(DATABASE_URL) : dumpWithOwnEngine());
  writeFileSync(schemaFile, text);
  console.log(`migrations/schema.sql: ${text.split('\n').length - 1} lines`);
}
