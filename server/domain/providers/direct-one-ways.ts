import type { Pool } from 'pg';
import { money } from '../../../shared/money.ts';
import type { FindOneWays, OneWay } from './inventory-provider.ts';

// Every direction is a row, every pair of its airports too; flights come from the market's covering index, the cabin
// by (flight, cabin). One statement for a batch of any size.
const directSql = `
  select q.n, f.carrier, f.number, f.departs_at as "departsAt", left(f.departs_at, 10) as date,
    (extract(epoch from f.departs_at_utc) * 1000)::float8 as "departsAtMs",
    (extract(epoch from f.arrives_at_utc) * 1000)::float8 as "arrivesAtMs",
    (q.seats * case when c.ladder is null then c.price_amount
      else ladder_price(c.ladder, c.target_capacity - c.held - c.sold, q.seats) end)::float8 as amount, c.price_currency as currency
  from unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int4[])
    as q (n, origin, destination, date, cabin, seats)
  join flight f on f.origin = q.origin and f.destination = q.destination and f.departure_date = q.date
    and f.state = 'open' and f.departs_at_utc > $7::timestamptz
  join cabin c on c.flight_id = f.id and c.cabin = q.cabin and c.target_capacity - c.held - c.sold >= q.seats
  order by q.n, amount, f.departs_at_utc, f.id`;

type DirectRow = Omit<OneWay, 'flights' | 'price'> & {
  n: number;
  carrier: string;
  number: string;
  date: string;
  amount: number;
  currency: string;
};

/** Direct flights, straight from the record. */
export function createDirectOneWays(pool: Pool): FindOneWays {
  return async (questions, at) => {
    const asked = questions.flatMap((question, n) =>
      question.origins.flatMap((origin) => question.destinations.map((destination) => ({ n, origin, destination }))),
    );
    const ways: OneWay[][] = questions.map(() => []);
    if (asked.length === 0) return ways;
    const { rows } = await pool.query<DirectRow>({
      name: 'direct-one-ways',
      text: directSql,
      values: [
        asked.map(({ n }) => n),
        asked.map(({ origin }) => origin),
        asked.map(({ destination }) => destination),
        asked.map(({ n }) => questions[n]?.date),
        asked.map(({ n }) => questions[n]?.cabin),
        asked.map(({ n }) => questions[n]?.seats),
        at,
      ],
    });
    for (const { n, carrier, number, date, amount, currency, ...times } of rows) {
      ways[n]?.push({ flights: [{ carrier, number, date }], price: money(amount, currency), ...times });
    }
    return ways;
  };
}
