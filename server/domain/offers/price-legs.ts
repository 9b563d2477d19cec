import type { CabinClass } from '../../../shared/flight.ts';
import { invalidInput, refuse } from '../../platform/runtime/failure.ts';
import type { OfferRoom } from './offer-room.ts';
import type { PricedCabin } from './party-price.ts';

/** A leg with what its cabin says of its price now. */
export interface PricedLeg extends PricedCabin {
  flightId: string;
  cabin: CabinClass;
  currency: string;
  version: number;
  familyId: number | null;
}

type Row = Omit<PricedLeg, 'flightId' | 'cabin'> & { state: string; departed: boolean };

const legsSql = `
  select c.price_amount::float8 as price, c.ladder::float8[] as ladder,
    greatest(c.target_capacity - c.held - c.sold, 0) as free, c.price_currency as currency, c.version,
    c.fare_family_id as "familyId", c.state, c.departs_at_utc <= now() as departed
  from unnest($1::uuid[], $2::text[]) with ordinality u (flight, class, place)
  left join cabin c on c.flight_id = u.flight and c.cabin = u.class
  order by u.place`;

/**
 * What a party would find now on all legs. Fails: NOT_FOUND, CLOSED, SOLD_OUT, INVALID_INPUT (legs in several
 * currencies).
 */
export async function priceLegs(
  room: Pick<OfferRoom, 'pool'>,
  legs: { flightId: string; cabin: CabinClass }[],
  seats: number,
): Promise<PricedLeg[]> {
  const { rows } = await room.pool.query<Row>({
    name: 'price-legs',
    text: legsSql,
    values: [legs.map((each) => each.flightId), legs.map((each) => each.cabin)],
  });
  const wanted = new Map<string, number>();
  return legs.map(({ flightId, cabin }, place) => {
    const { state, departed, ...row } = rows[place] as Row;
    const leg = { flightId, cabin, ...row };
    if (leg.version === null)
      throw refuse('NOT_FOUND', { reason: 'no such flight, or no such cabin on it', flightId, cabin });
    const closed = state !== 'open' ? state : departed ? 'departed' : undefined;
    if (closed) throw refuse('CLOSED', { reason: `the flight is ${closed}`, flightId, cabin, state: closed });
    if (leg.currency !== rows[0]?.currency)
      throw invalidInput(['legs', place], 'all legs of a booking must be priced in one currency');
    // Two legs in one cabin are summed.
    const taken = (wanted.get(`${flightId} ${cabin}`) ?? 0) + seats;
    wanted.set(`${flightId} ${cabin}`, taken);
    if (leg.free < taken) throw refuse('SOLD_OUT', { flightId, cabin, available: leg.free, version: leg.version });
    return leg;
  });
}
