import type { FlightFacts } from '../../../shared/schedule-import.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';

export interface KnownFlight {
  id: string;
  version: number;
  facts: FlightFacts;
}

/**
 * Columns of a `flight` row (aliased f) that make a KnownFlight. Capacities are what the operator asked
 * for; of a ladder the first step is the price, since the present one moves with every sale.
 */
export const knownFlightColumns = `
  f.id, f.version, jsonb_build_object('carrier', f.carrier, 'number', f.number, 'origin', f.origin,
    'destination', f.destination, 'departsAt', f.departs_at, 'arrivesAt', f.arrives_at,
    'departsAtUtc', (extract(epoch from f.departs_at_utc) * 1000)::int8,
    'arrivesAtUtc', (extract(epoch from f.arrives_at_utc) * 1000)::int8, 'state', f.state,
    'originTerminal', f.origin_terminal, 'destinationTerminal', f.destination_terminal, 'aircraft', f.aircraft,
    'serviceType', f.service_type,
    'cabins', coalesce((select jsonb_agg(jsonb_build_object('cabin', c.cabin, 'capacity', c.target_capacity,
       'price', jsonb_build_object('amount', coalesce(c.ladder[2], c.price_amount), 'currency', c.price_currency)) order by c.cabin)
       from cabin c where c.flight_id = f.id), '[]')) as facts`;

const absentSql = `
  select ${knownFlightColumns} from flight f
  where f.carrier = $1 and f.departure_date between $2 and $3 and f.state <> 'cancelled' and f.departs_at_utc > now()
    and f.id > $4::uuid
  order by f.id limit $5`;

/** Flights to come of a carrier within local departure dates, page by page in the order of their ids. */
export async function flightsToCome(
  db: Queryable,
  scope: { carrier: string; from: string; to: string },
  after: string,
  limit: number,
): Promise<KnownFlight[]> {
  const { rows } = await db.query<KnownFlight>(absentSql, [scope.carrier, scope.from, scope.to, after, limit]);
  return rows;
}

// A booking with two legs on one flight is one booking.
const takenSql = `
  select c.flight_id as "flightId", count(distinct b.id)::int as bookings, sum(l.quantity)::int as seats,
    jsonb_object_agg(c.cabin, c.held + c.sold) as cabins
  from cabin c join cabin_leg l on l.cabin_id = c.id join booking b on b.id = l.booking_id
  where c.flight_id = any($1::uuid[]) and b.status in ('held', 'paying', 'confirmed')
  group by c.flight_id`;

export interface TakenSeats {
  bookings: number;
  seats: number;
  /** Held and sold by cabin. */
  cabins: Record<string, number>;
}

/** Bookings that have seats on flights, by flight; one without any is left out. */
export async function takenSeats(db: Queryable, flightIds: string[]): Promise<Map<string, TakenSeats>> {
  if (flightIds.length === 0) return new Map();
  const { rows } = await db.query<TakenSeats & { flightId: string }>(takenSql, [flightIds]);
  return new Map(rows.map((row) => [row.flightId, row]));
}
