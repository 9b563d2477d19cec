import type { Pool } from 'pg';
import type { CabinClass } from '../../../shared/flight.ts';
import type { AuditView, SeatDisagreement } from '../../../shared/operations.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import type { DriftBook } from './drift-book.ts';

interface Row {
  cabin_id: number;
  flight_id: string;
  cabin: CabinClass;
  version: number;
  held: number;
  sold: number;
  ledger_held: number;
  ledger_sold: number;
  booked_held: number;
  booked_sold: number;
}

/** A cabin that disagrees, as the auditor knows it. */
export interface CabinDrift extends SeatDisagreement {
  cabinId: number;
}

/** How many of those that disagree are named; beyond that the number tells enough. */
export const namedMax = 100;

const bookedColumns = `
  coalesce(sum(g.quantity) filter (where k.status in ('held', 'paying')), 0)::int as held,
  coalesce(sum(g.quantity) filter (where k.status = 'confirmed'), 0)::int as sold`;

/** Nobody ended them, though their time was over long ago: their deadline's row is missing, or expiry stands still. */
const overdueColumn = `
  array_agg(k.id) filter (where k.status in ('held', 'paying') and k.hold_expires_at < now() - interval '2 minutes') as overdue`;
/** Of one look; the others come with a later one. */
const overdueMax = 500;

const adriftWhere = `
  (held, sold) is distinct from (ledger_held, ledger_sold) or (held, sold) is distinct from (booked_held, booked_sold)`;

// One statement, hence one snapshot: comparing sums that were read at different moments would find
// drift that is none.
const auditAllSql = `
  with l as (
    select cabin_id, sum(d_held)::int as held, sum(d_sold)::int as sold from ledger group by cabin_id
  ), b as (
    select g.cabin_id, ${bookedColumns} from booking_leg g join booking k on k.id = g.booking_id group by g.cabin_id
  ), compared as (
    select c.id as cabin_id, c.flight_id, c.cabin, c.version, c.held, c.sold,
      coalesce(l.held, 0) as ledger_held, coalesce(l.sold, 0) as ledger_sold,
      coalesce(b.held, 0) as booked_held, coalesce(b.sold, 0) as booked_sold
    from cabin c left join l on l.cabin_id = c.id left join b on b.cabin_id = c.id
  ), adrift as (
    select * from compared where ${adriftWhere}
  )
  select (select count(*)::int from compared) as checked, (select count(*)::int from adrift) as drift,
    coalesce((select jsonb_agg(a) from (select * from adrift order by cabin_id limit ${namedMax}) a), '[]') as adrift,
    (select count(*)::int from l left join cabin c on c.id = l.cabin_id where c.id is null) as orphans`;

// The same for a few cabins. Their rows are looked up cabin by cabin, so that what it costs depends
// on these cabins alone and not on how large the record has grown. The planner has to be told: where
// one cabin has most of all rows, it takes every cabin for that one, and reads everything for each
// (70 ms a cabin instead of 20 µs, with 150,000 bookings).
const byIndexSql = `
  select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true), set_config('statement_timeout', '60s', true)`;
const auditSomeSql = (legs: string): string => `
  with compared as (
    select c.id as cabin_id, c.flight_id, c.cabin, c.version, c.held, c.sold,
      coalesce(l.held, 0)::int as ledger_held, coalesce(l.sold, 0)::int as ledger_sold,
      b.held as booked_held, b.sold as booked_sold, b.overdue
    from cabin c
    cross join lateral (
      select sum(d_held) as held, sum(d_sold) as sold from ledger where cabin_id = c.id
    ) l
    cross join lateral (
      select ${bookedColumns}, ${overdueColumn} from ${legs} g join booking k on k.id = g.booking_id
      where g.cabin_id = c.id
    ) b
    where c.id = any($1::int4[])
  )
  select (select count(*)::int from compared) as checked,
    coalesce((select jsonb_agg(a order by a.cabin_id) from (select * from compared where ${adriftWhere}) a), '[]') as adrift,
    array(select distinct unnest(d.overdue) from compared d limit ${overdueMax})::text[] as overdue`;
/**
 * Where the bookings of a cabin come from. `ledger`: those that it says have held there; quick, and blind to a booking that
 * it has no word of. `bookings`: every booking is read.
 */
export type BookingsFrom = 'ledger' | 'bookings';
const someSql: Record<BookingsFrom, string> = {
  ledger: auditSomeSql('cabin_leg'),
  bookings: auditSomeSql('booking_leg'),
};

const driftOf = (row: Row): CabinDrift => ({
  cabinId: row.cabin_id,
  flightId: row.flight_id,
  cabin: row.cabin,
  version: row.version,
  counters: { held: row.held, sold: row.sold },
  ledger: { held: row.ledger_held, sold: row.ledger_sold },
  bookings: { held: row.booked_held, sold: row.booked_sold },
});

export interface CabinAudit {
  checked: number;
  adrift: CabinDrift[];
  /** Bookings whose hold was over two minutes ago and still keeps seats. */
  overdue: string[];
}

/** Compares counters, ledger and bookings of some cabins in one snapshot. Ids that do not exist are left out. */
export async function auditCabins(pool: Pool, cabinIds: number[], from: BookingsFrom): Promise<CabinAudit> {
  const row = await inTransaction(pool, async (tx) => {
    if (from === 'ledger') await tx.query(byIndexSql);
    const { rows } = await tx.query<Omit<CabinAudit, 'adrift'> & { adrift: Row[] }>(someSql[from], [cabinIds]);
    return rows[0] as (typeof rows)[number];
  });
  return { ...row, adrift: row.adrift.map(driftOf) };
}

/**
 * Compares counters, ledger and bookings of every cabin (or of one flight's) in one snapshot, and
 * writes what it saw into the book behind the metric `seat_drift_cabins`. `drift` counts the cabins
 * that disagree, and ledger rows of cabins that do not exist; it must be 0.
 */
export async function auditSeats(room: { pool: Pool; drift: DriftBook }, flightId?: string): Promise<AuditView> {
  if (flightId) {
    const cabins = await room.pool.query<{ id: number }>('select id from cabin where flight_id = $1', [flightId]);
    const ids = cabins.rows.map((row) => row.id);
    const { checked, adrift } = await auditCabins(room.pool, ids, 'bookings');
    room.drift.seen(ids, adrift);
    return { checked, drift: adrift.length, disagreements: adrift.map(publicOf) };
  }
  const { rows } = await room.pool.query<{ checked: number; drift: number; orphans: number; adrift: Row[] }>(
    auditAllSql,
  );
  const { checked, drift, orphans, adrift } = rows[0] as (typeof rows)[number];
  const named = adrift.map(driftOf);
  room.drift.seenAll(named, drift - named.length + orphans);
  return { checked, drift: drift + orphans, disagreements: named.map(publicOf) };
}

export const publicOf = ({ cabinId: _, ...rest }: CabinDrift): SeatDisagreement => rest;
