import type { FlightView, RemovalPreview } from '../../../shared/flight.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { flightViewOf, readFlights } from './flight-rows.ts';
import type { InventoryRoom } from './inventory-room.ts';
import { updateFlight } from './update-flight.ts';

// A flight that anybody ever held seats on stays as a record; one that nobody touched may go.
const deleteSql = `
  delete from flight f where f.id = $1 and f.version = $2
    and not exists (select from ledger g join cabin c on c.id = g.cabin_id where c.flight_id = f.id)`;

/**
 * Takes a flight off: deleted when no seat of it was ever touched, otherwise cancelled, which
 * releases its holds and refunds its bookings. Fails: NOT_FOUND, VERSION_CONFLICT.
 */
export async function removeFlight(
  room: InventoryRoom,
  { flightId, expectedVersion }: { flightId: string; expectedVersion: number },
): Promise<FlightView & { deleted: boolean }> {
  const before = (await readFlights(room.pool, [flightId])).get(flightId);
  if (!before) throw refuse('NOT_FOUND', { reason: 'no such flight', flightId });
  const deleted = await inTransaction(room.pool, async (tx) => {
    // Locked as an edit locks: the flight, then its cabins. Their locks keep a hold from slipping in between the look at the ledger and the delete.
    await tx.query('select from flight where id = $1 for update', [flightId]);
    await tx.query('select from cabin where flight_id = $1 order by id for update', [flightId]);
    const { rowCount } = await tx.query(deleteSql, [flightId, expectedVersion]);
    if (rowCount === 1)
      await writeLog(tx, [{ type: 'flight.deleted', subject: flightId, version: expectedVersion, data: {} }]);
    return rowCount === 1;
  });
  if (deleted) {
    room.metrics.flightDbUpdatesTotal.inc();
    room.announceLog();
    const { row, cabins } = before;
    row.state = 'cancelled';
    row.version += 1;
    room.seats.publishFlight(row, cabins);
    return { ...flightViewOf(row, cabins, room.clock.now()), deleted: true };
  }
  if (before.row.state === 'cancelled' && before.row.version === expectedVersion) {
    return { ...flightViewOf(before.row, before.cabins, room.clock.now()), deleted: false };
  }
  return { ...(await updateFlight(room, { flightId, expectedVersion, state: 'cancelled' })), deleted: false };
}

const previewSql = `
  select b.status, count(distinct b.id)::int as bookings, b.price_currency as currency,
    coalesce(sum(b.price_amount) filter (where b.status = 'confirmed'), 0)::float8 as refund
  from (select distinct booking_id from cabin_leg g join cabin c on c.id = g.cabin_id where c.flight_id = $1) g
  join booking b on b.id = g.booking_id
  where b.status in ('held', 'paying', 'confirmed') group by b.status, b.price_currency`;

/** Who would be hit if the flight were removed now, shown before it is. Fails: NOT_FOUND. */
export async function previewRemoval(room: InventoryRoom, flightId: string): Promise<RemovalPreview> {
  if (!(await readFlights(room.pool, [flightId])).has(flightId)) {
    throw refuse('NOT_FOUND', { reason: 'no such flight', flightId });
  }
  const { rows } = await room.pool.query<{
    status: keyof RemovalPreview['bookings'];
    bookings: number;
    currency: string;
    refund: number;
  }>(previewSql, [flightId]);
  const touched = await room.pool.query(
    'select from ledger g join cabin c on c.id = g.cabin_id where c.flight_id = $1 limit 1',
    [flightId],
  );
  const bookings = { held: 0, paying: 0, confirmed: 0 };
  const refunds = new Map<string, number>();
  for (const row of rows) {
    bookings[row.status] += row.bookings;
    if (row.refund > 0) refunds.set(row.currency, (refunds.get(row.currency) ?? 0) + row.refund);
  }
  return {
    bookings,
    refunds: [...refunds].map(([currency, amount]) => ({ amount, currency })),
    wouldDelete: touched.rowCount === 0,
  };
}
