import {
  type CabinColumns,
  firstFrom,
  rowCurrency,
  rowPrice,
  rowsOfMarket,
  seatsForSale,
  type Timetable,
} from '../timetable/timetable.ts';
import { type ConnectionTimes, connectionMinutes, forbiddenMinutes } from './connection-times.ts';
import type { FrontBuilder, Group } from './front.ts';
import type { SliceQuestion } from './slice-question.ts';

const dayMinutes = 1_440;
/** Days of a question. */
const daysMax = 512;

/** A flight that may begin a journey. */
export interface First {
  row: number;
  departs: number;
  arrives: number;
  /** One seat. */
  price: number;
  group: Group;
}

/** The rules for a change look at more than the two markets: each pair of flights is asked. */
const askEach = -1;

/** Joins flights along a path of markets, and tells the front of every journey that the question allows. */
export class FlightJoiner {
  readonly #t: Timetable;
  readonly #times: ConnectionTimes;
  readonly #q: SliceQuestion;
  readonly #cabin: CabinColumns;
  readonly #front: FrontBuilder;
  readonly #buckets: number;
  /** Of a connection, apart from what the airports ask. */
  readonly #layoverMin: number;
  readonly #layoverMax: number;
  readonly #prunes: boolean;
  readonly #firsts = new Map<number, First[]>();
  /** Journeys that were looked at. */
  looks = 0;

  constructor(t: Timetable, times: ConnectionTimes, question: SliceQuestion, front: FrontBuilder) {
    const { bounds, filters } = question;
    this.#t = t;
    this.#times = times;
    this.#q = question;
    this.#cabin = t.cabins[question.cabin] as CabinColumns;
    this.#front = front;
    this.#buckets = Math.ceil(dayMinutes / bounds.bucketMinutes);
    this.#layoverMin = filters.layoverMin ?? 0;
    this.#layoverMax = Math.min(bounds.connectionMinutesMax, filters.layoverMax ?? bounds.connectionMinutesMax);
    this.#prunes = question.keep !== 'all';
  }

  /** The flights of a market that may begin a journey, in the order of departure. */
  firsts(market: number, opens: number, closes: number): First[] {
    const known = this.#firsts.get(market);
    if (known) return known;
    const t = this.#t;
    const { firstDay, days, filters, notBefore } = this.#q;
    const [start, end] = rowsOfMarket(t, market);
    const found: First[] = [];
    for (let row = firstFrom(t.departs, start, end, Math.max(opens, notBefore)); row < end; row++) {
      const departs = t.departs[row] as number;
      if (departs >= closes) break;
      if (!this.#isSold(row)) continue;
      const local = departs + (t.departsOffset[row] as number);
      const day = Math.floor(local / dayMinutes) - firstDay;
      if (day < 0 || day >= days) continue;
      const clock = local - (day + firstDay) * dayMinutes;
      if (filters.departs && !isWithin(filters.departs, clock)) continue;
      const currency = rowCurrency(t, this.#cabin, row);
      const bucket = Math.floor(clock / this.#q.bounds.bucketMinutes);
      found.push({
        row,
        departs,
        arrives: departs + (t.minutes[row] as number),
        price: this.#priceOf(row),
        group: this.#front.group((currency * daysMax + day) * this.#buckets + bucket, currency, day),
      });
    }
    this.#firsts.set(market, found);
    return found;
  }

  direct(firsts: First[]): void {
    for (const first of firsts) this.#finish(first, -1, 0, -1, 0, first.arrives);
  }

  once(firsts: First[], market: number, second: number): void {
    const rule = this.#ruleOf(market, second);
    if (rule === forbiddenMinutes) return;
    const { departs, minutes } = this.#t;
    const wait = Math.max(rule, this.#layoverMin);
    const [floor, least] = this.#prunes ? [this.#floorOf(second), wait + this.#minutesOf(second)] : [0, 0];
    const [start, end] = rowsOfMarket(this.#t, second);
    for (let at = 0; at < firsts.length; at++) {
      const first = firsts[at] as First;
      if (this.#cannotWin(first, first.price + floor, first.arrives - first.departs + least, 1)) continue;
      const latest = first.arrives + this.#layoverMax;
      for (let row = firstFrom(departs, start, end, first.arrives + wait); row < end; row++) {
        const leaves = departs[row] as number;
        if (leaves > latest) break;
        if (!this.#goesOn(first, first.row, first.arrives, row, rule)) continue;
        this.#finish(first, row, this.#priceOf(row), -1, 0, leaves + (minutes[row] as number));
      }
    }
  }

  twice(firsts: First[], market: number, second: number, third: number): void {
    const [rule, rule2] = [this.#ruleOf(market, second), this.#ruleOf(second, third)];
    if (rule === forbiddenMinutes || rule2 === forbiddenMinutes) return;
    const { departs, minutes } = this.#t;
    const [wait, wait2] = [Math.max(rule, this.#layoverMin), Math.max(rule2, this.#layoverMin)];
    const [floor2, least2] = this.#prunes ? [this.#floorOf(third), wait2 + this.#minutesOf(third)] : [0, 0];
    const [floor, least] = this.#prunes ? [this.#floorOf(second), wait + this.#minutesOf(second)] : [0, 0];
    const [start, end] = rowsOfMarket(this.#t, second);
    for (let at = 0; at < firsts.length; at++) {
      const first = firsts[at] as First;
      const spent = first.arrives - first.departs;
      if (this.#cannotWin(first, first.price + floor + floor2, spent + least + least2, 2)) continue;
      const latest = first.arrives + this.#layoverMax;
      for (let row = firstFrom(departs, start, end, first.arrives + wait); row < end; row++) {
        const leaves = departs[row] as number;
        if (leaves > latest) break;
        if (!this.#goesOn(first, first.row, first.arrives, row, rule)) continue;
        const price = this.#priceOf(row);
        const arrives = leaves + (minutes[row] as number);
        if (this.#cannotWin(first, first.price + price + floor2, arrives - first.departs + least2, 2)) continue;
        this.#last(first, row, price, arrives, third, rule2, wait2);
      }
    }
  }

  /** The third flights behind two. */
  #last(first: First, row: number, price: number, arrives: number, third: number, rule: number, wait: number): void {
    const { departs, minutes } = this.#t;
    const [start, end] = rowsOfMarket(this.#t, third);
    const latest = arrives + this.#layoverMax;
    for (let row2 = firstFrom(departs, start, end, arrives + wait); row2 < end; row2++) {
      const leaves = departs[row2] as number;
      if (leaves > latest) return;
      if (!this.#goesOn(first, row, arrives, row2, rule)) continue;
      this.#finish(first, row, price, row2, this.#priceOf(row2), leaves + (minutes[row2] as number));
    }
  }

  #priceOf(row: number): number {
    return rowPrice(this.#t, this.#cabin, row, this.#q.seats);
  }

  /** Whether every journey that costs and lasts at least so much is beaten by one that was found. */
  #cannotWin(first: First, price: number, minutes: number, stops: number): boolean {
    return this.#prunes && this.#front.isBeaten(first.group, price * this.#q.seats, minutes, first.departs, stops);
  }

  /** No seat of the market is cheaper. */
  #floorOf(market: number): number {
    return this.#t.marketFloors[market * 4 + this.#q.cabin] as number;
  }

  /** No flight of the market is shorter. */
  #minutesOf(market: number): number {
    return this.#t.marketMinutes[market] as number;
  }

  /** The least minutes between flights of two markets; or `askEach`, or `forbiddenMinutes`. */
  #ruleOf(market: number, next: number): number {
    const { marketTo, marketFrom, marketDomestic } = this.#t;
    const hub = marketTo[market] as number;
    if (hub !== marketFrom[next] || this.#times.isSpecial[hub] === 1) return askEach;
    // Places of `connectionStatuses`.
    const status = (marketDomestic[market] === 1 ? 0 : 2) + (marketDomestic[next] === 1 ? 0 : 1);
    return this.#times.base[hub * 4 + status] as number;
  }

  /** Whether a journey may go on from one flight to another that departs in time. */
  #goesOn(first: First, before: number, arrives: number, row: number, rule: number): boolean {
    if (!this.#isSold(row) || rowCurrency(this.#t, this.#cabin, row) !== first.group.currency) return false;
    if (!this.#q.filters.overnight && this.#isOvernight(arrives, row)) return false;
    if (rule !== askEach) return true;
    return (this.#t.departs[row] as number) - arrives >= connectionMinutes(this.#times, this.#t, before, row);
  }

  #isSold(row: number): boolean {
    if (seatsForSale(this.#cabin, row) < this.#q.seats) return false;
    const { carriers } = this.#q.filters;
    return carriers === null || carriers[this.#t.carrier[row] as number] === 1;
  }

  /** Midnight, by the clocks where the change is made, falls between arrival and departure. */
  #isOvernight(arrives: number, row: number): boolean {
    const offset = this.#t.departsOffset[row] as number;
    const departs = this.#t.departs[row] as number;
    return Math.floor((arrives + offset) / dayMinutes) !== Math.floor((departs + offset) / dayMinutes);
  }

  #finish(first: First, row2: number, price2: number, row3: number, price3: number, arrives: number): void {
    this.looks++;
    const { filters, seats } = this.#q;
    const price = (first.price + price2 + price3) * seats;
    const minutes = arrives - first.departs;
    if (filters.minutesMax !== null && minutes > filters.minutesMax) return;
    if (filters.price && (first.group.currency !== filters.price.currency || price > filters.price.max)) return;
    if (filters.arrives) {
      const last = row3 >= 0 ? row3 : row2 >= 0 ? row2 : first.row;
      const clock = (((arrives + (this.#t.arrivesOffset[last] as number)) % dayMinutes) + dayMinutes) % dayMinutes;
      if (!isWithin(filters.arrives, clock)) return;
    }
    if (filters.viaOne && row2 < 0) return;
    this.#front.add(first.group, price, minutes, first.departs, first.row, first.price, row2, price2, row3, price3);
  }
}

/** Both ends included; a window that ends before it begins goes over midnight. */
export const isWithin = ([from, to]: readonly [number, number], clock: number): boolean =>
  from <= to ? clock >= from && clock <= to : clock >= from || clock <= to;
