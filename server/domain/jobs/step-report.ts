import type { Outcome } from '../../../shared/jobs.ts';
import type { Verdict } from '../../../shared/price.ts';
import { dayOfDate } from '../places/zoned-time.ts';
import type { FareAnswer, FareQuestion, PriceKind } from '../providers/fare-provider.ts';

/** A question of a step, with its position in the job's plan. */
export interface StepQuestion extends FareQuestion {
  position: number;
}

/** What came of it: what the provider said, or why nobody was asked. */
export type StepAnswer = FareAnswer | { outcome: 'unknown'; reason: 'worker_lost' | 'provider_off'; detail: '' };

/** The columns of a chunk that have an element a combination, and of which type (migration 0018). */
export const columnTypes = {
  position: 'int4',
  route: 'int2',
  depart: 'int4',
  back: 'int4',
  answer: 'int2',
  price: 'int8',
  minutes: 'int4',
  offers: 'int2',
} as const;
type Columns = Record<keyof typeof columnTypes, (number | null)[]>;

/** What many answers of a step have in common: they differ by price, time and count alone. */
interface AnswerKind {
  outcome: Outcome;
  reason: string | null;
  detail: string | null;
  currency: string | null;
  kind: PriceKind | null;
  carriers: string | null;
  stops: number | null;
  verdict: Verdict;
}

/** What a step came to since it last stored, a column each as a chunk has them; of what was found, the cheapest offer. */
export class StepReport {
  readonly count = { found: 0, empty: 0, unknown: 0 };
  readonly columns: Columns = {
    position: [],
    route: [],
    depart: [],
    back: [],
    answer: [],
    price: [],
    minutes: [],
    offers: [],
  };
  readonly #first: number;
  readonly #done: Uint8Array;
  readonly #routes = new Map<string, number>();
  readonly #days = new Map<string, number>();
  readonly #kinds: AnswerKind[] = [];
  /** The place of a kind, from 1. */
  readonly #places = new Map<string, number>();
  readonly #best = new Map<string, number>();
  #offers = 0;
  #lastRoute = { origin: '', destination: '', number: 0 };
  #last: AnswerKind | undefined;
  #lastPlace = 0;

  constructor({ first, last }: { first: number; last: number }) {
    this.#first = first;
    this.#done = new Uint8Array(last - first).fill(zero);
  }

  get size(): number {
    return this.columns.position.length;
  }

  add({ position, origin, destination, departDate, returnDate }: StepQuestion, answer: StepAnswer, verdict: Verdict) {
    const { columns } = this;
    const best = answer.outcome === 'found' ? answer.offers[0] : undefined;
    const kind = kindOf(answer, verdict);
    // What a calendar tells is a price to choose by: it counts as no offer, and is nobody's best price.
    const isOffered = best !== undefined && best.priceKind !== 'calendar';
    const offers = isOffered ? offersOf(answer) : 0;
    this.count[kind.outcome]++;
    this.#offers += offers;
    this.#done[position - this.#first] = one;
    columns.position.push(position);
    columns.route.push(this.#routeOf(origin, destination));
    columns.depart.push(this.#dayOf(departDate));
    columns.back.push(returnDate === null ? null : this.#dayOf(returnDate));
    columns.answer.push(this.#placeOf(kind));
    columns.price.push(best ? best.price.amount : null);
    columns.minutes.push(best ? best.durationMinutes : null);
    columns.offers.push(offers);
    if (isOffered) {
      const { amount, currency } = best.price;
      if (amount < (this.#best.get(currency) ?? Infinity)) this.#best.set(currency, amount);
    }
  }

  /** The rest of a `step_report`: what is said once for many combinations. */
  summary() {
    const kinds = this.#kinds;
    return {
      ...this.count,
      offer_count: this.#offers,
      done: this.size > 0 ? ascii.decode(this.#done) : null,
      best_currencies: [...this.#best.keys()],
      best_amounts: [...this.#best.values()],
      routes: [...this.#routes.keys()],
      answer_outcome: kinds.map((each) => each.outcome),
      answer_reason: kinds.map((each) => each.reason),
      answer_detail: kinds.map((each) => each.detail),
      answer_currency: kinds.map((each) => each.currency),
      answer_kind: kinds.map((each) => each.kind),
      answer_carriers: kinds.map((each) => each.carriers),
      answer_stops: kinds.map((each) => each.stops),
      answer_verdict: kinds.map((each) => each.verdict),
    };
  }

  /** Neighbours mostly have the same, as with kinds. */
  #routeOf(origin: string, destination: string): number {
    if (this.#lastRoute.origin !== origin || this.#lastRoute.destination !== destination)
      this.#lastRoute = { origin, destination, number: numberOf(this.#routes, origin + destination) };
    return this.#lastRoute.number;
  }

  #placeOf(kind: AnswerKind): number {
    if (this.#last && isSameKind(this.#last, kind)) return this.#lastPlace;
    this.#last = kind;
    this.#lastPlace = numberOf(this.#places, keyOf(kind));
    if (this.#lastPlace > this.#kinds.length) this.#kinds.push(kind);
    return this.#lastPlace;
  }

  #dayOf(date: string): number {
    let day = this.#days.get(date);
    if (day === undefined) {
      day = dayOfDate(date);
      this.#days.set(date, day);
    }
    return day;
  }
}

const ascii = new TextDecoder('ascii');
const [zero, one] = [48, 49];

/** Different words are numbered from 1, in the order in which they come. */
function numberOf(numbers: Map<string, number>, word: string): number {
  let number = numbers.get(word);
  if (number === undefined) {
    number = numbers.size + 1;
    numbers.set(word, number);
  }
  return number;
}

const none = { reason: null, detail: null, currency: null, kind: null, carriers: null, stops: null };

function kindOf(answer: StepAnswer, verdict: Verdict): AnswerKind {
  switch (answer.outcome) {
    case 'empty':
      return { ...none, outcome: 'empty', reason: answer.evidence.slice(0, 200), verdict: 'unknown' };
    case 'unknown': {
      const { reason, detail } = answer;
      return { ...none, outcome: 'unknown', reason, detail: detail.slice(0, 200) || null, verdict: 'unknown' };
    }
    case 'found': {
      const best = answer.offers[0];
      if (!best)
        return {
          ...none,
          outcome: 'unknown',
          reason: 'malformed',
          detail: 'found, without an offer',
          verdict: 'unknown',
        };
      return {
        outcome: 'found',
        reason: null,
        detail: null,
        currency: best.price.currency,
        kind: best.priceKind,
        carriers: carriersOf(best.carriers),
        stops: best.stops,
        verdict,
      };
    }
  }
}

/** How many there are, the same flights once. */
const offersOf = (answer: StepAnswer): number => {
  if (answer.outcome !== 'found') return 0;
  return answer.offers.length === 1 ? 1 : new Set(answer.offers.map((each) => each.key)).size;
};

const carrierCode = /^[A-Z0-9]{2}$/;

/** As one word, and null for none. Neighbours often have the same. */
let lastCarriers: { of: readonly string[]; text: string | null } = { of: [], text: null };
function carriersOf(carriers: readonly string[]): string | null {
  if (lastCarriers.of !== carriers) {
    lastCarriers = { of: carriers, text: carriers.filter((code) => carrierCode.test(code)).join(' ') || null };
  }
  return lastCarriers.text;
}

const isSameKind = (a: AnswerKind, b: AnswerKind): boolean =>
  a.outcome === b.outcome &&
  a.verdict === b.verdict &&
  a.carriers === b.carriers &&
  a.stops === b.stops &&
  a.currency === b.currency &&
  a.kind === b.kind &&
  a.reason === b.reason &&
  a.detail === b.detail;

const keyOf = ({ outcome, reason, detail, currency, kind, carriers, stops, verdict }: AnswerKind): string =>
  `${outcome}\n${reason}\n${detail}\n${currency}\n${kind}\n${carriers}\n${stops}\n${verdict}`;
