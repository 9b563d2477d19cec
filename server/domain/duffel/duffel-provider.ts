import { ZodError } from 'zod';
import { moneyOfDecimal } from '../../../shared/money.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import {
  type FareAnswer,
  type FareOffer,
  type FareProvider,
  type FareQuestion,
  offerKey,
} from '../providers/fare-provider.ts';
import { freshForLeadTime } from '../providers/freshness.ts';
import {
  createDuffelClient,
  type DuffelClient,
  DuffelError,
  type DuffelOffer,
  type DuffelOfferRequest,
} from './duffel-client.ts';

export const duffelUrl = 'https://api.duffel.com';
const supplierTimeoutMs = 20_000;
/** A round trip may have thousands; they come cheapest first. */
const offersMax = 1_000;
const retryMs = 5_000;
/**
 * Duffel counts in windows of sixty seconds (duffel.com/docs/api/overview/response-handling/rate-limiting). How many it
 * allows is told by each answer (`ratelimit-limit`) and published nowhere; sixty is the number in the documented example.
 */
const documentedLimit = { requests: 60, windowMs: 60_000 };
/** The offer request, and its offers. Further pages are rare, and what is left is watched besides. */
const requestsPerQuestion = 2;
const budget = {
  requestsPerWindow: documentedLimit.requests / requestsPerQuestion,
  windowMs: documentedLimit.windowMs,
  concurrency: 4,
};
const childAge = 10;

/**
 * Duffel's offers. Duffel asks the airlines while we wait (half a second to its own time-out), prices
 * are for the whole party, and each flight is listed once a kind of ticket.
 */
export function createDuffelProvider(options: { url: string; token: string; clock: Clock }): FareProvider {
  const client = createDuffelClient(options);
  return {
    name: 'duffel',
    capabilities: { roundTrip: true, questionsPerCall: 1, freshMs: freshForLeadTime },
    budget,
    timeoutMs: supplierTimeoutMs + 15_000,
    get canary() {
      return canaryQuestion(options.clock);
    },
    ask: async (questions, { signal }) => {
      const answers: FareAnswer[] = [];
      for (const question of questions) answers.push(await answerTo(client, question, signal));
      return answers;
    },
  };
}

async function answerTo(client: DuffelClient, question: FareQuestion, signal: AbortSignal): Promise<FareAnswer> {
  if (question.party.infantsInSeat > 0) {
    return { outcome: 'unknown', reason: 'unsupported', detail: 'Duffel seats no infants' };
  }
  // A question that is begun wants both kinds of request.
  const spentForMs = client.spentForMs();
  if (spentForMs > 0) {
    return {
      outcome: 'unknown',
      reason: 'rate_limited',
      detail: 'nothing remains of the limit',
      retryAfterMs: spentForMs,
      wasAsked: false,
    };
  }
  try {
    const request = await client.createOfferRequest(offerRequestOf(question), { supplierTimeoutMs, signal });
    const listed = request.offers ?? (await client.listOffers(request.id, { offersMax, signal }));
    if (listed.length === 0) return { outcome: 'empty', evidence: `offer request ${request.id} has no offers` };
    const offers = listed.flatMap((each) => offerOf(each, question) ?? []);
    if (offers.length === 0) return { outcome: 'unknown', reason: 'malformed', detail: 'no offer has a price' };
    return { outcome: 'found', offers: offers.sort((a, b) => a.price.amount - b.price.amount) };
  } catch (error) {
    signal.throwIfAborted();
    return unknownOf(error);
  }
}

function offerRequestOf({
  origin,
  destination,
  departDate,
  returnDate,
  cabin,
  party,
}: FareQuestion): DuffelOfferRequest {
  const out = { origin, destination, departure_date: departDate };
  const back = returnDate ? [{ origin: destination, destination: origin, departure_date: returnDate }] : [];
  return {
    slices: [out, ...back],
    passengers: [
      ...Array(party.adults).fill({ type: 'adult' }),
      ...Array(party.children).fill({ age: childAge }),
      ...Array(party.infantsOnLap).fill({ type: 'infant_without_seat' }),
    ],
    cabin_class: cabin,
  };
}

/** Undefined for an offer whose price is no exact amount of its currency. */
function offerOf(offer: DuffelOffer, question: Pick<FareQuestion, 'returnDate'>): FareOffer | undefined {
  const price = moneyOfDecimal(offer.total_amount, offer.total_currency);
  if (!price) return undefined;
  const segments = offer.slices.flatMap((slice) => slice.segments);
  const durations = offer.slices.map((slice) => minutesOf(slice.duration));
  const fareBrand = offer.slices[0]?.fare_brand_name;
  return {
    key: offerKey(offer.slices.map((slice) => slice.segments.map(flightOf))),
    price,
    priceKind: question.returnDate ? 'round_trip' : 'one_way',
    carriers: [...new Set(segments.flatMap((each) => each.marketing_carrier.iata_code ?? []))],
    stops: Math.max(...offer.slices.map((slice) => slice.segments.length)) - 1,
    durationMinutes: durations.includes(null) ? null : durations.reduce<number>((sum, each) => sum + (each ?? 0), 0),
    departsAt: segments[0]?.departing_at.slice(0, 16) ?? null,
    ...(fareBrand ? { fareBrand } : {}),
  };
}

/** Who operates it; where its number is not told, the number under which it is sold. */
function flightOf(segment: DuffelOffer['slices'][number]['segments'][number]) {
  const operating = { carrier: segment.operating_carrier?.iata_code, number: segment.operating_carrier_flight_number };
  const isNumbered = Boolean(operating.carrier && operating.number);
  return {
    carrier: (isNumbered ? operating.carrier : segment.marketing_carrier.iata_code) ?? '',
    number: (isNumbered ? operating.number : segment.marketing_carrier_flight_number) ?? '',
    date: segment.departing_at.slice(0, 10),
  };
}

/** `P1DT2H35M` in minutes; null for what is none. */
function minutesOf(duration: string | null | undefined): number | null {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:\d+(?:\.\d+)?S)?)?$/.exec(duration ?? '');
  if (!parts) return null;
  const [, days = 0, hours = 0, minutes = 0] = parts;
  return Number(days) * 1_440 + Number(hours) * 60 + Number(minutes);
}

/** Duffel's kinds of errors; asking again helps where the fault passes by itself. */
function unknownOf(error: unknown): FareAnswer {
  if (error instanceof ZodError) {
    return { outcome: 'unknown', reason: 'malformed', detail: 'not as the API is documented', retryAfterMs: retryMs };
  }
  if (!(error instanceof DuffelError)) {
    return { outcome: 'unknown', reason: 'unavailable', detail: 'no answer', retryAfterMs: retryMs };
  }
  const detail = error.message;
  switch (error.type) {
    case 'rate_limit_error':
      return { outcome: 'unknown', reason: 'rate_limited', detail, retryAfterMs: error.resetMs ?? retryMs };
    case 'invalid_request_error':
    case 'validation_error':
    case 'invalid_state_error':
      return { outcome: 'unknown', reason: 'unsupported', detail };
    case 'authentication_error':
      return { outcome: 'unknown', reason: 'blocked', detail };
    default:
      // airline_error, api_error, and whatever comes to be.
      return { outcome: 'unknown', reason: 'unavailable', detail, retryAfterMs: retryMs };
  }
}

/** Duffel's own test airline flies it. */
const canaryQuestion = (clock: Clock): FareQuestion => ({
  origin: 'LHR',
  destination: 'JFK',
  departDate: new Date(clock.now() + 30 * 86_400_000).toISOString().slice(0, 10),
  returnDate: null,
  cabin: 'economy',
  party: { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 },
});
