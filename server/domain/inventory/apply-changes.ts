import type { PoolClient } from 'pg';
import type { FlightFacts } from '../../../shared/schedule-import.ts';
import { type LogEntry, writeLog } from '../../platform/feed/write-log.ts';
import type { ChangeResult, FlightChange } from './flight-change.ts';
import { deleteUntouched, lockFlights, rewriteFlights } from './rewrite-flights.ts';
import { writeFlights } from './write-flights.ts';

/** Whoever changes many flights does it alone, and may wait for single edits. */
export async function lockTimetable(tx: PoolClient): Promise<void> {
  await tx.query(`set local lock_timeout = '20s'; set local statement_timeout = '60s'`);
  await tx.query(`select pg_advisory_xact_lock(hashtext('airside import'))`);
}

/**
 * Does what was planned, in the transaction of `lockTimetable`; of a flight that somebody has changed since it was
 * looked at it does nothing. A flight that nobody ever touched is deleted instead of cancelled.
 *
 * Writes to the log: `flight.updated` and `flight.cancelled` for each, `flights.created` and `flights.deleted` with
 * all their ids. Answers what became of each change, in the given order.
 */
export async function applyChanges(tx: PoolClient, changes: FlightChange[], importId: string): Promise<ChangeResult[]> {
  const results = new Map<FlightChange, ChangeResult>();
  const locked = await lockFlights(
    tx,
    changes.flatMap((each) => (each.kind === 'created' ? [] : [each.flightId])),
  );
  const isAsSeen = (change: Exclude<FlightChange, { kind: 'created' }>): boolean => {
    const now = locked.get(change.flightId);
    if (now?.version === change.version && now.state !== 'cancelled') return true;
    results.set(change, { refusal: now ? 'it was edited after it was looked at' : 'it is gone' });
    return false;
  };
  const created = changes.filter((each) => each.kind === 'created');
  const updated = changes.filter((each) => each.kind === 'updated').filter(isAsSeen);
  const cancelled = changes.filter((each) => each.kind === 'cancelled').filter(isAsSeen);

  await writeFlights(tx, created.map(newFlightOf));
  for (const change of created) results.set(change, { appliedVersion: 1 });

  const deleted = await deleteUntouched(
    tx,
    cancelled.map((each) => each.flightId),
  );
  const versions = await rewriteFlights(tx, [
    ...updated.map(({ flightId, after }) => ({ flightId, facts: after })),
    ...cancelled
      .filter((each) => !deleted.has(each.flightId))
      .map(({ flightId, before }) => ({ flightId, facts: { ...before, state: 'cancelled' as const, cabins: [] } })),
  ]);
  for (const change of [...updated, ...cancelled])
    results.set(change, { appliedVersion: versions.get(change.flightId) ?? change.version });

  await writeLog(tx, [
    ...manyEntry('flights.created', created, importId),
    ...manyEntry(
      'flights.deleted',
      cancelled.filter((each) => deleted.has(each.flightId)),
      importId,
    ),
    ...updated.map(({ flightId, before, after }) => ({
      type: 'flight.updated',
      subject: flightId,
      version: versions.get(flightId) as number,
      data: { ...changedFacts(before, after), importId },
    })),
    ...cancelled
      .filter((each) => !deleted.has(each.flightId))
      .map(({ flightId }) => ({
        type: 'flight.cancelled',
        subject: flightId,
        version: versions.get(flightId) as number,
        data: { state: 'cancelled', importId },
      })),
  ]);
  return changes.map((change) => results.get(change) as ChangeResult);
}

export const newFlightOf = ({ flightId, after }: { flightId: string; after: FlightFacts }) => ({
  ...after,
  id: flightId,
});

/** One entry for many flights that nobody has a booking on: single ones would push everything else out of sight. */
export const manyEntry = (type: string, changes: { flightId: string }[], importId: string): LogEntry[] =>
  changes.length === 0 ? [] : [{ type, data: { ids: changes.map((each) => each.flightId), importId } }];

/** What the log tells of an edit: the fields that changed, as `admin.flights.update` would have named them. */
export function changedFacts(before: FlightFacts, after: FlightFacts): Record<string, unknown> {
  return {
    ...(before.departsAt === after.departsAt ? {} : { departsAt: after.departsAt }),
    ...(before.arrivesAt === after.arrivesAt ? {} : { arrivesAt: after.arrivesAt }),
    ...(before.state === after.state ? {} : { state: after.state }),
    ...(after.cabins.length === 0 ? {} : { cabins: after.cabins }),
  };
}
