import type {
  GetImportInput,
  ImportDetailView,
  ImportView,
  ListImportsInput,
} from '../../../shared/schedule-import.ts';
import { decodeCursor, encodeCursor } from '../../platform/postgres/cursor.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { ImportRoom } from './import-room.ts';
import {
  type ChangeRow,
  changeColumns,
  changeViewOf,
  type ImportRow,
  importColumns,
  importViewOf,
  readImport,
} from './import-rows.ts';

const listSql = `
  select ${importColumns} from schedule_import i
  where $1::timestamptz is null or (i.created_at, i.id) < ($1, $2::uuid)
  order by i.created_at desc, i.id desc limit $3`;

/** Imports, newest first. Fails: INVALID_INPUT (cursor). */
export async function listImports(
  { inventory: { pool } }: ImportRoom,
  input: ListImportsInput,
): Promise<{ imports: ImportView[]; nextCursor: string | null }> {
  const after = decodeCursor(input.cursor, ['instant', 'id']);
  const { rows } = await pool.query<ImportRow>(listSql, [after?.[0] ?? null, after?.[1] ?? null, input.limit + 1]);
  const page = rows.slice(0, input.limit);
  const last = page.at(-1);
  return {
    imports: page.map(importViewOf),
    nextCursor: rows.length > page.length && last ? encodeCursor([last.createdAt, last.id]) : null,
  };
}

const changesSql = `
  select ${changeColumns} from schedule_change c
  where c.import_id = $1 and c.position > $2 and ($3::text is null or c.kind = $3)
    and ($4::text is null or c.outcome = $4) and (not $5::boolean or c.bookings > 0)
  order by c.position limit $6`;

/** One import with a page of its changes, in the order of the file. Fails: NOT_FOUND, INVALID_INPUT (cursor). */
export async function getImport({ inventory: { pool } }: ImportRoom, input: GetImportInput): Promise<ImportDetailView> {
  const after = decodeCursor(input.cursor, ['number']);
  const row = await readImport(pool, input.id);
  if (!row) throw refuse('NOT_FOUND', { reason: 'no such import', importId: input.id });
  const { rows } = await pool.query<ChangeRow>(changesSql, [
    input.id,
    after?.[0] ?? 0,
    input.kind ?? null,
    input.outcome ?? null,
    input.hit ?? false,
    input.limit + 1,
  ]);
  const page = rows.slice(0, input.limit);
  return {
    ...importViewOf(row),
    changes: page.map(changeViewOf),
    nextCursor: rows.length > page.length ? encodeCursor([page.at(-1)?.position as number]) : null,
    rejectedLines: row.findings.rejectedLines,
    notes: row.findings.notes,
  };
}
