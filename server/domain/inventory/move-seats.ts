import type { PoolClient } from 'pg';
import type { MovementKind } from './ledger.entity.ts';
import { type SeatTruth, seatTruthColumns } from './seat-truth.ts';

/** So many seats of one cabin for one booking. */
export interface Move {
  bookingId: string;
  cabinId: number;
  quantity: number;
}

/** What one seat of each kind of movement does to the counters. Holds are taken by `hold_seats`. */
const effects = {
  confirm: { held: -1, sold: 1 },
  release: { held: -1, sold: 0 },
  /** A late payment takes seats again after the hold was given up. */
  retake: { held: 0, sold: 1 },
  return: { held: 0, sold: -1 },
} as const satisfies Record<Exclude<MovementKind, 'hold' | 'repair'>, { held: number; sold: number }>;

type SeatMovement = keyof typeof effects;

/**
 * Takes seats, or nothing at all. The WHERE is the decision: it is re-tested on the newest row after
 * any wait for its lock, and the CHECK of the table stands behind it.
 */
const retakeSql = `
  update cabin c set sold = sold + $2, version = version + 1
  where c.id = $1 and c.state = 'open' and c.departs_at_utc > now()
    and c.held + c.sold + $2 <= c.target_capacity
  returning ${seatTruthColumns}`;

const giveSql = `
  with wanted as (
    select w.id, w.held, w.sold from unnest($1::int4[], $2::int4[], $3::int4[]) w (id, held, sold)
  ), locked as (
    select c.id from cabin c join wanted w on w.id = c.id order by c.id for update of c
  )
  update cabin c set held = c.held + w.held, sold = c.sold + w.sold, version = c.version + 1
  from wanted w join locked l on l.id = w.id where c.id = w.id
  returning ${seatTruthColumns}`;

const ledgerSql = `
  insert into ledger (cabin_id, version, booking_id, kind, d_held, d_sold)
  select u.cabin_id, u.version, u.booking_id, $4, u.d_held, u.d_sold
  from unnest($1::int4[], $2::int4[], $3::uuid[], $5::int4[], $6::int4[]) u (cabin_id, version, booking_id, d_held, d_sold)`;

/** Seats a cabin, summed over the moves: two legs of one booking may lie in one cabin. */
function sumByCabin(moves: Move[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const move of moves) sums.set(move.cabinId, (sums.get(move.cabinId) ?? 0) + move.quantity);
  // Cabins are always locked in the order of their ids, so no two transactions wait for each other.
  return new Map([...sums].sort(([a], [b]) => a - b));
}

async function writeLedger(tx: PoolClient, kind: SeatMovement, moves: Move[], truths: SeatTruth[]): Promise<void> {
  const versions = new Map(truths.map((truth) => [truth.cabinId, truth.version]));
  const perBooking = new Map<string, Move>();
  for (const move of moves) {
    const key = `${move.bookingId} ${move.cabinId}`;
    const known = perBooking.get(key);
    perBooking.set(key, known ? { ...known, quantity: known.quantity + move.quantity } : move);
  }
  const rows = [...perBooking.values()];
  const { held, sold } = effects[kind];
  await tx.query({
    name: 'write-ledger',
    text: ledgerSql,
    values: [
      rows.map((row) => row.cabinId),
      rows.map((row) => versions.get(row.cabinId) ?? null),
      rows.map((row) => row.bookingId),
      kind,
      rows.map((row) => row.quantity * held),
      rows.map((row) => row.quantity * sold),
    ],
  });
}

/** Sells seats again in all cabins, at the price that was agreed before; undefined if one has too few, then roll back. */
export async function retakeSeats(tx: PoolClient, moves: Move[]): Promise<SeatTruth[] | undefined> {
  const truths: SeatTruth[] = [];
  for (const [cabinId, quantity] of sumByCabin(moves)) {
    const { rows } = await tx.query<SeatTruth>({ name: 'retake-seats', text: retakeSql, values: [cabinId, quantity] });
    if (!rows[0]) return undefined;
    truths.push(rows[0]);
  }
  await writeLedger(tx, 'retake', moves, truths);
  return truths;
}

/** Confirms, releases or returns seats that these bookings have. Throws (CHECK) if they had not. */
export async function settleSeats(
  tx: PoolClient,
  kind: 'confirm' | 'release' | 'return',
  moves: Move[],
): Promise<SeatTruth[]> {
  if (moves.length === 0) return [];
  const sums = sumByCabin(moves);
  const { held, sold } = effects[kind];
  const quantities = [...sums.values()];
  const { rows } = await tx.query<SeatTruth>({
    name: 'settle-seats',
    text: giveSql,
    values: [[...sums.keys()], quantities.map((each) => each * held), quantities.map((each) => each * sold)],
  });
  if (rows.length !== sums.size) throw new Error('a booked cabin is missing');
  await writeLedger(tx, kind, moves, rows);
  return rows;
}
