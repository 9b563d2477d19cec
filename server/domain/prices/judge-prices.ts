import { type Money, money } from '../../../shared/money.ts';
import type { PriceVerdictInput, PriceVerdictView, Verdict } from '../../../shared/price.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import type { FareAnswer, FareQuestion } from '../providers/fare-provider.ts';
import type { BandBook, BandKey } from './read-bands.ts';
import { isSameOutward } from './record-observations.ts';
import { boundsOf, leadBucketOf, percentileOf, verdictMethod, verdictOf, windowDays } from './verdict.ts';

const dayMs = 86_400_000;

export interface JudgingRoom {
  bands: BandBook;
  clock: Clock;
}

/** What is judged: of what is not found there is nothing to say. */
export type Judged = Extract<FareAnswer, { outcome: 'found' }> | { outcome: 'empty' | 'unknown' };

/**
 * The verdict on the cheapest offer of each answer, as the same provider has been seen on the route: one
 * look at the record for what memory does not have. Where too little was seen, what the provider itself
 * says of the price counts (Google tells); else `unknown`, as for what was not found.
 */
export async function judgeAnswers(
  room: JudgingRoom,
  provider: string,
  questions: readonly FareQuestion[],
  answers: readonly Judged[],
): Promise<Verdict[]> {
  const today = isoNow(room.clock).slice(0, 10);
  const leads = new Map<string, BandKey['leadDays']>();
  const keys: BandKey[] = [];
  const places = new Map<string, number>();
  // Neighbours mostly differ by their return alone.
  let last: { question: FareQuestion; currency: string; place: number } | undefined;
  const placeOf = (question: FareQuestion, answer: Judged | undefined): number | undefined => {
    const price = priceForAdults(question, answer);
    if (!price) return undefined;
    if (last?.currency === price.currency && isSameOutward(last.question, question)) return last.place;
    const { origin, destination, cabin, departDate, returnDate } = question;
    const leadDays = leads.get(departDate) ?? leadDaysOf(departDate, today);
    leads.set(departDate, leadDays);
    const trip = returnDate === null ? ('one_way' as const) : ('round_trip' as const);
    const text = `${origin}${destination}${leadDays.from}${trip}${cabin}${price.currency}`;
    let place = places.get(text);
    if (place === undefined) {
      place = keys.push({ provider, origin, destination, cabin, trip, currency: price.currency, leadDays }) - 1;
      places.set(text, place);
    }
    last = { question, currency: price.currency, place };
    return place;
  };
  const own = questions.map((question, index) => placeOf(question, answers[index]));
  const reading = room.bands.read(keys);
  const bands = Array.isArray(reading) ? reading : await reading;
  return questions.map((question, index) => {
    const answer = answers[index];
    const place = own[index];
    const band = place === undefined ? undefined : bands[place];
    const price = band && priceForAdults(question, answer);
    const verdict = price ? verdictOf(perAdult(price, question), band, band.previous[question.departDate]) : 'unknown';
    if (verdict !== 'unknown' || answer?.outcome !== 'found') return verdict;
    return answer.insight?.level ?? 'unknown';
  });
}

/** The cheapest price; undefined for a party whose prices of one adult cannot be told. */
function priceForAdults({ party }: FareQuestion, answer: Judged | undefined): Money | undefined {
  if (answer?.outcome !== 'found' || party.children + party.infantsOnLap + party.infantsInSeat > 0) return undefined;
  return answer.offers[0]?.price;
}

const perAdult = ({ amount }: Money, { party }: FareQuestion): number =>
  party.adults === 1 ? amount : Math.round(amount / party.adults);

/** A verdict with all that it rests on. */
export async function judgePrice(room: JudgingRoom, input: PriceVerdictInput): Promise<PriceVerdictView> {
  const today = isoNow(room.clock).slice(0, 10);
  const { departDate, price, provider = null } = input;
  const { origin, destination, cabin, trip } = input;
  const leadDays = leadDaysOf(departDate, today);
  const key = { provider, origin, destination, cabin, trip, currency: price.currency, leadDays };
  const [band = { n: 0, quantiles: [], previous: {} }] = await room.bands.read([key]);
  const bounds = boundsOf(band);
  const of = (amount: number): Money => money(amount, price.currency);
  return {
    verdict: verdictOf(price.amount, band, band.previous[departDate]),
    percentile: percentileOf(price.amount, band),
    n: band.n,
    window: { from: new Date(Date.parse(today) - windowDays * dayMs).toISOString().slice(0, 10), to: today },
    leadDays,
    band: bounds ? { low: of(bounds.low), usual: of(bounds.usual), high: of(bounds.high) } : null,
    method: verdictMethod,
  };
}

const leadDaysOf = (departDate: string, today: string): BandKey['leadDays'] =>
  leadBucketOf(Math.max(0, Math.round((Date.parse(departDate) - Date.parse(today)) / dayMs)));
