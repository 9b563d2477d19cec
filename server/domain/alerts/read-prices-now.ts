import { isoNow } from '../../platform/runtime/clock.ts';
import type { OneWayQuestion } from '../providers/inventory-provider.ts';
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

/**
 * The price of each alert now: what our own inventory sells at this moment, and what other providers have
 * answered within a day, whichever is cheaper. Undefined where nothing is known.
 */
export async function readPricesNow(room: AlertRoom, alerts: readonly AlertRow[]): Promise<(PriceNow | undefined)[]> {
  if (alerts.length === 0) return [];
  const [observed, own] = await Promise.all([readObserved(room, alerts), readInventory(room, alerts)]);
  return alerts.map((_, index) => cheaper(observed[index], own[index]));
}

const cheaper = (a: PriceNow | undefined, b: PriceNow | undefined): PriceNow | undefined =>
  a && b ? (a.amount < b.amount ? a : b) : (a ?? b);

async function readObserved(room: AlertRoom, alerts: readonly AlertRow[]): Promise<(PriceNow | undefined)[]> {
  // Our own inventory is looked at itself: what was seen of it is older.
  const providers = room.providers.filter((name) => name !== 'inventory' || !room.inventory);
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

/** One-ways only: a round trip needs a return date, which an alert does not have. */
async function readInventory(room: AlertRoom, alerts: readonly AlertRow[]): Promise<(PriceNow | undefined)[]> {
  const none = alerts.map(() => undefined);
  if (!room.inventory) return none;
  const today = isoNow(room.clock).slice(0, 10);
  const asked: (OneWayQuestion & { alert: number })[] = alerts.flatMap((row, alert) => {
    if (row.trip !== 'one_way' || (row.provider !== null && row.provider !== 'inventory')) return [];
    const [origins, destinations] = [row.origin, row.destination].map((code) => room.places.airportsOf(code)) as [
      string[],
      string[],
    ];
    return datesOf(row.departFrom < today ? today : row.departFrom, row.departTo).map((date) => ({
      alert,
      origins,
      destinations,
      date,
      cabin: row.cabin,
      seats: 1,
    }));
  });
  if (asked.length === 0) return none;
  const ways = await room.inventory(asked, isoNow(room.clock));
  const prices: (PriceNow | undefined)[] = none;
  for (const [index, { alert, date }] of asked.entries()) {
    const way = ways[index]?.find((each) => each.price.currency === alerts[alert]?.currency);
    if (way)
      prices[alert] = cheaper(prices[alert], { amount: way.price.amount, departDate: date, provider: 'inventory' });
  }
  return prices;
}

const dayMs = 86_400_000;

function datesOf(from: string, to: string): string[] {
  const days = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1);
  return Array.from({ length: days }, (_, index) =>
    new Date(Date.parse(from) + index * dayMs).toISOString().slice(0, 10),
  );
}
