import { leastId } from '../../../shared/ids.ts';
import type { ImportView, PreviewImportInput } from '../../../shared/schedule-import.ts';
import { inTransaction, type Queryable } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { type FlightChange, isFelt } from '../inventory/flight-change.ts';
import { flightsToCome, takenSeats } from '../inventory/flight-facts.ts';
import { planFlights } from '../inventory/plan-flights.ts';
import { flightsPerBatch, type ImportRoom, linesKept, readTimetable } from './import-room.ts';
import {
  type ImportFindings,
  importViewOf,
  insertChanges,
  insertImport,
  type PlannedChange,
  readImport,
} from './import-rows.ts';
import { flightKey, type ParsedSchedule, type ScheduleScope } from './scheduled-flight.ts';

/** Imports that are remembered; older ones cannot be rolled back any more. */
const importsKept = 200;

const pruneSql = `
  delete from schedule_import i where (i.status = 'planned' and i.created_at < now() - interval '7 days')
    or (i.status = 'reading' and i.created_at < now() - interval '10 minutes')
    or i.id in (select o.id from schedule_import o where o.status in ('applied', 'rolled_back')
                order by o.created_at desc, o.id desc offset ${importsKept})`;

const hitSql = `
  select count(distinct b.id)::int as bookings, coalesce(sum(l.quantity), 0)::int as seats
  from schedule_change s join cabin c on c.flight_id = s.flight_id join cabin_leg l on l.cabin_id = c.id
  join booking b on b.id = l.booking_id
  where s.import_id = $1 and s.bookings > 0 and b.status in ('held', 'paying', 'confirmed')`;

const finishSql = `
  update schedule_import set status = 'planned', accepted = $2, unchanged = $3, changes = $4, findings = $5 where id = $1`;

/**
 * Reads a timetable and says what it would do: flights that are new, changed and cancelled, and the bookings that
 * this hits. Changes nothing but the import itself, which `applyImport` carries out as it was shown.
 *
 * Cancelled are flights to come of the file's carriers and dates that the file does not have, if the operator says
 * that it is whole and nothing in it speaks against that: no line refused, no record missing.
 *
 * The same id again answers the same import. Fails: IN_PROGRESS while it is being read; an import whose reader died is
 * forgotten after ten minutes.
 */
export async function previewImport(room: ImportRoom, input: PreviewImportInput): Promise<ImportView> {
  const { pool } = room.inventory;
  await pool.query(pruneSql);
  if (await readImport(pool, input.id)) return known(room, input.id);
  const parsed = await readTimetable(room, input);
  const findings: ImportFindings = {
    scopes: parsed.scopes,
    rejected: parsed.rejected.length,
    rejectedLines: parsed.rejected.slice(0, linesKept),
    notes: parsed.notes.slice(0, linesKept),
    notWhole: input.isWhole ? whyNotWhole(parsed) : null,
    hit: { bookings: 0, seats: 0 },
  };
  const { format, fileName = null } = input;
  const isNew = await insertImport(pool, { id: input.id, format, fileName, status: 'reading', findings });
  if (!isNew) return known(room, input.id);
  try {
    await compare(room, input, parsed, findings);
  } catch (error) {
    // So that the same id may be tried again at once.
    await pool
      .query(`delete from schedule_import where id = $1 and status = 'reading'`, [input.id])
      .catch(() => undefined);
    throw error;
  }
  return known(room, input.id);
}

/** Writes down what has to be done, and then that this is all. */
async function compare(
  room: ImportRoom,
  input: PreviewImportInput,
  parsed: ParsedSchedule,
  findings: ImportFindings,
): Promise<void> {
  const { pool } = room.inventory;
  let changes = 0;
  let unchanged = 0;
  // A transaction a batch: a long one would hold back whoever follows the log.
  const add = async (tx: Queryable, planned: FlightChange[], lines: (number | null)[]): Promise<void> => {
    await insertChanges(tx, input.id, changes, await withBookings(tx, planned, lines));
  };
  for (let from = 0; from < parsed.flights.length; from += flightsPerBatch) {
    const batch = parsed.flights.slice(from, from + flightsPerBatch);
    const plan = await inTransaction(pool, async (tx) => {
      const made = await planFlights(tx, batch);
      await add(
        tx,
        made.changes,
        made.changes.map((each) => batch[each.place]?.line ?? null),
      );
      return made;
    });
    changes += plan.changes.length;
    unchanged += plan.unchanged;
  }
  if (input.isWhole && findings.notWhole === null) {
    const keys = new Set(parsed.flights.map(flightKey));
    for (const scope of parsed.scopes)
      for await (const gone of flightsGone(pool, scope, keys)) {
        await inTransaction(pool, (tx) =>
          add(
            tx,
            gone,
            gone.map(() => null),
          ),
        );
        changes += gone.length;
      }
  }
  const hit = await pool.query<ImportFindings['hit']>(hitSql, [input.id]);
  const found = { ...findings, hit: hit.rows[0] };
  await pool.query(finishSql, [input.id, parsed.accepted, unchanged, changes, JSON.stringify(found)]);
}

/** The import of an id that was sent before. Fails: IN_PROGRESS while that is still being read. */
async function known({ inventory: { pool } }: ImportRoom, id: string): Promise<ImportView> {
  const row = await readImport(pool, id);
  if (!row || row.status === 'reading') throw refuse('IN_PROGRESS', { retryAfterMs: 1000 });
  return importViewOf(row);
}

/** What speaks against taking the file for all that there is. */
function whyNotWhole({ broken, rejected, flights }: ParsedSchedule): string | null {
  if (broken) return broken;
  const [first] = rejected;
  if (first) return `line ${first.line} was refused: ${first.reason}`;
  return flights.length === 0 ? 'the file has no flight' : null;
}

async function* flightsGone(
  db: Queryable,
  scope: ScheduleScope,
  keys: ReadonlySet<string>,
): AsyncGenerator<FlightChange[]> {
  let after = leastId;
  for (;;) {
    const page = await flightsToCome(db, scope, after, flightsPerBatch);
    const gone = page.filter(({ facts }) => !keys.has(flightKey(facts)));
    if (gone.length > 0)
      yield gone.map(({ id, version, facts }) => ({ kind: 'cancelled', flightId: id, version, before: facts }));
    if (page.length < flightsPerBatch) return;
    after = page.at(-1)?.id as string;
  }
}

/** Changes with the bookings that they hit: of flights that move, shrink below what is taken, or are cancelled. */
async function withBookings(
  db: Queryable,
  changes: FlightChange[],
  lines: (number | null)[],
): Promise<PlannedChange[]> {
  const ids = changes.flatMap((each) => (each.kind === 'created' ? [] : [each.flightId]));
  const taken = await takenSeats(db, ids);
  return changes.map((change, at) => {
    const seats = taken.get(change.flightId);
    const felt = seats && isFelt(change, new Map(Object.entries(seats.cabins))) ? seats : { bookings: 0, seats: 0 };
    return { ...change, line: lines[at] ?? null, bookings: felt.bookings, seats: felt.seats };
  });
}
