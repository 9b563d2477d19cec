import type { Outcome } from '../../../shared/jobs.ts';
import type { Verdict } from '../../../shared/price.ts';
import { arrayLiteral } from '../../platform/postgres/array-literal.ts';
import { dayOfDate } from '../places/zoned-time.ts';
import type { PriceKind } from '../providers/fare-provider.ts';
import type { Combination } from './job-plan.ts';

/** What a combination came to; of what was found, the cheapest offer. */
export interface StepResult {
  combination: Combination;
  outcome: Outcome;
  reason: string | null;
  detail: string | null;
  price: number | null;
  currency: string | null;
  kind: PriceKind | null;
  carriers: string | null;
  stops: number | null;
  minutes: number | null;
  offers: number;
  verdict: Verdict;
}

/** Results as `step_report` (migration 0015) has them: a column each, in PostgreSQL's own notation for arrays. */
export function columnsOf(step: { first: number; last: number }, results: StepResult[]) {
  const count = { found: 0, empty: 0, unknown: 0 };
  let offerCount = 0;
  const best = new Map<string, number>();
  const done = new Uint8Array(step.last - step.first).fill(zero);
  const routes = new Numbered<string>();
  const answers = new Numbered<StepResult>();
  const columns: Record<Column, (number | null)[]> = {
    position: [],
    route: [],
    depart: [],
    back: [],
    answer: [],
    price: [],
    minutes: [],
    offers: [],
  };
  const days = new Map<string, number>();
  let last: StepResult | undefined;
  let answer = 0;
  for (const each of results) {
    const { position, origin, destination, departDate, returnDate } = each.combination;
    count[each.outcome]++;
    offerCount += each.offers;
    done[position - step.first] = one;
    if (each.price !== null && each.currency !== null && each.price < (best.get(each.currency) ?? Infinity))
      best.set(each.currency, each.price);
    const route = origin + destination;
    columns.position.push(position);
    columns.route.push(routes.of(route, route));
    columns.depart.push(dayOf(days, departDate));
    columns.back.push(returnDate === null ? null : dayOf(days, returnDate));
    if (!last || !isSameAnswer(last, each)) answer = answers.of(answerKey(each), each);
    last = each;
    columns.answer.push(answer);
    columns.price.push(each.price);
    columns.minutes.push(each.minutes);
    columns.offers.push(each.offers);
  }
  const kinds = answers.values;
  return {
    ...count,
    offer_count: offerCount,
    done: results.length > 0 ? ascii.decode(done) : null,
    best_currencies: [...best.keys()],
    best_amounts: [...best.values()],
    routes: routes.values,
    answer_outcome: kinds.map((each) => each.outcome),
    answer_reason: kinds.map((each) => each.reason),
    answer_detail: kinds.map((each) => each.detail),
    answer_currency: kinds.map((each) => each.currency),
    answer_kind: kinds.map((each) => each.kind),
    answer_carriers: kinds.map((each) => each.carriers),
    answer_stops: kinds.map((each) => each.stops),
    answer_verdict: kinds.map((each) => each.verdict),
    position: arrayLiteral(columns.position),
    route: arrayLiteral(columns.route),
    depart: arrayLiteral(columns.depart),
    back: arrayLiteral(columns.back),
    answer: arrayLiteral(columns.answer),
    price: arrayLiteral(columns.price),
    minutes: arrayLiteral(columns.minutes),
    offers: arrayLiteral(columns.offers),
  };
}

type Column = 'position' | 'route' | 'depart' | 'back' | 'answer' | 'price' | 'minutes' | 'offers';

const ascii = new TextDecoder('ascii');
const [zero, one] = [48, 49];

function dayOf(days: Map<string, number>, date: string): number {
  const known = days.get(date);
  if (known !== undefined) return known;
  const day = dayOfDate(date);
  days.set(date, day);
  return day;
}

const isSameAnswer = (a: StepResult, b: StepResult): boolean =>
  a.outcome === b.outcome &&
  a.verdict === b.verdict &&
  a.carriers === b.carriers &&
  a.stops === b.stops &&
  a.currency === b.currency &&
  a.kind === b.kind &&
  a.reason === b.reason &&
  a.detail === b.detail;

/** Answers that differ by price, time and count alone are one kind. */
const answerKey = ({ outcome, reason, detail, currency, kind, carriers, stops, verdict }: StepResult): string =>
  `${outcome}\n${reason}\n${detail}\n${currency}\n${kind}\n${carriers}\n${stops}\n${verdict}`;

/** Different values, numbered from 1 in the order in which they come. */
class Numbered<Value> {
  readonly #numbers = new Map<string, number>();
  readonly values: Value[] = [];

  of(key: string, value: Value): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.values.push(value);
    this.#numbers.set(key, this.values.length);
    return this.values.length;
  }
}
