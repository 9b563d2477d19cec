import { type Money, money } from '../../../shared/money.ts';
import type { ObservedRoute, PriceVerdictInput, PriceVerdictView, Verdict } from '../../../shared/price.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import type { FareQuestion, ProviderInsight } from '../providers/fare-provider.ts';
import type { BandBook, BandKey } from './read-bands.ts';
import { boundsOf, leadBucketOf, percentileOf, verdictMethod, verdictOf, windowDays } from './verdict.ts';

const dayMs = 86_400_000;

export interface JudgingRoom {
  bands: BandBook;
  clock: Clock;
}

/** What was found: the question, and the lowest price for its whole party. */
export interface PriceSeen {
  provider: string;
  question: FareQuestion;
  price: Money;
  /** What the provider itself says of it. */
  insight?: ProviderInsight;
}

/**
 * One verdict for each, in order, as the same provider has been seen on the route: one look at the record
 * for what memory does not have. Where too little was seen, what the provider itself says counts (Google
 * tells); else `unknown`, as for parties whose price is not that of so many adults.
 */
export async function judgeSeen(room: JudgingRoom, seen: readonly PriceSeen[]): Promise<Verdict[]> {
  const today = isoNow(room.clock).slice(0, 10);
  const keys = seen.map(({ provider, question, price }) => {
    const { origin, destination, cabin, departDate, returnDate, party } = question;
    if (party.children + party.infantsOnLap + party.infantsInSeat > 0) return undefined;
    const trip = returnDate === null ? ('one_way' as const) : ('round_trip' as const);
    return keyOf({ origin, destination, cabin, trip }, { provider, price, departDate }, today);
  });
  const bands = await room.bands.read(keys.flatMap((key) => key ?? []));
  let next = 0;
  return seen.map(({ question, price, insight }, index) => {
    const band = keys[index] && bands[next++];
    if (!band) return insight?.level ?? 'unknown';
    const amount = Math.round(price.amount / question.party.adults);
    const verdict = verdictOf(amount, band, band.previous[question.departDate]);
    return verdict === 'unknown' ? (insight?.level ?? 'unknown') : verdict;
  });
}

/** A verdict with all that it rests on. */
export async function judgePrice(room: JudgingRoom, input: PriceVerdictInput): Promise<PriceVerdictView> {
  const today = isoNow(room.clock).slice(0, 10);
  const { departDate, price, provider = null } = input;
  const key = keyOf(input, { provider, price, departDate }, today);
  const [band = { n: 0, quantiles: [], previous: {} }] = await room.bands.read([key]);
  const bounds = boundsOf(band);
  const of = (amount: number): Money => money(amount, price.currency);
  return {
    verdict: verdictOf(price.amount, band, band.previous[departDate]),
    percentile: percentileOf(price.amount, band),
    n: band.n,
    window: { from: new Date(Date.parse(today) - windowDays * dayMs).toISOString().slice(0, 10), to: today },
    leadDays: key.leadDays,
    band: bounds ? { low: of(bounds.low), usual: of(bounds.usual), high: of(bounds.high) } : null,
    method: verdictMethod,
  };
}

function keyOf(
  { origin, destination, cabin, trip }: ObservedRoute,
  { provider, price, departDate }: { provider: string | null; price: Money; departDate: string },
  today: string,
): BandKey {
  const leadDays = Math.max(0, Math.round((Date.parse(departDate) - Date.parse(today)) / dayMs));
  return { provider, origin, destination, cabin, trip, currency: price.currency, leadDays: leadBucketOf(leadDays) };
}
