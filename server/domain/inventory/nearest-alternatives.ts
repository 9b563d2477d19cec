import type { Pool } from 'pg';
import type { CabinClass } from '../../../shared/flight.ts';
import { type Money, money } from '../../../shared/money.ts';
import type { WallTime } from '../../../shared/times.ts';
import type { Clock } from '../../platform/runtime/clock.ts';

/** Seats that were refused. */
export interface RefusedLeg {
  flightId: string;
  cabin: CabinClass;
  seats: number;
}

/** Another flight of the same market that can seat the party now. */
export interface Alternative {
  flightId: string;
  carrier: string;
  number: string;
  departsAt: WallTime;
  cabin: CabinClass;
  available: number;
  /** One seat. */
  price: Money;
}

export interface Alternatives {
  /**
   * At most three, nearest in time first, within three days: in the same cabin class, or when no flight
   * has seats in it, in whatever class is cheapest there (which may be another class of the same flight).
   * Never rejects: a courtesy must not turn a clear refusal into a failure, so without Postgres it is empty.
   */
  nearest(leg: RefusedLeg): Promise<Alternative[]>;
  /** What `nearest` found within the last second, if it did. */
  peek(leg: RefusedLeg): Alternative[] | undefined;
}

// A city's airports are one market. Dates are local to the airport, but all origins are in one city, so
// three days before and after on the calendar hold all departures within three times 24 hours.
const nearestSql = `
  with refused as materialized (
    select f.id, f.origin, f.destination, f.departs_at_utc, to_char(f.departure_date::date - 3, 'YYYY-MM-DD') as first_date,
      to_char(f.departure_date::date + 3, 'YYYY-MM-DD') as last_date
    from flight f where f.id = $1
  ), origins as materialized (
    select r.origin as code from refused r union
    select p.code from refused r join place o on o.code = r.origin join place p on p.city_code = o.city_code
    where p.kind = 'airport'
  ), destinations as materialized (
    select r.destination as code from refused r union
    select p.code from refused r join place d on d.code = r.destination join place p on p.city_code = d.city_code
    where p.kind = 'airport'
  ), offered as (
    select distinct on (f.id) f.id, f.carrier, f.number, f.departs_at, f.departs_at_utc, c.cabin,
      c.target_capacity - c.held - c.sold as available, c.price_amount, c.price_currency, c.cabin = $2 as same_cabin,
      abs(extract(epoch from f.departs_at_utc - r.departs_at_utc)) as apart
    from refused r cross join origins o cross join destinations d
    join flight f on f.origin = o.code and f.destination = d.code
      and f.departure_date between r.first_date and r.last_date
      and f.departs_at_utc between r.departs_at_utc - interval '72 hours' and r.departs_at_utc + interval '72 hours'
    join cabin c on c.flight_id = f.id
    where f.state = 'open' and c.state = 'open' and c.departs_at_utc > now()
      and c.target_capacity - c.held - c.sold >= $3 and not (f.id = r.id and c.cabin = $2)
    order by f.id, c.cabin = $2 desc, c.price_amount, c.cabin
  )
  select id as "flightId", carrier, number, departs_at as "departsAt", cabin, available,
    price_amount::float8 as amount, price_currency as currency
  from offered where same_cabin = (select bool_or(same_cabin) from offered)
  order by apart, departs_at_utc, id limit 3`;

type Row = Omit<Alternative, 'price'> & { amount: number; currency: string };

const youngMs = 1_000;
const answersMax = 1_000;

interface Answer {
  at: number;
  coming: Promise<Alternative[]>;
  found?: Alternative[];
}

/** Asked in sold-out storms, so each leg is read at most once a second, and once for all who ask meanwhile. */
export function createAlternatives(room: { pool: Pool; clock: Clock }): Alternatives {
  const answers = new Map<string, Answer>();

  const read = async ({ flightId, cabin, seats }: RefusedLeg): Promise<Alternative[]> => {
    const { rows } = await room.pool.query<Row>({
      name: 'nearest-alternatives',
      text: nearestSql,
      values: [flightId, cabin, seats],
    });
    return rows.map(({ amount, currency, ...row }) => ({ ...row, price: money(amount, currency) }));
  };

  const young = (key: string): Answer | undefined => {
    const answer = answers.get(key);
    const passed = answer ? room.clock.now() - answer.at : Number.NaN;
    return passed >= 0 && passed < youngMs ? answer : undefined;
  };

  return {
    peek: (leg) => young(keyOf(leg))?.found,
    nearest: (leg) => {
      const key = keyOf(leg);
      const known = young(key);
      if (known) return known.coming;
      const answer: Answer = {
        at: room.clock.now(),
        coming: read(leg).then(
          (found) => {
            answer.found = found;
            return found;
          },
          () => {
            if (answers.get(key) === answer) answers.delete(key);
            return [];
          },
        ),
      };
      // Inserted anew, so that the first of the Map is the oldest.
      answers.delete(key);
      answers.set(key, answer);
      if (answers.size > answersMax) answers.delete(answers.keys().next().value as string);
      return answer.coming;
    },
  };
}

const keyOf = ({ flightId, cabin, seats }: RefusedLeg): string => `${flightId} ${cabin} ${seats}`;
