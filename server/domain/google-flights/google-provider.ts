import { fetchText } from '../../platform/http/fetch-text.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import {
  type FareAnswer,
  type FareOffer,
  type FareProvider,
  type FareQuestion,
  offerKey,
} from '../providers/fare-provider.ts';
import { freshForLeadTime } from '../providers/freshness.ts';
import { consentCookie } from './consent-cookie.ts';
import { type GoogleAnswer, readAnswer } from './read-answer.ts';
import type { GoogleItinerary } from './read-results.ts';
import { encodeTfs } from './tfs.ts';
import { showAllTfu } from './tfu.ts';

export interface GoogleSettings {
  clock: Clock;
  /** Where the search page is; Google's own unless told. */
  url?: string;
  currency?: string;
  language?: string;
  country?: string;
}

const pageUrl = 'https://www.google.com/travel/flights/search';
const pageMaxBytes = 16 * 1024 * 1024;
/** One page every four seconds over all workers, and not like clockwork. */
const windowMs = 4_000;
const jitterMs = 1_000;
/** After a block nothing helps but time. */
const blockedRetryMs = 60_000;
const retryMs = 10_000;

/**
 * Google Flights by its public page. Its rules forbid automated calls, so it is on only where the
 * operator says so, slow, and honest about what it is: no disguise, no forged headers. A block is
 * `unknown`.
 *
 * Of a round trip the page lists the first slice with the price of the whole trip.
 */
export function createGoogleProvider(settings: GoogleSettings): FareProvider {
  const { clock, currency = 'USD' } = settings;
  return {
    name: 'google-flights',
    capabilities: { roundTrip: true, questionsPerCall: 1, freshMs: freshForLeadTime },
    budget: { requestsPerWindow: 1, windowMs, concurrency: 1 },
    timeoutMs: 25_000,
    get canary() {
      return questionInDays(clock, 30);
    },
    ask: async (questions, { signal }) => {
      const answers: FareAnswer[] = [];
      for (const question of questions) {
        await clock.sleep(Math.random() * jitterMs, signal);
        signal.throwIfAborted();
        answers.push(await askPage(question, { ...settings, currency }, signal));
      }
      return answers;
    },
  };
}

/** The address of the page that answers a question. */
export function searchUrl(question: FareQuestion, settings: Omit<GoogleSettings, 'clock'>): string {
  const { origin, destination, departDate, returnDate, cabin, party } = question;
  const from = [{ code: origin }];
  const to = [{ code: destination }];
  const people = [
    ...Array<'adult'>(party.adults).fill('adult'),
    ...Array<'child'>(party.children).fill('child'),
    ...Array<'infant_on_lap'>(party.infantsOnLap).fill('infant_on_lap'),
    ...Array<'infant_in_seat'>(party.infantsInSeat).fill('infant_in_seat'),
  ];
  const tfs = encodeTfs({
    form: 'packed',
    slices: [{ date: departDate, from, to }, ...(returnDate ? [{ date: returnDate, from: to, to: from }] : [])],
    travellers: people,
    cabin,
    trip: returnDate ? 'round_trip' : 'one_way',
  });
  const { url = pageUrl, language = 'en', country = 'US', currency = 'USD' } = settings;
  return `${url}?${new URLSearchParams({ tfs, tfu: showAllTfu, hl: language, gl: country, curr: currency })}`;
}

async function askPage(
  question: FareQuestion,
  settings: GoogleSettings & { currency: string },
  signal: AbortSignal,
): Promise<FareAnswer> {
  const { clock, language = 'en', currency } = settings;
  try {
    const { status, headers, text } = await fetchText(
      searchUrl(question, settings),
      {
        headers: {
          'user-agent': 'Airside',
          'accept-language': language,
          cookie: consentCookie({ build: buildOf(clock), language, at: Math.floor(clock.now() / 1000) }),
        },
        signal,
      },
      pageMaxBytes,
    );
    const page = { status, location: headers.get('location') ?? undefined, body: text };
    return fareAnswerOf(readAnswer(page, currency), question);
  } catch (error) {
    signal.throwIfAborted();
    const detail = error instanceof Error ? error.message : 'no answer';
    return { outcome: 'unknown', reason: 'unavailable', detail, retryAfterMs: retryMs };
  }
}

const buildOf = (clock: Clock): string => `gws_${isoNow(clock).slice(0, 10).replaceAll('-', '')}-0_RC2`;

/** What a page says, as an answer to the question. */
function fareAnswerOf(answer: GoogleAnswer, question: FareQuestion): FareAnswer {
  switch (answer.class) {
    case 'empty':
      return { outcome: 'empty', evidence: answer.detail };
    case 'partial':
    case 'malformed':
      return { outcome: 'unknown', reason: answer.class, detail: answer.detail, retryAfterMs: retryMs };
    case 'consent':
    case 'blocked':
      return { outcome: 'unknown', reason: 'blocked', detail: answer.detail, retryAfterMs: blockedRetryMs };
    case 'ok': {
      const { itineraries, insight } = answer.results;
      const offers = itineraries
        .flatMap((each) => offerOf(each, question) ?? [])
        .sort((a, b) => a.price.amount - b.price.amount);
      if (offers.length === 0) {
        return { outcome: 'unknown', reason: 'partial', detail: 'no row has a price', retryAfterMs: retryMs };
      }
      return insight ? { outcome: 'found', offers, insight: withoutHistory(insight) } : { outcome: 'found', offers };
    }
  }
}

const withoutHistory = ({
  level,
  usual,
  low,
  high,
}: NonNullable<Extract<FareAnswer, { outcome: 'found' }>['insight']>) => ({
  level,
  usual,
  low,
  high,
});

function offerOf({ legs, price, durationMinutes }: GoogleItinerary, question: FareQuestion): FareOffer | undefined {
  if (!price) return undefined;
  const dated = legs.map((leg) => ({ ...leg, date: leg.departsAt?.slice(0, 10) ?? question.departDate }));
  const key = offerKey([dated]);
  return {
    // The flights back are not listed: two trips with the same flights out are one.
    key: question.returnDate ? `${key}/*@${question.returnDate}` : key,
    price,
    priceKind: question.returnDate ? 'round_trip' : 'one_way',
    carriers: [...new Set(legs.map((leg) => leg.carrier))],
    stops: legs.length - 1,
    durationMinutes: question.returnDate ? null : durationMinutes,
    departsAt: legs[0]?.departsAt ?? null,
  };
}

/** A route that is flown many times a day. */
function questionInDays(clock: Clock, days: number): FareQuestion {
  return {
    origin: 'LHR',
    destination: 'JFK',
    departDate: new Date(clock.now() + days * 86_400_000).toISOString().slice(0, 10),
    returnDate: null,
    cabin: 'economy',
    party: { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
  };
}
