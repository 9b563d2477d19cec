import type { ImportFlightsInput, ImportReport } from '../../../shared/flight.ts';
import { newId } from '../../../shared/ids.ts';
import type { PlaceView } from '../../../shared/place.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { importConnectionTimes } from '../connections/import-connection-times.ts';
import { applyChanges, lockTimetable } from '../inventory/apply-changes.ts';
import { planFlights } from '../inventory/plan-flights.ts';
import { inSlices } from '../places/in-slices.ts';
import { parsePlaces } from '../places/parse-places.ts';
import { savePlaces } from '../places/save-places.ts';
import { flightsPerBatch, type ImportRoom, linesKept, readTimetable, tellChanged } from './import-room.ts';
import { insertChanges, insertImport } from './import-rows.ts';
import type { ParsedSchedule, ScheduledFlight } from './scheduled-flight.ts';
import type { TimetableFormat } from './timetable-formats.ts';

const noCounts = () => ({ created: 0, updated: 0, unchanged: 0 });

/**
 * Reads a timetable, places or connection times and brings them into the record at once. Good lines are applied, bad
 * ones come back with their number and reason; the same file again changes nothing. What it did to flights is an
 * import that can be looked at and rolled back (`admin.imports`); `previewImport` looks before it leaps.
 */
export async function importTimetable(room: ImportRoom, input: ImportFlightsInput): Promise<ImportReport> {
  const { format, dryRun } = input;
  switch (format) {
    case 'places':
      return importPlaces(room, input);
    case 'mct': {
      const { accepted, counts, rejected } = await importConnectionTimes(room.inventory, input.text, dryRun);
      return { ...emptyReport(dryRun), accepted, rejected, connections: counts };
    }
    case 'csv':
    case 'bts':
    case 'ssim':
      return importFlights(room, { ...input, format });
  }
}

const emptyReport = (dryRun: boolean): ImportReport => ({
  accepted: 0,
  flights: noCounts(),
  places: noCounts(),
  connections: noCounts(),
  rejected: [],
  notes: [],
  importId: null,
  dryRun,
});

async function importPlaces(room: ImportRoom, { text, dryRun }: ImportFlightsInput): Promise<ImportReport> {
  const { places, rejected } = await inSlices(
    parsePlaces(text, { known: (code) => knownPlace(room.inventory.places.get(code)) }),
  );
  const counts = await savePlaces(room.inventory.pool, places, { dryRun });
  if (!dryRun) {
    await room.inventory.places.reload();
    room.announcePlaces();
  }
  return { ...emptyReport(dryRun), accepted: places.length, places: counts, rejected };
}

/** What a file of places may leave out is kept as it is: the zone, and the city that an airport belongs to. */
const knownPlace = (place: PlaceView | undefined) =>
  place && {
    kind: place.kind,
    name: place.name,
    zone: place.zone,
    cityCode: place.kind === 'airport' ? (place.related[0] ?? null) : null,
  };

async function importFlights(
  room: ImportRoom,
  input: ImportFlightsInput & { format: TimetableFormat },
): Promise<ImportReport> {
  const { pool, announceLog } = room.inventory;
  const parsed = await readTimetable(room, input);
  const importId = input.importId ?? newId();
  const report = { ...emptyReport(input.dryRun), accepted: parsed.accepted, notes: parsed.notes.slice(0, linesKept) };
  const rejected = [...parsed.rejected];
  for (let from = 0; from < parsed.flights.length; from += flightsPerBatch) {
    const batch = parsed.flights.slice(from, from + flightsPerBatch);
    const outcome = await (input.dryRun ? tryBatch(room, batch) : applyBatch(room, input, importId, batch, parsed));
    report.flights.created += outcome.created;
    report.flights.updated += outcome.updated.length;
    report.flights.unchanged += outcome.unchanged;
    rejected.push(...outcome.rejected);
    if (!input.dryRun && outcome.updated.length + outcome.created > 0) await tellChanged(room, outcome.updated);
  }
  const { created, updated, unchanged } = report.flights;
  if (!input.dryRun && created + updated > 0) {
    const data = { format: input.format, importId, created, updated, unchanged };
    await inTransaction(pool, (tx) => writeLog(tx, [{ type: 'timetable.imported', data }]));
    announceLog();
    report.importId = importId;
  }
  return { ...report, rejected: rejected.sort((a, b) => a.line - b.line) };
}

interface BatchOutcome {
  created: number;
  /** Ids of flights that were changed. */
  updated: string[];
  unchanged: number;
  rejected: ImportReport['rejected'];
}

async function tryBatch(room: ImportRoom, batch: ScheduledFlight[]): Promise<BatchOutcome> {
  const plan = await planFlights(room.inventory.pool, batch);
  const updated = plan.changes.filter((each) => each.kind === 'updated').map((each) => each.flightId);
  return {
    created: plan.changes.length - updated.length,
    updated,
    unchanged: plan.unchanged,
    rejected: plan.cancelled.map((place) => refusedAt(batch, place, stillCancelled)),
  };
}

const stillCancelled = 'the flight was cancelled here and stays cancelled';
const refusedAt = (batch: ScheduledFlight[], place: number, reason: string) => ({
  line: batch[place]?.line ?? 0,
  reason,
});

/** Plans, applies and records a batch in one transaction. */
const applyBatch = (
  room: ImportRoom,
  input: { format: TimetableFormat },
  importId: string,
  batch: ScheduledFlight[],
  parsed: ParsedSchedule,
): Promise<BatchOutcome> =>
  inTransaction(room.inventory.pool, async (tx) => {
    await lockTimetable(tx);
    const plan = await planFlights(tx, batch);
    const results = await applyChanges(tx, plan.changes, importId);
    const rejected = plan.cancelled.map((place) => refusedAt(batch, place, stillCancelled));
    const updated: string[] = [];
    let created = 0;
    for (const [at, change] of plan.changes.entries()) {
      const result = results[at];
      if (result && 'refusal' in result) rejected.push(refusedAt(batch, change.place, result.refusal));
      else if (change.kind === 'updated') updated.push(change.flightId);
      else created += 1;
    }
    if (plan.changes.length > 0) {
      await insertImport(tx, {
        id: importId,
        format: input.format,
        fileName: null,
        status: 'applied',
        findings: {
          scopes: parsed.scopes,
          rejected: parsed.rejected.length,
          rejectedLines: parsed.rejected.slice(0, linesKept),
          notes: parsed.notes.slice(0, linesKept),
          notWhole: null,
          hit: { bookings: 0, seats: 0 },
        },
      });
      const changes = plan.changes.map((each) => ({
        ...each,
        line: batch[each.place]?.line ?? null,
        bookings: 0,
        seats: 0,
      }));
      await recordApplied(tx, importId, changes, results);
    }
    return { created, updated, unchanged: plan.unchanged, rejected };
  });

const countSql = `
  update schedule_import set changes = changes + $2, done = done + $2, applied_at = coalesce(applied_at, now())
  where id = $1 and status = 'applied' returning changes`;

/** Adds changes that have been made to their import, which several calls may share. */
async function recordApplied(
  tx: Parameters<typeof insertChanges>[0],
  importId: string,
  changes: Parameters<typeof insertChanges>[3],
  results: Parameters<typeof insertChanges>[4],
): Promise<void> {
  const { rows } = await tx.query<{ changes: number }>(countSql, [importId, changes.length]);
  const now = rows[0]?.changes;
  if (now === undefined) throw refuse('NOT_ALLOWED', { reason: 'the import is one that is looked at first', importId });
  await insertChanges(tx, importId, now - changes.length, changes, results);
}
