import type { Pool } from 'pg';
import { type BookingStatus, bookingStatuses } from '../../../shared/booking.ts';
import type { OverviewView } from '../../../shared/operations.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { countStuck } from '../payments/count-stuck.ts';

const flightsSql = `
  select count(*) filter (where state = 'open' and departs_at_utc > now())::int as open,
    count(*) filter (where state = 'closed' and departs_at_utc > now())::int as closed,
    count(*) filter (where state = 'cancelled')::int as cancelled,
    count(*) filter (where state <> 'cancelled' and departs_at_utc <= now())::int as departed
  from flight`;

const seatsSql = `
  select coalesce(sum(target_capacity), 0)::float8 as capacity, coalesce(sum(held), 0)::int as held,
    coalesce(sum(sold), 0)::int as sold
  from cabin where state = 'open' and departs_at_utc > now()`;

const bookingsSql = `select status, count(*)::int as bookings from booking group by status`;

const revenueSql = `
  select currency, sum(amount)::float8 as amount from (
    select currency, amount from payment where status = 'succeeded'
    union all select currency, -amount from refund where status = 'succeeded'
  ) moved group by currency order by currency`;

const minutesSql = `
  select to_char(m at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at, coalesce(h.held, 0) as held,
    coalesce(c.confirmed, 0) as confirmed
  from generate_series(date_trunc('minute', now()) - interval '59 minutes', date_trunc('minute', now()), interval '1 minute') m
  left join (select date_trunc('minute', created_at) as minute, count(*)::int as held from booking
    where created_at > now() - interval '1 hour' group by 1) h on h.minute = m
  left join (select date_trunc('minute', at) as minute, count(*)::int as confirmed from outbox
    where type = 'booking.confirmed' and at > now() - interval '1 hour' group by 1) c on c.minute = m
  order by m`;

const busiestSql = `
  select f.id as "flightId", f.carrier, f.number, f.origin, f.destination, f.departs_at as "departsAt",
    sum(c.target_capacity)::int as capacity, sum(c.held)::int as held, sum(c.sold)::int as sold
  from flight f join cabin c on c.flight_id = f.id
  where f.id in (select flight_id from cabin where held + sold > 0 and departs_at_utc > now())
  group by f.id order by sum(c.held + c.sold) desc, f.id limit 10`;

/** What an operator watches. Counts the present, read within some milliseconds of each other. */
export async function readOverview(room: { pool: Pool; clock: Clock; sockets: () => number }): Promise<OverviewView> {
  const rowsOf = async <T>(sql: string): Promise<T[]> => (await room.pool.query(sql)).rows as T[];
  const [flights, seats, bookings, revenue, bookingsPerMinute, busiest, stuck] = await Promise.all([
    rowsOf<OverviewView['flights']>(flightsSql),
    rowsOf<OverviewView['seats']>(seatsSql),
    rowsOf<{ status: BookingStatus; bookings: number }>(bookingsSql),
    rowsOf<OverviewView['revenue'][number]>(revenueSql),
    rowsOf<OverviewView['bookingsPerMinute'][number]>(minutesSql),
    rowsOf<OverviewView['busiest'][number]>(busiestSql),
    countStuck(room.pool),
  ]);
  const count = (status: BookingStatus) => bookings.find((row) => row.status === status)?.bookings ?? 0;
  return {
    at: isoNow(room.clock),
    flights: flights[0] as OverviewView['flights'],
    seats: seats[0] as OverviewView['seats'],
    bookings: Object.fromEntries(bookingStatuses.map((status) => [status, count(status)])) as OverviewView['bookings'],
    revenue,
    stuck,
    bookingsPerMinute,
    sockets: room.sockets(),
    busiest,
  };
}
