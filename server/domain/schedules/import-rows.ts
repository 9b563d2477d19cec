import type {
  ChangeKind,
  ChangeOutcome,
  ChangeView,
  FlightFacts,
  ImportStatus,
  ImportView,
} from '../../../shared/schedule-import.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import type { ChangeResult, FlightChange } from '../inventory/flight-change.ts';
import type { LineNote, RejectedLine, ScheduleScope } from './scheduled-flight.ts';
import type { TimetableFormat } from './timetable-formats.ts';

/** What was found when the file was read. */
export interface ImportFindings {
  scopes: ScheduleScope[];
  /** How many, and the first hundred of them. */
  rejected: number;
  rejectedLines: RejectedLine[];
  notes: LineNote[];
  notWhole: string | null;
  hit: { bookings: number; seats: number };
}

export interface ImportRow {
  id: string;
  format: TimetableFormat;
  fileName: string | null;
  status: ImportStatus;
  accepted: number;
  unchanged: number;
  changes: number;
  done: number;
  findings: ImportFindings;
  createdAt: string;
  appliedAt: string | null;
  rolledBackAt: string | null;
  kinds: Partial<Record<ChangeKind, number>>;
  outcomes: Partial<Record<ChangeOutcome, number>>;
}

const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** Columns of a `schedule_import` row (aliased i) that make an ImportRow. */
export const importColumns = `
  i.id, i.format, i.file_name as "fileName", i.status, i.accepted, i.unchanged, i.changes, i.done, i.findings,
  ${instant('i.created_at')} as "createdAt", ${instant('i.applied_at')} as "appliedAt",
  ${instant('i.rolled_back_at')} as "rolledBackAt",
  coalesce((select jsonb_object_agg(k.kind, k.n) from (select c.kind, count(*) as n from schedule_change c
    where c.import_id = i.id group by c.kind) k), '{}') as kinds,
  coalesce((select jsonb_object_agg(k.outcome, k.n) from (select c.outcome, count(*) as n from schedule_change c
    where c.import_id = i.id and c.outcome is not null group by c.outcome) k), '{}') as outcomes`;

/** The import of an id, undefined if there is none. */
export async function readImport(db: Queryable, id: string): Promise<ImportRow | undefined> {
  const { rows } = await db.query<ImportRow>(`select ${importColumns} from schedule_import i where i.id = $1`, [id]);
  return rows[0];
}

export function importViewOf(row: ImportRow): ImportView {
  const { scopes, rejected, notWhole, hit } = row.findings;
  const { created = 0, updated = 0, cancelled = 0 } = row.kinds;
  return {
    id: row.id,
    format: row.format,
    fileName: row.fileName,
    status: row.status,
    createdAt: row.createdAt,
    appliedAt: row.appliedAt,
    rolledBackAt: row.rolledBackAt,
    accepted: row.accepted,
    flights: { created, updated, cancelled, unchanged: row.unchanged },
    hit,
    progress: { done: row.done, of: row.changes },
    outcomes: { applied: 0, skipped: 0, undone: 0, kept: 0, ...row.outcomes },
    rejected,
    scopes,
    notWhole,
  };
}

export interface ChangeRow {
  position: number;
  kind: ChangeKind;
  flightId: string;
  line: number | null;
  version: number | null;
  appliedVersion: number | null;
  before: FlightFacts | null;
  wanted: FlightFacts | null;
  bookings: number;
  seats: number;
  outcome: ChangeOutcome | null;
  reason: string | null;
  appliedAt: string | null;
}

/** Columns of a `schedule_change` row (aliased c) that make a ChangeRow. */
export const changeColumns = `
  c.position, c.kind, c.flight_id as "flightId", c.line, c.version, c.applied_version as "appliedVersion", c.before,
  c.wanted, c.bookings, c.seats, c.outcome, c.reason, ${instant('c.applied_at')} as "appliedAt"`;

export function changeOf(row: ChangeRow): FlightChange {
  const { kind, flightId } = row;
  const [before, after] = [row.before as FlightFacts, row.wanted as FlightFacts];
  const version = row.version as number;
  if (kind === 'created') return { kind, flightId, after };
  return kind === 'updated' ? { kind, flightId, version, before, after } : { kind, flightId, version, before };
}

/** What a reader is shown: of an edited flight all cabins, as they would be. */
export function changeViewOf(row: ChangeRow): ChangeView {
  const { before, wanted, position, kind, line, flightId, bookings, seats, outcome, reason } = row;
  const kept = before?.cabins.filter((was) => !wanted?.cabins.some((each) => each.cabin === was.cabin)) ?? [];
  const after = wanted && { ...wanted, cabins: [...kept, ...wanted.cabins] };
  return { position, kind, line, flightId, before, after, bookings, seats, outcome, reason };
}

const insertImportSql = `
  insert into schedule_import (id, format, file_name, status, findings) values ($1, $2, $3, $4, $5)
  on conflict (id) do nothing`;

/** Answers whether it was not there yet. */
export async function insertImport(
  db: Queryable,
  row: Pick<ImportRow, 'id' | 'format' | 'fileName' | 'status' | 'findings'>,
): Promise<boolean> {
  const { rowCount } = await db.query(insertImportSql, [
    row.id,
    row.format,
    row.fileName,
    row.status,
    JSON.stringify(row.findings),
  ]);
  return rowCount === 1;
}

export type PlannedChange = FlightChange & { line: number | null; bookings: number; seats: number };

const insertChangesSql = `
  insert into schedule_change (import_id, position, kind, flight_id, line, version, before, wanted, bookings, seats,
    applied_version, outcome, reason, applied_at)
  select $1, $2 + u.place, u.kind, u.flight_id, u.line, u.version, u.before, u.wanted, u.bookings, u.seats,
    u.applied_version, u.outcome, u.reason, case when u.outcome = 'applied' then now() end
  from unnest($3::text[], $4::uuid[], $5::int4[], $6::int4[], $7::jsonb[], $8::jsonb[], $9::int4[], $10::int4[], $11::int4[],
    $12::text[], $13::text[]) with ordinality
    as u (kind, flight_id, line, version, before, wanted, bookings, seats, applied_version, outcome, reason, place)`;

/** Adds changes behind the `after` that an import has; with results if they have been made already. */
export async function insertChanges(
  db: Queryable,
  importId: string,
  after: number,
  changes: PlannedChange[],
  results?: ChangeResult[],
): Promise<void> {
  if (changes.length === 0) return;
  const json = (facts: FlightFacts | undefined): string | null => (facts ? JSON.stringify(facts) : null);
  await db.query(insertChangesSql, [
    importId,
    after,
    changes.map((each) => each.kind),
    changes.map((each) => each.flightId),
    changes.map((each) => each.line),
    changes.map((each) => (each.kind === 'created' ? null : each.version)),
    changes.map((each) => json(each.kind === 'created' ? undefined : each.before)),
    changes.map((each) => json(each.kind === 'cancelled' ? undefined : each.after)),
    changes.map((each) => each.bookings),
    changes.map((each) => each.seats),
    changes.map((_, place) => appliedVersionOf(results?.[place])),
    changes.map((_, place) => outcomeOf(results?.[place])),
    changes.map((_, place) => reasonOf(results?.[place])),
  ]);
}

const appliedVersionOf = (result: ChangeResult | undefined) =>
  result && 'appliedVersion' in result ? result.appliedVersion : null;
const outcomeOf = (result: ChangeResult | undefined): ChangeOutcome | null =>
  result ? ('refusal' in result ? 'skipped' : 'applied') : null;
const reasonOf = (result: ChangeResult | undefined) => (result && 'refusal' in result ? result.refusal : null);

const settleSql = `
  update schedule_change c set outcome = u.outcome, reason = u.reason,
    applied_version = coalesce(u.applied_version, c.applied_version),
    applied_at = case when u.outcome = 'applied' then now() else c.applied_at end
  from unnest($2::int4[], $3::text[], $4::text[], $5::int4[]) as u (position, outcome, reason, applied_version)
  where c.import_id = $1 and c.position = u.position`;

/** Notes what became of changes when they were applied. */
export const settleApplied = (db: Queryable, importId: string, rows: ChangeRow[], results: ChangeResult[]) =>
  db.query(settleSql, [
    importId,
    rows.map((row) => row.position),
    results.map(outcomeOf),
    results.map(reasonOf),
    results.map(appliedVersionOf),
  ]);

/** And when they were taken back: null is undone, a text why it was kept. */
export const settleUndone = (db: Queryable, importId: string, rows: ChangeRow[], results: (string | null)[]) =>
  db.query(settleSql, [
    importId,
    rows.map((row) => row.position),
    results.map((reason): ChangeOutcome => (reason === null ? 'undone' : 'kept')),
    results,
    rows.map(() => null),
  ]);
