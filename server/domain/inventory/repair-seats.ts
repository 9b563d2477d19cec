import type { CabinClass } from '../../../shared/flight.ts';
import { leastId } from '../../../shared/ids.ts';
import type { RepairView, SeatCounts } from '../../../shared/operations.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { pausePoint } from '../../platform/runtime/pause-points.ts';
import type { InventoryRoom } from './inventory-room.ts';
import { type SeatTruth, seatTruthColumns } from './seat-truth.ts';

/** Stands in the ledger for the booking of a repair, which belongs to none. */
export const repairBooking = leastId;

const lockSql = `select id, held, sold, version from cabin where flight_id = $1 and cabin = $2 for update`;

// A statement of its own, behind the lock: whoever moves seats of this cabin has committed and is
// counted on all sides, or still waits for the row and is counted on none.
const countSql = `
  select
    (select coalesce(sum(d_held), 0)::int from ledger where cabin_id = $1) as "ledgerHeld",
    (select coalesce(sum(d_sold), 0)::int from ledger where cabin_id = $1) as "ledgerSold",
    coalesce(sum(g.quantity) filter (where k.status in ('held', 'paying')), 0)::int as held,
    coalesce(sum(g.quantity) filter (where k.status = 'confirmed'), 0)::int as sold,
    (select max(version) from ledger where cabin_id = $1 and booking_id = '${repairBooking}') as "repairedAt",
    (select coalesce(max(attempt) + 1, 0)::int from ledger
       where cabin_id = $1 and booking_id = '${repairBooking}') as attempt
  from booking_leg g join booking k on k.id = g.booking_id where g.cabin_id = $1`;

// As with a cut of capacity: every seat that was promised stays, so the hard limit gives way.
const mendSql = `
  update cabin c set held = $2, sold = $3, capacity = greatest(target_capacity, $2::int4 + $3::int4), version = version + 1
  where c.id = $1 returning ${seatTruthColumns}`;

const ledgerSql = `
  insert into ledger_move (cabin_id, version, booking_id, kind, attempt, d_held, d_sold)
  values ($1, $2, '${repairBooking}', 'repair', $3, $4, $5)`;

interface Counted extends SeatCounts {
  ledgerHeld: number;
  ledgerSold: number;
  repairedAt: number | null;
  attempt: number;
}

/**
 * Brings the counters and the ledger of one cabin to what its bookings say, which are the truth.
 * Selling may go on meanwhile and does not spoil `expectedVersion`: what does is another repair since.
 *
 * Fails: NOT_FOUND, VERSION_CONFLICT (repaired since, or a version that the cabin has not reached),
 * NOT_ALLOWED (the three agree, so there is nothing to repair).
 */
export async function repairSeats(
  room: InventoryRoom,
  input: { flightId: string; cabin: CabinClass; expectedVersion: number },
): Promise<RepairView> {
  const { flightId, cabin, expectedVersion } = input;
  const { was, truth } = await inTransaction(room.pool, async (tx) => {
    const locked = await tx.query<SeatCounts & { id: number; version: number }>(lockSql, [flightId, cabin]);
    const row = locked.rows[0];
    if (!row) throw refuse('NOT_FOUND', { reason: 'no such cabin', flightId, cabin });
    const counted = (await tx.query<Counted>(countSql, [row.id])).rows[0] as Counted;
    if (expectedVersion > row.version || (counted.repairedAt ?? 0) > expectedVersion) {
      throw refuse('VERSION_CONFLICT', { expected: expectedVersion, actual: row.version });
    }
    const was = {
      counters: { held: row.held, sold: row.sold },
      ledger: { held: counted.ledgerHeld, sold: counted.ledgerSold },
      bookings: { held: counted.held, sold: counted.sold },
    };
    if (agree(was.counters, was.bookings) && agree(was.ledger, was.bookings)) {
      throw refuse('NOT_ALLOWED', { reason: 'counters, ledger and bookings agree', flightId, cabin });
    }
    const mended = await tx.query<SeatTruth>(mendSql, [row.id, counted.held, counted.sold]);
    const truth = mended.rows[0] as SeatTruth;
    await tx.query(ledgerSql, [
      row.id,
      truth.version,
      counted.attempt,
      counted.held - counted.ledgerHeld,
      counted.sold - counted.ledgerSold,
    ]);
    await writeLog(tx, [
      { type: 'seats.repaired', subject: flightId, data: { cabin, version: truth.version, ...was } },
    ]);
    await pausePoint('repair.before-commit');
    return { was, truth };
  });
  room.drift.seen([truth.cabinId], []);
  room.seats.publish([truth]);
  room.announceLog();
  room.metrics.seatRepairsTotal.inc();
  // An error although it went well: that there was something to repair is one.
  room.log.error({ flightId, cabin, version: truth.version, ...was }, 'seats were repaired');
  return { flightId, cabin, version: truth.version, was, now: { held: truth.held, sold: truth.sold } };
}

const agree = (a: SeatCounts, b: SeatCounts): boolean => a.held === b.held && a.sold === b.sold;
