import type { PoolClient } from 'pg';
import type { ImportView } from '../../../shared/schedule-import.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { applyChanges, lockTimetable } from '../inventory/apply-changes.ts';
import { type DoneChange, undoChanges } from '../inventory/undo-changes.ts';
import { type ImportRoom, tellChanged } from './import-room.ts';
import {
  type ChangeRow,
  changeColumns,
  changeOf,
  type ImportRow,
  importViewOf,
  readImport,
  settleApplied,
  settleUndone,
} from './import-rows.ts';

/** Changes in one transaction, and transactions in one call: some seconds, after which the caller asks on. */
const changesPerBatch = 250;
const batchesPerCall = 10;

/**
 * Goes on applying a planned import: some thousand changes a call, each batch of them done or not. The answer says how
 * far it has come; whoever is not at the end calls again, also after a crash or from another process.
 * Fails: NOT_FOUND, IN_PROGRESS (still being read), NOT_ALLOWED (it is being rolled back, or was).
 */
export const applyImport = (room: ImportRoom, id: string): Promise<ImportView> => goOn(room, id, applyBatch);

/**
 * The same backwards: takes back what has not been changed since, and says of the rest why it stays. Also an import
 * that was applied in part is rolled back. Fails: NOT_FOUND, NOT_ALLOWED (nothing of it was applied).
 */
export const rollBackImport = (room: ImportRoom, id: string): Promise<ImportView> => goOn(room, id, undoBatch);

/** Ids of flights that watchers should hear of; null at the end. */
type Batch = (tx: PoolClient, row: StatusRow) => Promise<string[] | null>;
type StatusRow = Pick<ImportRow, 'id' | 'format' | 'status' | 'changes' | 'done' | 'unchanged'>;

async function goOn(room: ImportRoom, id: string, batch: Batch): Promise<ImportView> {
  const { pool } = room.inventory;
  for (let round = 0; round < batchesPerCall; round++) {
    const changed = await inTransaction(pool, async (tx) => {
      await lockTimetable(tx);
      const { rows } = await tx.query<StatusRow>(statusSql, [id]);
      if (!rows[0]) throw refuse('NOT_FOUND', { reason: 'no such import', importId: id });
      return batch(tx, rows[0]);
    });
    if (changed === null) break;
    await tellChanged(room, changed);
  }
  return importViewOf((await readImport(pool, id)) as ImportRow);
}

const statusSql = `select id, format, status, changes, done, unchanged from schedule_import where id = $1 for update`;

const nextSql = `
  select ${changeColumns} from schedule_change c where c.import_id = $1 and c.position > $2
  order by c.position limit ${changesPerBatch}`;

const appliedSql = `
  update schedule_import set done = $2, status = case when $2 = changes then 'applied' else 'applying' end,
    applied_at = coalesce(applied_at, now())
  where id = $1`;

async function applyBatch(tx: PoolClient, row: StatusRow): Promise<string[] | null> {
  if (row.status === 'applied') return null;
  if (row.status === 'reading') throw refuse('IN_PROGRESS', { retryAfterMs: 1000 });
  if (row.status !== 'planned' && row.status !== 'applying')
    throw refuse('NOT_ALLOWED', { reason: 'the import was rolled back', importId: row.id, status: row.status });
  const { rows } = await tx.query<ChangeRow>(nextSql, [row.id, row.done]);
  const results = await applyChanges(tx, rows.map(changeOf), row.id);
  await settleApplied(tx, row.id, rows, results);
  const done = row.done + rows.length;
  await tx.query(appliedSql, [row.id, done]);
  if (done === row.changes) await logEnd(tx, row, 'timetable.imported');
  return rows.filter((each) => each.kind !== 'created').map((each) => each.flightId);
}

const previousSql = `
  select ${changeColumns} from schedule_change c where c.import_id = $1 and c.position <= $2
  order by c.position desc limit ${changesPerBatch}`;

// What was never applied needs no undoing: `done` counts down from where applying stopped.
const undoneSql = `
  update schedule_import set done = $2, status = case when $2 = 0 then 'rolled_back' else 'rolling_back' end,
    rolled_back_at = coalesce(rolled_back_at, now())
  where id = $1`;

async function undoBatch(tx: PoolClient, row: StatusRow): Promise<string[] | null> {
  if (row.status === 'rolled_back') return null;
  if (row.status === 'planned' || row.status === 'reading')
    throw refuse('NOT_ALLOWED', { reason: 'nothing of the import was applied', importId: row.id, status: row.status });
  const { rows } = await tx.query<ChangeRow>(previousSql, [row.id, row.done]);
  const done = rows.filter((each) => each.outcome === 'applied');
  const results = await undoChanges(tx, done.map(doneChangeOf), row.id);
  await settleUndone(tx, row.id, done, results);
  await tx.query(undoneSql, [row.id, row.done - rows.length]);
  if (row.done === rows.length) await logEnd(tx, row, 'timetable.rolled_back');
  return done.map((each) => each.flightId);
}

const doneChangeOf = (row: ChangeRow): DoneChange => ({
  ...changeOf(row),
  appliedVersion: row.appliedVersion as number,
  appliedAt: row.appliedAt as string,
});

const outcomesSql = `
  select kind, outcome, count(*)::int as n from schedule_change where import_id = $1 group by kind, outcome`;

async function logEnd(tx: PoolClient, row: StatusRow, type: string): Promise<void> {
  const { rows } = await tx.query<{ kind: string; outcome: string | null; n: number }>(outcomesSql, [row.id]);
  const counts: Record<string, number> = {};
  const wanted = type === 'timetable.imported' ? 'applied' : 'undone';
  for (const { kind, outcome, n } of rows) if (outcome === wanted) counts[kind] = n;
  await writeLog(tx, [{ type, data: { format: row.format, importId: row.id, ...counts, unchanged: row.unchanged } }]);
}
