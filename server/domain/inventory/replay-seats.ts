import type { Pool, PoolClient } from 'pg';
import type { BookingStatus } from '../../../shared/booking.ts';
import type { CabinClass } from '../../../shared/flight.ts';
import { leastId } from '../../../shared/ids.ts';
import type { ReplayFinding, ReplayView } from '../../../shared/operations.ts';
import { repairBooking } from './repair-seats.ts';
import { type CabinFacts, createBookingFold, createCabinFold, type FoundFault, type LedgerRow } from './replay-fold.ts';
import { findUntoldLegs } from './untold-legs.ts';

/** Cabins that are replayed in one snapshot. A snapshot that lives long keeps hot rows from being tidied. */
const cabinsPage = 500;
/** Ledger rows that are in memory at a time. */
const rowsPage = 2_000;
/** Bookings that are read at a time. */
const bookingsPage = 5_000;
const findingsMax = 200;

type Cabin = CabinFacts & { id: number; flightId: string; cabin: CabinClass };

const countSql = 'select count(*)::int as n from cabin where $1::uuid is null or flight_id = $1';

const cabinsSql = `
  select c.id, c.flight_id as "flightId", c.cabin, c.held, c.sold, c.capacity, c.version,
    coalesce((select max(version) from ledger where cabin_id = c.id and booking_id = '${repairBooking}'), 0) as "repairedAt"
  from cabin c where c.id > $1 and ($2::uuid is null or c.flight_id = $2) order by c.id limit ${cabinsPage}`;

const byVersionSql = `
  select cabin_id as "cabinId", version, kind, d_held as "dHeld", d_sold as "dSold"
  from ledger where cabin_id = any($1::int4[]) order by cabin_id, version`;

// A booking's rows stand together, so one life is in memory at a time. Rows of one version cannot be
// told apart by it; the order of a life can.
const byBookingSql = `
  select l.cabin_id as "cabinId", l.booking_id as "bookingId", l.version, l.kind, l.d_held as "dHeld", l.d_sold as "dSold",
    b.status, q.quantity
  from ledger l left join booking b on b.id = l.booking_id
  left join lateral (
    select sum(g.quantity)::int as quantity from booking_leg g where g.booking_id = l.booking_id and g.cabin_id = l.cabin_id
  ) q on true
  where l.cabin_id = any($1::int4[]) and l.booking_id <> '${repairBooking}'
  order by l.cabin_id, l.booking_id, l.version, array_position('{hold,confirm,release,retake,return}'::text[], l.kind::text)`;

const orphansSql = `
  select x.cabin_id as "cabinId", min(x.what) as what from (
    select cabin_id, 'ledger rows' as what from ledger
    union all select cabin_id, 'legs of bookings' from booking_leg
  ) x where not exists (select from cabin c where c.id = x.cabin_id) group by x.cabin_id limit ${findingsMax}`;

/**
 * Replays the ledger of every cabin (or of one flight's) row by row and compares where it ends with
 * counters and bookings. Some hundred cabins share a snapshot, and a few thousand rows are in memory
 * at a time, however long the ledger is. Tells how far it has come after each page; the last view is
 * `finished`. Ends early, unfinished, when the signal aborts.
 */
export async function* replaySeats(
  room: { pool: Pool },
  flightId: string | undefined,
  signal?: AbortSignal,
): AsyncGenerator<ReplayView> {
  const counted = await room.pool.query<{ n: number }>(countSql, [flightId ?? null]);
  const of = counted.rows[0]?.n ?? 0;
  const adrift = new Set<number>();
  const findings: ReplayFinding[] = [];
  let [checked, rows, after] = [0, 0, 0];
  const view = (finished: boolean): ReplayView => ({
    checked,
    of: Math.max(of, checked),
    rows,
    drift: adrift.size,
    findings: [...findings],
    finished,
  });
  const find = (cabinId: number, finding: ReplayFinding): void => {
    adrift.add(cabinId);
    if (findings.length < findingsMax) findings.push(finding);
  };

  while (!signal?.aborted) {
    const page = await inSnapshot(room.pool, async (tx) => {
      const cabins = (await tx.query<Cabin>(cabinsSql, [after, flightId ?? null])).rows;
      const read = cabins.length > 0 ? await replayCabins(tx, cabins, find) : 0;
      return { cabins, read };
    });
    checked += page.cabins.length;
    rows += page.read;
    if (page.cabins.length < cabinsPage) break;
    after = page.cabins.at(-1)?.id as number;
    yield view(false);
  }
  await findUntold(room.pool, flightId, find, signal);
  if (signal?.aborted) return;
  if (!flightId) {
    const orphans = await room.pool.query<{ cabinId: number; what: string }>(orphansSql);
    for (const { cabinId, what } of orphans.rows) {
      const about = `${what} of cabin ${cabinId}, which does not exist`;
      find(cabinId, { fault: 'no_cabin', flightId: null, cabin: null, version: null, bookingId: null, about });
    }
  }
  yield view(true);
}

/** The last view of a replay, for whoever does not watch it. */
export async function replayWhole(
  room: { pool: Pool },
  flightId: string | undefined,
  signal?: AbortSignal,
): Promise<ReplayView> {
  let last: ReplayView = { checked: 0, of: 0, rows: 0, drift: 0, findings: [], finished: false };
  for await (const view of replaySeats(room, flightId, signal)) last = view;
  return last;
}

/** Answers the number of rows read. */
async function replayCabins(
  tx: PoolClient,
  cabins: Cabin[],
  find: (cabinId: number, finding: ReplayFinding) => void,
): Promise<number> {
  const ids = cabins.map((cabin) => cabin.id);
  const byId = new Map(cabins.map((cabin) => [cabin.id, cabin]));
  const faultIn =
    (cabin: Cabin, bookingId: string | null) =>
    (found: FoundFault): void =>
      find(cabin.id, { ...found, flightId: cabin.flightId, cabin: cabin.cabin, bookingId });

  let rows = 0;
  const folds = new Map(cabins.map((cabin) => [cabin.id, createCabinFold(cabin, faultIn(cabin, null))]));
  for await (const row of streamed<LedgerRow & { cabinId: number }>(tx, byVersionSql, ids)) {
    folds.get(row.cabinId)?.row(row);
    rows++;
  }
  for (const fold of folds.values()) fold.end();

  type BookingRow = LedgerRow & {
    cabinId: number;
    bookingId: string;
    status: BookingStatus | null;
    quantity: number | null;
  };
  let life: { key: string; fold: ReturnType<typeof createBookingFold> } | undefined;
  for await (const row of streamed<BookingRow>(tx, byBookingSql, ids)) {
    const key = `${row.cabinId} ${row.bookingId}`;
    if (life?.key !== key) {
      life?.fold.end();
      const cabin = byId.get(row.cabinId) as Cabin;
      life = { key, fold: createBookingFold(row, cabin.repairedAt, faultIn(cabin, row.bookingId)) };
    }
    life.fold.row(row);
  }
  life?.fold.end();

  return rows;
}

async function findUntold(
  pool: Pool,
  only: string | undefined,
  find: (cabinId: number, finding: ReplayFinding) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let after: string | undefined = leastId;
  while (after && !signal?.aborted) {
    const page: Awaited<ReturnType<typeof findUntoldLegs>> = await findUntoldLegs(pool, after, bookingsPage);
    for (const { bookingId, status, cabinId, flightId, cabin } of page.legs) {
      if (only && flightId !== only) continue;
      const about = `the booking is ${status}, and the ledger has no row of its hold`;
      find(cabinId, { fault: 'no_ledger', flightId, cabin, version: null, bookingId, about });
    }
    after = page.last;
  }
}

/** Rows of a query through a cursor of the server's, a page at a time. */
async function* streamed<T>(tx: PoolClient, sql: string, ids: number[]): AsyncGenerator<T> {
  await tx.query(`declare replayed no scroll cursor for ${sql}`, [ids]);
  for (;;) {
    const { rows } = await tx.query(`fetch forward ${rowsPage} from replayed`);
    yield* rows as T[];
    if (rows.length < rowsPage) break;
  }
  await tx.query('close replayed');
}

/** All that `read` reads is of one moment, and nothing is written. */
async function inSnapshot<T>(pool: Pool, read: (tx: PoolClient) => Promise<T>): Promise<T> {
  const tx = await pool.connect();
  let broken = false;
  try {
    // By index, whatever the planner makes of one cabin that has most of all rows (see audit-seats.ts).
    await tx.query('begin isolation level repeatable read read only; set local enable_seqscan = off');
    const result = await read(tx);
    await tx.query('commit');
    return result;
  } catch (error) {
    await tx.query('rollback').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    tx.release(broken);
  }
}
