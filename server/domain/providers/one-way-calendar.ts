import { money } from '../../../shared/money.ts';
import {
  type AskContext,
  type FareAnswer,
  type FareCalendar,
  type FareOffer,
  type FareProvider,
  type FareQuestion,
  questionKey,
} from './fare-provider.ts';

/**
 * A calendar for a provider that has none: of so many days out and back, each way is asked for by itself, and a round trip
 * is priced as the sum of both, which can be bought as such. It asks for D + R days where the trips are D × R.
 *
 * That a way is not sold by itself proves nothing of the trip; then nobody was asked.
 */
export function createOneWayCalendar({ capabilities, ask }: Pick<FareProvider, 'capabilities' | 'ask'>): FareCalendar {
  return {
    questionsPerCall: Infinity,
    isOfRoundTrips: true,
    callsFor: (questions) => Math.ceil(waysOf(questions).size / capabilities.questionsPerCall),
    ask: async (questions, context) => {
      const known = await askWays(waysOf(questions), { capabilities, ask }, context);
      return questions.map((question) => {
        const [out, back] = [outOf(question), backOf(question)];
        return sumOf(known.get(questionKey(out)) ?? missing, back && (known.get(questionKey(back)) ?? missing));
      });
    },
  };
}

const missing: FareAnswer = { outcome: 'unknown', reason: 'malformed', detail: 'no answer to a way of it' };
const notAsked: FareAnswer = {
  outcome: 'unknown',
  reason: 'not_asked',
  detail: 'a way of it is not sold by itself, so it is not on the short list',
};

const outOf = (question: FareQuestion): FareQuestion => ({ ...question, returnDate: null });
const backOf = ({ origin, destination, returnDate, ...rest }: FareQuestion): FareQuestion | undefined =>
  returnDate === null
    ? undefined
    : { ...rest, origin: destination, destination: origin, departDate: returnDate, returnDate: null };

/** Each way once, by its key. */
function waysOf(questions: readonly FareQuestion[]): Map<string, FareQuestion> {
  const ways = questions.flatMap((question) => {
    const back = backOf(question);
    return back ? [outOf(question), back] : [outOf(question)];
  });
  return new Map(ways.map((way) => [questionKey(way), way]));
}

async function askWays(
  ways: Map<string, FareQuestion>,
  { capabilities, ask }: Pick<FareProvider, 'capabilities' | 'ask'>,
  context: AskContext,
): Promise<Map<string, FareAnswer>> {
  const known = new Map<string, FareAnswer>();
  const all = [...ways];
  for (let from = 0; from < all.length; from += capabilities.questionsPerCall) {
    const asked = all.slice(from, from + capabilities.questionsPerCall);
    const answers = await ask(
      asked.map(([, way]) => way),
      context,
    );
    for (const [at, [key]] of asked.entries()) known.set(key, answers[at] ?? missing);
    // Whoever is to be left alone is: what is not asked now is asked with the next attempt.
    const refusal = answers.find((each) => each.outcome === 'unknown' && each.retryAfterMs !== undefined);
    if (!refusal) continue;
    for (const [key] of all.slice(from + asked.length)) known.set(key, refusal);
    break;
  }
  return known;
}

function sumOf(out: FareAnswer, back: FareAnswer | undefined): FareAnswer {
  const unknown = [out, back].find((each) => each?.outcome === 'unknown');
  if (unknown) return unknown;
  if (!back) return out;
  const [there] = out.outcome === 'found' ? out.offers : [];
  const [home] = back.outcome === 'found' ? back.offers : [];
  if (!there || !home || there.price.currency !== home.price.currency) return notAsked;
  return { outcome: 'found', offers: [pairOf(there, home)] };
}

const pairOf = (there: FareOffer, home: FareOffer): FareOffer => ({
  key: `${there.key}/${home.key}`,
  price: money(there.price.amount + home.price.amount, there.price.currency),
  priceKind: 'sum_of_one_ways',
  carriers: [...new Set([...there.carriers, ...home.carriers])],
  stops: there.stops === null || home.stops === null ? null : Math.max(there.stops, home.stops),
  durationMinutes:
    there.durationMinutes === null || home.durationMinutes === null
      ? null
      : there.durationMinutes + home.durationMinutes,
  departsAt: there.departsAt,
});
