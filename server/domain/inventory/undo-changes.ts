import type { PoolClient } from 'pg';
import type { FlightFacts } from '../../../shared/schedule-import.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import { changedFacts, manyEntry, newFlightOf } from './apply-changes.ts';
import type { FlightChange } from './flight-change.ts';
import { deleteUntouched, lockFlights, rewriteFlights } from './rewrite-flights.ts';
import { writeFlights } from './write-flights.ts';

/** A change that was made, with the version that it left. */
export type DoneChange = FlightChange & { appliedVersion: number; appliedAt: string };

/** Null: it is as it was before the change. A text: it stays as it is, and why. */
type UndoResult = string | null;

// Who took seats after the change, and who lost theirs by it.
const sinceSql = `
  select u.id as "flightId",
    coalesce((select sum(c.held + c.sold) from cabin c where c.flight_id = u.id), 0)::int as taken,
    coalesce((select sum(l.quantity) from cabin c join cabin_leg l on l.cabin_id = c.id join booking b on b.id = l.booking_id
       where c.flight_id = u.id and b.status in ('held', 'paying', 'confirmed') and b.created_at > u.at), 0)::int as since
  from unnest($1::uuid[], $2::timestamptz[]) as u (id, at)`;

const thereSql = `
  select distinct w.place::int - 1 as place
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    with ordinality as w (carrier, number, origin, destination, date, place)
  join flight f on f.carrier = w.carrier and f.number = w.number and f.departure_date = w.date
    and f.origin = w.origin and f.destination = w.destination and f.state <> 'cancelled'`;

const dropCabinsSql = `
  delete from cabin c using unnest($1::uuid[], $2::text[]) as u (flight_id, cabin)
  where c.flight_id = u.flight_id and c.cabin = u.cabin
    and not exists (select from ledger g where g.cabin_id = c.id)`;

/**
 * Takes changes back, in the transaction of `lockTimetable`: flights that were made go if nobody ever touched a seat
 * of them, edits and cancellations are put back. What was edited since, and what somebody bought as it is now, stays,
 * with its reason: no seat that was sold is ever taken or moved. Bookings that a cancellation gave back stay given
 * back. Logs as applying does. Answers each result, in the given order.
 */
export async function undoChanges(tx: PoolClient, changes: DoneChange[], importId: string): Promise<UndoResult[]> {
  const results = new Map<DoneChange, UndoResult>();
  const locked = await lockFlights(
    tx,
    changes.map((each) => each.flightId),
  );
  const { rows } = await tx.query<{ flightId: string; taken: number; since: number }>(sinceSql, [
    changes.map((each) => each.flightId),
    changes.map((each) => each.appliedAt),
  ]);
  const seats = new Map(rows.map((row) => [row.flightId, row]));
  const gone: DoneChange[] = [];
  const rewrites: { change: DoneChange; facts: FlightFacts }[] = [];
  const restored: (DoneChange & { before: FlightFacts })[] = [];
  for (const change of changes) {
    const now = locked.get(change.flightId);
    const { taken = 0, since = 0 } = seats.get(change.flightId) ?? {};
    if (change.kind === 'cancelled' && !now) restored.push(change);
    else if (!now) results.set(change, change.kind === 'created' ? null : 'it is gone');
    else if (now.version !== change.appliedVersion) results.set(change, 'it was edited since');
    else if (change.kind === 'created') gone.push(change);
    else if (change.kind === 'cancelled') rewrites.push({ change, facts: { ...change.before, cabins: [] } });
    else if (since > 0 && isMoved(change)) results.set(change, `${seatCount(since)} taken since at the new times`);
    else rewrites.push({ change, facts: { ...change.before, cabins: cabinsBefore(change) } });
    if (change.kind === 'created' && now && taken > 0) results.set(change, `${seatCount(taken)} taken on it`);
  }

  const deleted = await deleteUntouched(
    tx,
    gone.filter((each) => !results.has(each)).map((each) => each.flightId),
  );
  for (const change of gone)
    if (deleted.has(change.flightId)) results.set(change, null);
    else if (!results.has(change)) results.set(change, 'seats of it have been held before: it stays as a record');

  const there = await thereAgain(tx, restored);
  const reborn = restored.filter((each) => !there.has(each));
  for (const change of restored) results.set(change, there.has(change) ? 'the flight is there again' : null);
  await writeFlights(
    tx,
    reborn.map(({ flightId, before }) => newFlightOf({ flightId, after: before })),
  );

  const versions = await rewriteFlights(
    tx,
    rewrites.map(({ change, facts }) => ({ flightId: change.flightId, facts })),
  );
  await dropNewCabins(tx, rewrites);
  for (const { change } of rewrites) results.set(change, null);
  await writeLog(tx, [
    ...manyEntry('flights.created', reborn, importId),
    ...manyEntry(
      'flights.deleted',
      gone.filter((each) => deleted.has(each.flightId)),
      importId,
    ),
    ...rewrites.map(({ change, facts }) => ({
      type: 'flight.updated',
      subject: change.flightId,
      version: versions.get(change.flightId) as number,
      data: { ...changedFacts(stateAfter(change), facts), importId },
    })),
  ]);
  return changes.map((change) => results.get(change) as UndoResult);
}

const seatCount = (seats: number): string => (seats === 1 ? '1 seat was' : `${seats} seats were`);

const isMoved = (change: DoneChange): boolean =>
  change.kind === 'updated' &&
  (change.before.departsAt !== change.after.departsAt || change.before.arrivesAt !== change.after.arrivesAt);

const stateAfter = (change: DoneChange): FlightFacts => {
  if (change.kind === 'created') return change.after;
  return change.kind === 'updated' ? change.after : { ...change.before, state: 'cancelled' };
};

/** Cabins that the change edited, as they were; those that it added keep no seats. */
function cabinsBefore(change: DoneChange): FlightFacts['cabins'] {
  if (change.kind !== 'updated') return [];
  return change.after.cabins.map(
    (cabin) => change.before.cabins.find((each) => each.cabin === cabin.cabin) ?? { ...cabin, capacity: 0 },
  );
}

async function dropNewCabins(tx: PoolClient, rewrites: { change: DoneChange; facts: FlightFacts }[]): Promise<void> {
  const added = rewrites.flatMap(({ change, facts }) => {
    if (change.kind !== 'updated') return [];
    const had = new Set(change.before.cabins.map((each) => each.cabin));
    return facts.cabins.filter((each) => !had.has(each.cabin)).map(({ cabin }) => ({ id: change.flightId, cabin }));
  });
  if (added.length === 0) return;
  await tx.query(dropCabinsSql, [added.map((each) => each.id), added.map((each) => each.cabin)]);
}

/** Of flights that were deleted, those that somebody has made again. */
async function thereAgain<T extends { before: FlightFacts }>(tx: PoolClient, changes: T[]): Promise<Set<T>> {
  if (changes.length === 0) return new Set();
  const { rows } = await tx.query<{ place: number }>(thereSql, [
    changes.map(({ before }) => before.carrier),
    changes.map(({ before }) => before.number),
    changes.map(({ before }) => before.origin),
    changes.map(({ before }) => before.destination),
    changes.map(({ before }) => before.departsAt.slice(0, 10)),
  ]);
  return new Set(rows.map((row) => changes[row.place] as T));
}
