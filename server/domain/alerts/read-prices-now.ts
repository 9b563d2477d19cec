import { isoNow } from '../../platform/runtime/clock.ts';
import type { AlertRoom } from './alert-room.ts';
import type { AlertRow } from './alert-rows.ts';

/** The cheapest that an alert's wish costs now, for one adult. */
export interface PriceNow {
  amount: number;
  departDate: string;
  provider: string;
}

/** What was seen longer ago is no price of now. */
const newestHours = 24;

const observedSql = `
  select distinct on (w.n) w.n, s.latest_amount::float8 as amount, s.depart_date::text as "departDate", s.provider
  from unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::date[], $9::date[])
    as w (n, origin, destination, cabin, trip, currency, provider, depart_from, depart_to)
  cross join lateral (
    select distinct on (o.depart_date, o.provider) o.depart_date, o.provider, o.latest_amount, o.latest_at
    from price_observation o
    where o.origin = w.origin and o.destination = w.destination and o.cabin = w.cabin and o.trip = w.trip
      and o.currency = w.currency and (w.provider is null or o.provider = w.provider) and o.provider = any($11::text[])
      and o.depart_date between greatest(w.depart_from, $10::timestamptz::date) and w.depart_to
    order by o.depart_date, o.provider, o.observed_on desc
  ) s
  where s.latest_at > $10::timestamptz - make_interval(hours => $12)
  order by w.n, s.latest_amount, s.depart_date`;

const own = 'inventory';

// The flights of a market and some weeks are one range of the market's index.
const inventorySql = `
  select distinct on (w.n) w.n, c.price_amount::float8 as amount, f.departure_date as "departDate"
  from unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    as w (n, origin, destination, cabin, currency, depart_from, depart_to)
  join flight f on f.origin = w.origin and f.destination = w.destination
    and f.departure_date between w.depart_from and w.depart_to and f.state = 'open' and f.departs_at_utc > $8::timestamptz
  join cabin c on c.flight_id = f.id and c.cabin = w.cabin and c.price_currency = w.currency
    and c.target_capacity - c.held - c.sold > 0
  order by w.n, c.price_amount, f.departure_date`;

/**
 * The price of each alert now: what our own inventory sells at this moment, and what other providers have
 * answered within a day, whichever is cheaper. Undefined where nothing is known.
 */
export async function readPricesNow(room: AlertRoom, alerts: readonly AlertRow[]): Promise<(PriceNow | undefined)[]> {
  if (alerts.length === 0) return [];
  const [observed, sold] = await Promise.all([readObserved(room, alerts), readInventory(room, alerts)]);
  return alerts.map((_, index) => cheaper(observed[index], sold[index]));
}

const cheaper = (a: PriceNow | undefined, b: PriceNow | undefined): PriceNow | undefined =>
  a && b ? (a.amount < b.amount ? a : b) : (a ?? b);

async function readObserved(room: AlertRoom, alerts: readonly AlertRow[]): Promise<(PriceNow | undefined)[]> {
  // Our own inventory is looked at itself: what was seen of it is older.
  const providers = room.providers.filter((name) => name !== own);
  const { rows } = await room.pool.query<PriceNow & { n: number }>({
    name: 'alert-prices',
    text: observedSql,
    values: [
      alerts.map((_, index) => index),
      alerts.map((each) => each.origin),
      alerts.map((each) => each.destination),
      alerts.map((each) => each.cabin),
      alerts.map((each) => each.trip),
      alerts.map((each) => each.currency),
      alerts.map((each) => each.provider),
      alerts.map((each) => each.departFrom),
      alerts.map((each) => each.departTo),
      isoNow(room.clock),
      providers,
      newestHours,
    ],
  });
  const byAlert = new Map(rows.map(({ n, ...price }) => [n, price]));
  return alerts.map((_, index) => byAlert.get(index));
}

/** Direct flights, one way: a round trip would need a return date, which an alert does not have. */
async function readInventory(room: AlertRoom, alerts: readonly AlertRow[]): Promise<(PriceNow | undefined)[]> {
  const none = alerts.map(() => undefined);
  if (!room.providers.includes(own)) return none;
  const markets = alerts.flatMap((row, n) => {
    if (row.trip !== 'one_way' || (row.provider !== null && row.provider !== own)) return [];
    return room.places
      .airportsOf(row.origin)
      .flatMap((origin) =>
        room.places.airportsOf(row.destination).map((destination) => ({ n, row, origin, destination })),
      );
  });
  if (markets.length === 0) return none;
  const { rows } = await room.pool.query<{ n: number; amount: number; departDate: string }>({
    name: 'alert-inventory',
    text: inventorySql,
    values: [
      markets.map(({ n }) => n),
      markets.map(({ origin }) => origin),
      markets.map(({ destination }) => destination),
      markets.map(({ row }) => row.cabin),
      markets.map(({ row }) => row.currency),
      markets.map(({ row }) => row.departFrom),
      markets.map(({ row }) => row.departTo),
      isoNow(room.clock),
    ],
  });
  const byAlert = new Map(rows.map(({ n, ...price }) => [n, { ...price, provider: own }]));
  return alerts.map((_, index) => byAlert.get(index));
}
