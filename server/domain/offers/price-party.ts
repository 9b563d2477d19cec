import type { CabinClass } from '../../../shared/flight.ts';
import { type Money, money, sameMoney } from '../../../shared/money.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import { invalidInput, refuse } from '../../platform/runtime/failure.ts';

export interface PricedLeg {
  flightId: string;
  cabin: CabinClass;
  cabinId: number;
  /** One seat on this leg. */
  price: Money;
}

export interface PartyPrice {
  legs: PricedLeg[];
  total: Money;
}

interface Row {
  leg: number;
  flightFound: boolean;
  cabinId: number | null;
  amount: number;
  currency: string;
  open: boolean;
  state: string;
}

const priceSql = `
  select l.leg::int, f.id is not null as "flightFound", c.id as "cabinId", c.price_amount::float8 as amount,
    c.price_currency as currency, c.state = 'open' and c.departs_at_utc > now() as open,
    case when f.state = 'cancelled' then 'cancelled' when f.departs_at_utc <= now() then 'departed' else f.state end as state
  from unnest($1::uuid[], $2::text[]) with ordinality as l (flight_id, cabin, leg)
  left join flight f on f.id = l.flight_id
  left join cabin c on c.flight_id = f.id and c.cabin = l.cabin
  order by l.leg`;

/**
 * What these seats cost this party now: every seat pays the cabin's price on every leg.
 *
 * Fails: NOT_FOUND for a leg that does not exist, CLOSED for one that is not for sale, INVALID_INPUT
 * for legs in different currencies, PRICE_CHANGED when `expected` is given and differs.
 */
export async function priceParty(
  db: Queryable,
  legs: { flightId: string; cabin: CabinClass }[],
  seats: number,
  expected?: Money,
): Promise<PartyPrice> {
  const { rows } = await db.query<Row>({
    name: 'price-party',
    text: priceSql,
    values: [legs.map((leg) => leg.flightId), legs.map((leg) => leg.cabin)],
  });
  const priced = rows.map((row, index): PricedLeg => {
    const leg = legs[index] as { flightId: string; cabin: CabinClass };
    if (!row.flightFound) throw refuse('NOT_FOUND', { reason: 'no such flight', flightId: leg.flightId });
    if (row.cabinId === null) {
      throw refuse('NOT_FOUND', { reason: 'the flight has no such cabin', ...leg });
    }
    if (!row.open) {
      throw refuse('CLOSED', {
        reason: `the flight is ${row.state === 'open' ? 'closed' : row.state}`,
        ...leg,
        state: row.state,
      });
    }
    return { ...leg, cabinId: row.cabinId, price: money(row.amount, row.currency) };
  });
  const currency = (priced[0] as PricedLeg).price.currency;
  const foreign = priced.findIndex((leg) => leg.price.currency !== currency);
  if (foreign >= 0) throw invalidInput(['legs', foreign], 'all legs of a booking must be priced in one currency');
  const total = money(
    priced.reduce((sum, leg) => sum + leg.price.amount * seats, 0),
    currency,
  );
  if (!Number.isSafeInteger(total.amount)) throw invalidInput(['legs'], 'the price is out of range');
  if (expected && !sameMoney(expected, total)) throw refuse('PRICE_CHANGED', { was: expected, now: total });
  return { legs: priced, total };
}
