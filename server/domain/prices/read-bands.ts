import type { Pool } from 'pg';
import type { ObservedRoute } from '../../../shared/price.ts';
import { createLane } from '../../platform/postgres/lane.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { type Band, halfLifeDays, observationsMin, quantileShares, windowDays } from './verdict.ts';

/** What is compared: a route at a stretch of lead time, in one currency, as one provider sees it or all (null). */
export interface BandKey extends ObservedRoute {
  provider: string | null;
  currency: string;
  leadDays: { from: number; to: number | null };
}
/** A band, and for each departure date in it the newest price before today. */
export interface KnownBand extends Band {
  previous: Record<string, number>;
}

/** Bands in memory for ten minutes: a job asks for the same few a thousand times. */
export interface BandBook {
  /** One a key, in order. At once, unless a band was never read. */
  read(keys: BandKey[]): KnownBand[] | Promise<KnownBand[]>;
}

const lifeMs = 600_000;
/** Of what does not say anything yet, and may soon. */
const unknownLifeMs = 5_000;
const bandsMax = 5_000;
const keysPerRead = 64;

// Today's own observations are what is judged; they are compared with what was seen before, and with each other. Each is
// the quantile of all twentieths from beyond the share of those below it up to its own.
const bandsSql = `
  with k as (
    select * from unnest($1::int4[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int4[], $9::int4[])
      as k (n, provider, origin, destination, cabin, trip, currency, lead_from, lead_to)
  ), seen as (
    select k.n, o.depart_date, o.observed_on, o.least_amount as amount,
      power(0.5, ($10::date - o.observed_on) / $11::float8) as weight
    from k join price_observation o on o.origin = k.origin and o.destination = k.destination and o.cabin = k.cabin
      and o.trip = k.trip and o.currency = k.currency and (k.provider is null or o.provider = k.provider)
      and o.observed_on between $10::date - $12::int4 and $10::date
      and o.depart_date - o.observed_on >= k.lead_from and (k.lead_to is null or o.depart_date - o.observed_on <= k.lead_to)
  ), ranked as (
    select n, amount, sum(weight) over by_amount / sum(weight) over (partition by n) as share,
      row_number() over by_amount as place, count(*) over (partition by n)::int4 as rows
    from seen window by_amount as (partition by n order by amount rows unbounded preceding)
  ), reached as (
    select n, amount, rows, case when place = rows then $13::int4 else floor((share + 1e-9) * $13::int4)::int4 end as share,
      case when place = 1 then 0 else floor((lag(share) over (partition by n order by place) + 1e-9) * $13::int4)::int4 + 1 end as after
    from ranked
  ), cut as (
    select r.n, max(r.rows) as rows, array_agg(r.amount::float8 order by s.share) as quantiles
    from reached r cross join lateral generate_series(r.after, r.share) as s (share) group by r.n
  ), before as (
    select distinct on (n, depart_date) n, depart_date::text as depart_date, amount::float8 as amount
    from seen where observed_on < $10::date order by n, depart_date, observed_on desc, amount
  )
  select c.n, c.rows, c.quantiles,
    (select coalesce(jsonb_object_agg(b.depart_date, b.amount), '{}') from before b where b.n = c.n) as previous
  from cut c`;

interface BandRow {
  n: number;
  rows: number;
  quantiles: number[];
  previous: Record<string, number>;
}

/**
 * What is asked for while a read is under way goes together into the next one, each band once. A band that has outlived
 * its time is still given, and read again behind it.
 */
export function createBandBook({ pool, clock }: { pool: Pool; clock: Clock }): BandBook {
  const known = new Map<string, { band: KnownBand; until: number }>();
  const reading = new Map<string, Promise<KnownBand>>();
  const lane = createLane<BandKey, KnownBand>({
    name: 'read-bands',
    clock,
    keysOf: () => [],
    batchMax: keysPerRead,
    waitingMax: bandsMax,
    call: async (_, keys) => ({ outcomes: await readBands(pool, keys, isoNow(clock).slice(0, 10)) }),
  });
  const readOne = (text: string, key: BandKey): Promise<KnownBand> => {
    const running = reading.get(text);
    if (running) return running;
    const own = lane.send(key).then((band) => {
      if (known.size >= bandsMax) known.clear();
      known.set(text, { band, until: clock.now() + (band.n < observationsMin ? unknownLifeMs : lifeMs) });
      return band;
    });
    reading.set(text, own);
    own.catch(() => undefined).finally(() => reading.delete(text));
    return own;
  };
  return {
    read: (keys) => {
      const now = clock.now();
      let isWhole = true;
      const bands = keys.map((key) => {
        const text = textOf(key);
        const found = known.get(text);
        if (found && found.until > now) return found.band;
        const fresh = readOne(text, key);
        if (found) return found.band;
        isWhole = false;
        return fresh;
      });
      return isWhole ? (bands as KnownBand[]) : Promise.all(bands);
    },
  };
}

const textOf = ({ provider, origin, destination, cabin, trip, currency, leadDays }: BandKey): string =>
  `${origin}${destination}${leadDays.from}${currency}${trip}${cabin}${provider}`;

export async function readBands(pool: Pool, keys: BandKey[], today: string): Promise<KnownBand[]> {
  const { rows } = await pool.query<BandRow>({
    name: 'read-bands',
    text: bandsSql,
    values: [
      keys.map((_, index) => index),
      keys.map((key) => key.provider),
      keys.map((key) => key.origin),
      keys.map((key) => key.destination),
      keys.map((key) => key.cabin),
      keys.map((key) => key.trip),
      keys.map((key) => key.currency),
      keys.map((key) => key.leadDays.from),
      keys.map((key) => key.leadDays.to),
      today,
      halfLifeDays,
      windowDays,
      quantileShares.length - 1,
    ],
  });
  const byKey = new Map(rows.map((row) => [row.n, row]));
  return keys.map((_, index) => {
    const row = byKey.get(index);
    return { n: row?.rows ?? 0, quantiles: row?.quantiles ?? [], previous: row?.previous ?? {} };
  });
}
