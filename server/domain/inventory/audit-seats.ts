import type { Pool } from 'pg';
import type { AuditView } from '../../../shared/operations.ts';
import type { Metrics } from '../operations/metrics.ts';

// One statement, hence one snapshot: comparing sums that were read at different moments would find
// drift that is none.
const auditSql = `
  with l as (
    select cabin_id, sum(d_held)::int as held, sum(d_sold)::int as sold
    from ledger where $1::uuid is null or cabin_id in (select id from cabin where flight_id = $1)
    group by cabin_id
  ), b as (
    select g.cabin_id,
      coalesce(sum(g.quantity) filter (where k.status in ('held', 'paying')), 0)::int as held,
      coalesce(sum(g.quantity) filter (where k.status = 'confirmed'), 0)::int as sold
    from booking_leg g join booking k on k.id = g.booking_id
    where $1::uuid is null or g.flight_id = $1
    group by g.cabin_id
  ), compared as (
    select c.flight_id, c.cabin, c.held, c.sold,
      coalesce(l.held, 0) as ledger_held, coalesce(l.sold, 0) as ledger_sold,
      coalesce(b.held, 0) as booked_held, coalesce(b.sold, 0) as booked_sold
    from cabin c left join l on l.cabin_id = c.id left join b on b.cabin_id = c.id
    where $1::uuid is null or c.flight_id = $1
  ), adrift as (
    select * from compared
    where (held, sold) is distinct from (ledger_held, ledger_sold)
       or (held, sold) is distinct from (booked_held, booked_sold)
  )
  select (select count(*)::int from compared) as checked, (select count(*)::int from adrift) as drift,
    coalesce((select jsonb_agg(a) from (select * from adrift limit 100) a), '[]') as disagreements,
    (select count(*)::int from l left join cabin c on c.id = l.cabin_id where c.id is null) as orphans`;

interface Row {
  checked: number;
  drift: number;
  orphans: number;
  disagreements: {
    flight_id: string;
    cabin: string;
    held: number;
    sold: number;
    ledger_held: number;
    ledger_sold: number;
    booked_held: number;
    booked_sold: number;
  }[];
}

/**
 * Compares counters, ledger and bookings of every cabin (or of one flight's) in one snapshot.
 * An audit of everything also sets the metric `seat_drift_cabins`. `drift` counts the cabins that disagree, and ledger rows of cabins that do not exist; it must be 0.
 */
export async function auditSeats(room: { pool: Pool; metrics: Metrics }, flightId?: string): Promise<AuditView> {
  const { rows } = await room.pool.query<Row>(auditSql, [flightId ?? null]);
  const row = rows[0] as Row;
  if (!flightId) room.metrics.seatDrift.set(row.drift + row.orphans);
  return {
    checked: row.checked,
    drift: row.drift + row.orphans,
    disagreements: row.disagreements.map((each) => ({
      flightId: each.flight_id,
      cabin: each.cabin,
      counters: { held: each.held, sold: each.sold },
      ledger: { held: each.ledger_held, sold: each.ledger_sold },
      bookings: { held: each.booked_held, sold: each.booked_sold },
    })),
  };
}
