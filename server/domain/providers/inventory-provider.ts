import type { CabinClass } from '../../../shared/flight.ts';
import { type Money, money } from '../../../shared/money.ts';
import type { Instant } from '../../../shared/times.ts';
import { type FareAnswer, type FareOffer, type FareProvider, type FareQuestion, offerKey } from './fare-provider.ts';
import { neverFresh } from './freshness.ts';

/** One way to travel one direction on flights of our own. */
export interface OneWay {
  /** Marketing carrier, number and local date of each flight, in the order of travel. */
  flights: { carrier: string; number: string; date: string }[];
  /** For all the seats. */
  price: Money;
  departsAt: string;
  departsAtMs: number;
  arrivesAtMs: number;
}

/** One direction: any of these airports to any of those, on a local date. */
export interface OneWayQuestion {
  origins: string[];
  destinations: string[];
  date: string;
  cabin: CabinClass;
  seats: number;
}

/** Answers many directions at once, each cheapest first. Exact: what is not listed is not for sale. */
export type FindOneWays = (questions: readonly OneWayQuestion[], at: Instant) => Promise<OneWay[][]>;

const offersMax = 5;
/** Whoever turns round sooner than this would miss the flight back. */
const turnRoundMs = 60 * 60_000;

/**
 * What we sell ourselves. A round trip is two one-ways and priced as such. Nobody is asked over a
 * network: an answer is exact at its moment, so it is never empty by mistake and never kept.
 */
export function createInventoryProvider(options: {
  find: FindOneWays;
  /** The airports that a code means; none for an unknown code. */
  airportsOf: (code: string) => string[];
}): FareProvider {
  const { find, airportsOf } = options;
  return {
    name: 'inventory',
    capabilities: { roundTrip: true, questionsPerCall: 10_000, freshMs: neverFresh },
    budget: { requestsPerWindow: null, windowMs: 1_000, concurrency: 8 },
    timeoutMs: 30_000,
    canary: null,
    ask: async (questions, { at }) => {
      // Combinations share their directions: a batch of a hundred often has a dozen.
      const places = new Map<string, number>();
      const directions: OneWayQuestion[] = [];
      const placeOf = (from: string, to: string, date: string, { cabin, party }: FareQuestion): number => {
        const seats = party.adults + party.children + party.infantsInSeat;
        const key = `${from} ${to} ${date} ${cabin} ${seats}`;
        const known = places.get(key);
        if (known !== undefined) return known;
        places.set(key, directions.length);
        directions.push({ origins: airportsOf(from), destinations: airportsOf(to), date, cabin, seats });
        return directions.length - 1;
      };
      const trips = questions.map((question) => {
        const { origin, destination, departDate, returnDate } = question;
        return {
          out: placeOf(origin, destination, departDate, question),
          back: returnDate === null ? null : placeOf(destination, origin, returnDate, question),
        };
      });
      const found = await find(directions, at);
      return trips.map(({ out, back }) =>
        back === null
          ? answerOf((found[out] ?? []).slice(0, offersMax).map(oneWayOffer))
          : answerOf(roundTrips(found[out] ?? [], found[back] ?? [])),
      );
    },
  };
}

const answerOf = (offers: FareOffer[]): FareAnswer =>
  offers.length > 0
    ? { outcome: 'found', offers }
    : { outcome: 'empty', evidence: 'no flights of ours with seats for all of them' };

const carriersOf = (...ways: OneWay[]): string[] => [
  ...new Set(ways.flatMap((way) => way.flights.map((flight) => flight.carrier))),
];
const minutesOf = (way: OneWay): number => Math.round((way.arrivesAtMs - way.departsAtMs) / 60_000);

const oneWayOffer = (way: OneWay): FareOffer => ({
  key: offerKey([way.flights]),
  price: way.price,
  priceKind: 'one_way',
  carriers: carriersOf(way),
  stops: way.flights.length - 1,
  durationMinutes: minutesOf(way),
  departsAt: way.departsAt,
});

/** The cheapest pairs that can be flown one after the other. */
function roundTrips(outs: OneWay[], backs: OneWay[]): FareOffer[] {
  const pairs: { out: OneWay; back: OneWay; amount: number }[] = [];
  for (const out of outs) {
    let taken = 0;
    // Both lists are sorted, so of each way out only its first few ways back can be among the cheapest.
    for (const back of backs) {
      if (back.departsAtMs < out.arrivesAtMs + turnRoundMs || back.price.currency !== out.price.currency) continue;
      pairs.push({ out, back, amount: out.price.amount + back.price.amount });
      if (++taken === offersMax) break;
    }
  }
  return pairs
    .sort((a, b) => a.amount - b.amount)
    .slice(0, offersMax)
    .map(({ out, back, amount }) => ({
      key: offerKey([out.flights, back.flights]),
      price: money(amount, out.price.currency),
      priceKind: 'sum_of_one_ways',
      carriers: carriersOf(out, back),
      stops: Math.max(out.flights.length, back.flights.length) - 1,
      durationMinutes: minutesOf(out) + minutesOf(back),
      departsAt: out.departsAt,
    }));
}
