import type { Pool } from 'pg';
import type { CabinClass } from '../../../shared/flight.ts';
import type { TripKind } from '../../../shared/price.ts';
import type { Instant } from '../../../shared/times.ts';
import type { FareAnswer, FareQuestion } from '../providers/fare-provider.ts';

/** A price of one departure date, for one adult, as a provider gave it at some moment. */
export interface Observation {
  provider: string;
  origin: string;
  destination: string;
  cabin: CabinClass;
  trip: TripKind;
  departDate: string;
  currency: string;
  observedOn: string;
  leastAmount: number;
  latestAmount: number;
  samples: number;
  latestAt: Instant;
}

/**
 * Gathers what providers answer and writes it in the background, merged and at a bounded rate: a job
 * must not wait for it, and what a crash takes along is seen again soon.
 */
export interface Recorder {
  observe(provider: string, questions: readonly FareQuestion[], answers: readonly FareAnswer[], at: Instant): void;
  /** Writes a round of what has gathered. Answers what was written; `more`: there is more to write. */
  flush(): Promise<{ written: Observation[]; more: boolean }>;
}

const gatheredMax = 50_000;
/** 2,000 rows are some 20 ms of Postgres; with the chore's second between rounds that is 2 % of one core. */
const rowsPerFlush = 2_000;

// A row is written again only when it tells something new. The newest price wins; the least never rises.
const upsertSql = `
  insert into price_observation as o (provider, origin, destination, cabin, trip, depart_date, currency, observed_on,
    least_amount, latest_amount, samples, latest_at)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::text[], $8::date[],
    $9::int8[], $10::int8[], $11::int4[], $12::timestamptz[])
  on conflict (origin, destination, cabin, trip, depart_date, observed_on, provider, currency) do update set
    least_amount = least(o.least_amount, excluded.least_amount),
    latest_amount = case when excluded.latest_at >= o.latest_at then excluded.latest_amount else o.latest_amount end,
    samples = o.samples + excluded.samples,
    latest_at = greatest(o.latest_at, excluded.latest_at)
  where excluded.least_amount < o.least_amount or excluded.latest_at > o.latest_at`;

export function createRecorder(pool: Pool): Recorder {
  const gathered = new Map<string, Observation>();
  return {
    observe: (provider, questions, answers, at) => {
      let last: { question: FareQuestion; seen: Observation } | undefined;
      for (let index = 0; index < questions.length; index++) {
        const [question, answer] = [questions[index] as FareQuestion, answers[index]];
        if (answer?.outcome !== 'found') continue;
        const price = answer.offers[0]?.price;
        if (last && price?.currency === last.seen.currency && isSameOutward(last.question, question)) {
          addAmount(last.seen, Math.round(price.amount / question.party.adults));
          continue;
        }
        if (last) note(gathered, last.seen);
        const seen = observationOf(provider, question, answer, at);
        last = seen && { question, seen };
      }
      if (last) note(gathered, last.seen);
    },
    flush: async () => {
      const written = [...gathered.values()].slice(0, rowsPerFlush);
      // Taken out before they are written: what comes meanwhile is gathered anew.
      for (const each of written) gathered.delete(keyOf(each));
      try {
        await writeObservations(pool, written);
      } catch (error) {
        for (const each of written) note(gathered, each);
        throw error;
      }
      return { written, more: gathered.size > 0 };
    },
  };
}

export async function writeObservations(pool: Pool, observations: Observation[]): Promise<void> {
  if (observations.length === 0) return;
  // In one order everywhere, so that two processes that write the same rows wait instead of locking each other out.
  const rows = observations.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const column = (of: (each: Observation) => string | number) => rows.map(of);
  await pool.query({
    name: 'write-observations',
    text: upsertSql,
    values: [
      column((each) => each.provider),
      column((each) => each.origin),
      column((each) => each.destination),
      column((each) => each.cabin),
      column((each) => each.trip),
      column((each) => each.departDate),
      column((each) => each.currency),
      column((each) => each.observedOn),
      column((each) => each.leastAmount),
      column((each) => each.latestAmount),
      column((each) => each.samples),
      column((each) => each.latestAt),
    ],
  });
}

const keyOf = (each: Observation): string =>
  `${each.origin}${each.destination}${each.cabin}${each.trip}${each.departDate}${each.observedOn}${each.provider}${each.currency}`;

/** The same observation: they differ by their return alone. Neighbours in a job mostly do. */
export const isSameOutward = (a: FareQuestion, b: FareQuestion): boolean =>
  a.departDate === b.departDate &&
  a.origin === b.origin &&
  a.destination === b.destination &&
  a.cabin === b.cabin &&
  a.party === b.party &&
  (a.returnDate === null) === (b.returnDate === null);

function addAmount(seen: Observation, amount: number): void {
  seen.leastAmount = Math.min(seen.leastAmount, amount);
  seen.latestAmount = amount;
  seen.samples++;
}

function note(gathered: Map<string, Observation>, seen: Observation | undefined): void {
  if (!seen) return;
  const key = keyOf(seen);
  const known = gathered.get(key);
  if (known) {
    const newer = seen.latestAt >= known.latestAt ? seen : known;
    known.leastAmount = Math.min(known.leastAmount, seen.leastAmount);
    known.latestAmount = newer.latestAmount;
    known.latestAt = newer.latestAt;
    known.samples += seen.samples;
  } else if (gathered.size < gatheredMax) {
    gathered.set(key, { ...seen });
  }
}

/**
 * The cheapest offer as a price for one adult. A party with children or infants has prices that cannot
 * be told apart, so it is no observation; neither is what is empty or unknown.
 */
export function observationOf(
  provider: string,
  { origin, destination, departDate, returnDate, cabin, party }: FareQuestion,
  answer: FareAnswer,
  at: Instant,
): Observation | undefined {
  if (answer.outcome !== 'found' || party.children + party.infantsOnLap + party.infantsInSeat > 0) return undefined;
  const cheapest = answer.offers[0]?.price;
  const observedOn = at.slice(0, 10);
  if (!cheapest || departDate < observedOn) return undefined;
  const amount = Math.round(cheapest.amount / party.adults);
  return {
    provider,
    origin,
    destination,
    cabin,
    trip: returnDate === null ? 'one_way' : 'round_trip',
    departDate,
    currency: cheapest.currency,
    observedOn,
    leastAmount: amount,
    latestAmount: amount,
    samples: 1,
    latestAt: at,
  };
}
