import type { Pool } from 'pg';
import type { BookingStatus } from '../../../shared/booking.ts';
import type { CabinClass } from '../../../shared/flight.ts';
import { repairBooking } from './repair-seats.ts';

/** A leg whose hold the ledger does not have. */
export interface UntoldLeg {
  bookingId: string;
  status: BookingStatus;
  cabinId: number;
  flightId: string;
  cabin: CabinClass;
}

// Joined by cabin and version, under which a whole batch was held: looking each leg up by itself would go through that
// batch's bookings for each of its members. Before a repair it may be just what was repaired.
const untoldSql = `
  with page as (
    select id, status, created_at, leg_cabins, leg_versions from booking where id > $1 order by id limit $2
  ), legs as (
    select p.id, p.status, p.created_at, g.cabin_id, g.version
    from page p, unnest(p.leg_cabins, p.leg_versions) g (cabin_id, version)
  ), told as (
    select h.cabin_id, u.id from (select distinct cabin_id, version from legs) k
    join ledger_hold h on h.cabin_id = k.cabin_id and h.version = k.version, unnest(h.bookings) u (id)
  ), untold as (
    select l.id as "bookingId", l.status, c.id as "cabinId", c.flight_id as "flightId", c.cabin
    from legs l join cabin c on c.id = l.cabin_id left join told t on t.cabin_id = l.cabin_id and t.id = l.id
    where t.id is null and not exists (
      select from ledger_move r
      where r.cabin_id = l.cabin_id and r.booking_id = '${repairBooking}' and r.at >= l.created_at
    )
  )
  select (select count(*)::int from page) as bookings, (select id from page order by id desc limit 1) as last,
    coalesce((select jsonb_agg(u order by "bookingId") from untold u), '[]') as legs`;

/**
 * Looks through so many bookings after that one, in the order of their ids. Answers their untold legs, and the last
 * booking; undefined: there are no more.
 */
export async function findUntoldLegs(
  pool: Pool,
  after: string,
  limit: number,
): Promise<{ legs: UntoldLeg[]; last: string | undefined }> {
  const { rows } = await pool.query<{ bookings: number; last: string | null; legs: UntoldLeg[] }>(untoldSql, [
    after,
    limit,
  ]);
  const { bookings, last, legs } = rows[0] as (typeof rows)[number];
  return { legs, last: bookings === limit ? (last ?? undefined) : undefined };
}
