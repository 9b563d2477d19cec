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
    budget: { requestsPerWindow: null, windowMs: 1_000, concurrency: 256 },
    timeoutMs: null,
    canary: null,
    ask: async (questions, { at }) => {
      const directions = new Directions(airportsOf);
      const outs: number[] = [];
      const backs: (number | null)[] = [];
      for (const question of questions) {
        const { origin, destination, departDate, returnDate } = question;
        outs.push(directions.placeOf(origin, destination, departDate, question));
        backs.push(returnDate === null ? null : directions.placeOf(destination, origin, returnDate, question));
      }
      const found = await find(directions.all, at);
      return outs.map((out, index) => {
        const back = backs[index] ?? null;
        return back === null
          ? answerOf((found[out] ?? []).slice(0, offersMax).map(oneWayOffer))
          : answerOf(roundTrips(found[out] ?? [], found[back] ?? []));
      });
    },
  };
}

/** Combinations share their directions: a batch of a hundred often has a dozen. Each is asked for once. */
class Directions {
  readonly all: OneWayQuestion[] = [];
  readonly #airportsOf: (code: string) => string[];
  /** By date, of each pair of places, cabin and party. */
  readonly #routes = new Map<string, Route>();
  /** Neighbours mostly differ by a date alone. */
  #last: Route | undefined;
  #before: Route | undefined;

  constructor(airportsOf: (code: string) => string[]) {
    this.#airportsOf = airportsOf;
  }

  placeOf(from: string, to: string, date: string, question: FareQuestion): number {
    const route = this.#routeOf(from, to, question);
    const known = route.places.get(date);
    if (known !== undefined) return known;
    const { cabin, seats } = route;
    const place = this.all.push({
      origins: this.#airportsOf(from),
      destinations: this.#airportsOf(to),
      date,
      cabin,
      seats,
    });
    route.places.set(date, place - 1);
    return place - 1;
  }

  #routeOf(from: string, to: string, { cabin, party }: FareQuestion): Route {
    const isIt = (route: Route | undefined): route is Route =>
      route?.from === from && route.to === to && route.cabin === cabin && route.party === party;
    let route = isIt(this.#last) ? this.#last : isIt(this.#before) ? this.#before : undefined;
    if (!route) {
      const seats = party.adults + party.children + party.infantsInSeat;
      const key = `${from} ${to} ${cabin} ${seats}`;
      route = this.#routes.get(key) ?? { from, to, cabin, party, seats, places: new Map() };
      this.#routes.set(key, route);
    }
    if (route !== this.#last) [this.#last, this.#before] = [route, this.#last];
    return route;
  }
}

interface Route extends Pick<OneWayQuestion, 'cabin' | 'seats'> {
  from: string;
  to: string;
  party: FareQuestion['party'];
  places: Map<string, number>;
}

const answerOf = (offers: FareOffer[]): FareAnswer =>
  offers.length > 0
    ? { outcome: 'found', offers }
    : { outcome: 'empty', evidence: 'no flights of ours with seats for all of them' };

/** What offers need of a way; worked out once, for a way is part of many of them. */
const factsOf = (way: OneWay) => {
  let facts = known.get(way);
  if (!facts) {
    const carriers = [...new Set(way.flights.map((flight) => flight.carrier))];
    facts = {
      key: offerKey([way.flights]),
      carriers,
      minutes: Math.round((way.arrivesAtMs - way.departsAtMs) / 60_000),
    };
    known.set(way, facts);
  }
  return facts;
};
const known = new WeakMap<OneWay, { key: string; carriers: string[]; minutes: number }>();

const oneWayOffer = (way: OneWay): FareOffer => {
  const { key, carriers, minutes } = factsOf(way);
  return {
    key,
    price: way.price,
    priceKind: 'one_way',
    carriers,
    stops: way.flights.length - 1,
    durationMinutes: minutes,
    departsAt: way.departsAt,
  };
};

const isSame = (a: string[], b: string[]): boolean => a.length === 1 && b.length === 1 && a[0] === b[0];

interface Pair {
  out: OneWay;
  back: OneWay;
  amount: number;
}

/** The cheapest pairs that can be flown one after the other. */
function roundTrips(outs: OneWay[], backs: OneWay[]): FareOffer[] {
  const leastBack = outs.length > 1 ? Math.min(...backs.map((back) => back.price.amount)) : 0;
  let pairs: Pair[] = [];
  for (const out of outs) {
    const worst = pairs[offersMax - 1];
    if (worst && out.price.amount + leastBack >= worst.amount) continue;
    let taken = 0;
    // Both lists are sorted, so of each way out only its first few ways back can be among the cheapest.
    for (const back of backs) {
      if (back.departsAtMs < out.arrivesAtMs + turnRoundMs || back.price.currency !== out.price.currency) continue;
      pairs.push({ out, back, amount: out.price.amount + back.price.amount });
      if (++taken === offersMax) break;
    }
    if (pairs.length > 1) pairs = pairs.sort((a, b) => a.amount - b.amount).slice(0, offersMax);
  }
  return pairs.map(tripOffer);
}

function tripOffer({ out, back, amount }: Pair): FareOffer {
  const [there, home] = [factsOf(out), factsOf(back)];
  return {
    key: `${there.key}/${home.key}`,
    price: money(amount, out.price.currency),
    priceKind: 'sum_of_one_ways',
    carriers: isSame(there.carriers, home.carriers)
      ? there.carriers
      : [...new Set([...there.carriers, ...home.carriers])],
    stops: Math.max(out.flights.length, back.flights.length) - 1,
    durationMinutes: there.minutes + home.minutes,
    departsAt: out.departsAt,
  };
}
