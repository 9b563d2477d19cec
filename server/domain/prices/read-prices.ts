import type { Pool } from 'pg';
import { money } from '../../../shared/money.ts';
import type {
  PriceCalendarInput,
  PriceCalendarView,
  PriceCell,
  PriceHistoryInput,
  PriceHistoryView,
} from '../../../shared/price.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';

// Prices of different currencies do not compare: the one that most of the answer is in stands for all of it.
const historySql = `
  with seen as (
    select o.observed_on, o.currency, min(o.least_amount) as amount
    from price_observation o
    where o.origin = $1 and o.destination = $2 and o.cabin = $3 and o.trip = $4
      and ($5::text is null or o.provider = $5) and ($6::date is null or o.depart_date = $6)
      and o.observed_on > $7::date - $8::int4
    group by o.observed_on, o.currency
  )
  select s.observed_on::text as date, s.amount::float8 as amount, s.currency from seen s
  where s.currency = (select currency from seen group by currency order by count(*) desc, currency limit 1)
  order by s.observed_on`;

// Of each provider the newest observation, of those the cheapest. Round trips that differ by their return share a
// row, whose newest price is of whichever return was asked for last: there the cheapest of the newest day counts.
const calendarSql = `
  with newest as (
    select distinct on (o.destination, o.depart_date, o.provider, o.currency)
      o.destination, o.depart_date, o.provider, o.currency,
      case when o.trip = 'round_trip' then o.least_amount else o.latest_amount end as newest_amount, o.latest_at
    from price_observation o
    where o.origin = $1 and o.destination = any($2::text[]) and o.cabin = $3 and o.trip = $4
      and ($5::text is null or o.provider = $5) and o.depart_date between $6::date and $7::date
    order by o.destination, o.depart_date, o.provider, o.currency, o.observed_on desc
  )
  select distinct on (n.destination, n.depart_date) n.destination, n.depart_date::text as "departDate",
    n.newest_amount::float8 as amount, n.currency, n.provider,
    to_char(n.latest_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "observedAt"
  from newest n
  where n.currency = (select currency from newest group by currency order by count(*) desc, currency limit 1)
  order by n.destination, n.depart_date, n.newest_amount, n.latest_at desc`;

export async function readHistory(
  room: { pool: Pool; clock: Clock },
  input: PriceHistoryInput,
): Promise<PriceHistoryView> {
  const { origin, destination, cabin, trip, provider = null, departDate = null, days } = input;
  const { rows } = await room.pool.query<{ date: string; amount: number; currency: string }>({
    name: 'price-history',
    text: historySql,
    values: [origin, destination, cabin, trip, provider, departDate, isoNow(room.clock).slice(0, 10), days],
  });
  return { points: rows.map(({ date, amount, currency }) => ({ date, price: money(amount, currency) })) };
}

const calendarDaysMax = 370;
const dayMs = 86_400_000;

/** Fails: INVALID_INPUT for more than a year. */
export async function readCalendar(
  room: { pool: Pool; clock: Clock },
  input: PriceCalendarInput,
): Promise<PriceCalendarView> {
  const { origin, destinations, cabin, trip, provider = null, from, to } = input;
  const days = (Date.parse(to) - Date.parse(from)) / dayMs;
  if (days < 0 || days > calendarDaysMax)
    throw invalidInput(['to'], `from the first day up to ${calendarDaysMax} days on`);
  const asOf = isoNow(room.clock);
  const { rows } = await room.pool.query<Omit<PriceCell, 'price'> & { amount: number; currency: string }>({
    name: 'price-calendar',
    text: calendarSql,
    values: [origin, destinations, cabin, trip, provider, from, to],
  });
  return { cells: rows.map(({ amount, currency, ...cell }) => ({ ...cell, price: money(amount, currency) })), asOf };
}
