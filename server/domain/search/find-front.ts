import { kmBetween } from '../timetable/geography.ts';
import {
  type CabinColumns,
  firstFrom,
  rowCurrency,
  rowPrice,
  stateOpen,
  type Timetable,
} from '../timetable/timetable.ts';
import { type ConnectionTimes, connectionMinutes, forbiddenMinutes } from './connection-times.ts';
import { type Front, FrontBuilder } from './front.ts';
import type { SliceQuestion } from './slice-question.ts';

/**
 * All journeys of one slice with at most two stops that are worth showing, exact within the question's bounds.
 *
 * A journey is a path of markets, and the markets are few: those that leave the origin, and those that reach the
 * destination (marked by airport). So paths are enumerated, those of great detours dropped by their great circles,
 * and along each path the flights are joined by binary search in the departures of the next market. Journeys with
 * fewer stops come first, and what they leave of the front prunes the rest: a path whose cheapest price and least
 * time are beaten is never joined.
 */
export function findFront(t: Timetable, times: ConnectionTimes, question: SliceQuestion): Front {
  return new Search(t, times, question).run();
}

const dayMinutes = 1_440;
/** Days of a question. */
const daysMax = 512;

/** Flights of one market that may begin a journey. */
interface First {
  row: number;
  departs: number;
  arrives: number;
  /** One seat. */
  price: number;
  currency: number;
  day: number;
  group: number;
}

/** One for all searches of a thread, which come one after the other: new ones would cost more than most searches. */
const scratchFor = (airports: number) => ({ reaches: new Int32Array(airports), kmLeft: new Float32Array(airports) });
let scratch = scratchFor(0);

class Search {
  readonly #t: Timetable;
  readonly #times: ConnectionTimes;
  readonly #q: SliceQuestion;
  readonly #cabin: CabinColumns;
  readonly #front: FrontBuilder;
  /** By airport: the market that leads from it to the destination in hand, plus one. */
  readonly #reaches: Int32Array;
  /** By airport: km to the destination in hand. */
  readonly #kmLeft: Float32Array;
  readonly #buckets: number;
  #siblings: Map<number, number[]> | undefined;
  #looks = 0;

  constructor(t: Timetable, times: ConnectionTimes, question: SliceQuestion) {
    this.#t = t;
    this.#times = times;
    this.#q = question;
    this.#cabin = t.cabins[question.cabin] as CabinColumns;
    this.#front = new FrontBuilder(question.keep);
    if (scratch.reaches.length < t.airportX.length) scratch = scratchFor(t.airportX.length);
    this.#reaches = scratch.reaches;
    this.#kmLeft = scratch.kmLeft;
    this.#buckets = Math.ceil(dayMinutes / question.bounds.bucketMinutes);
  }

  run(): Front {
    const { origins, destinations, maxStops } = this.#q;
    for (let stops = 0; stops <= maxStops; stops++)
      for (const destination of destinations) {
        this.#aimAt(destination);
        for (const origin of origins)
          if (origin.airport !== destination)
            this.#runPair(origin.airport, destination, origin.opens, origin.closes, stops);
      }
    return this.#front.finish(this.#looks, this.#looks <= this.#q.bounds.looksMax);
  }

  #aimAt(destination: number): void {
    const { lists, airportIn, marketFrom } = this.#t;
    this.#reaches.fill(0);
    this.#kmLeft.fill(-1);
    const list = airportIn[destination] as number;
    for (let at = list + 2; at < list + 2 + (lists[list] as number); at++) {
      const market = lists[at] as number;
      this.#reaches[marketFrom[market] as number] = market + 1;
    }
  }

  #kmTo(airport: number, destination: number): number {
    const known = this.#kmLeft[airport] as number;
    if (known >= 0) return known;
    const km = kmBetween(this.#t, airport, destination);
    this.#kmLeft[airport] = km;
    return km;
  }

  #runPair(origin: number, destination: number, opens: number, closes: number, stops: number): void {
    const t = this.#t;
    if (stops === 0) {
      const direct = (this.#reaches[origin] as number) - 1;
      if (direct >= 0)
        for (const first of this.#firsts(direct, opens, closes)) this.#finish(first, -1, 0, -1, 0, first.arrives);
      return;
    }
    const { detour, detourSlackKm } = this.#q.bounds;
    const kmMax = detour > 0 ? detour * this.#kmTo(origin, destination) + detourSlackKm : Number.POSITIVE_INFINITY;
    const canChangeAirport = this.#q.filters.airportChange;
    const list = t.airportOut[origin] as number;
    const end = list + 2 + (t.lists[list] as number);
    for (let at = list + 2; at < end; at++) {
      const market = t.lists[at] as number;
      const hub = t.marketTo[market] as number;
      if (hub === destination) continue;
      // Most lead to where nothing goes on, and are not worth an arc cosine.
      if (stops === 1 && !canChangeAirport && this.#reaches[hub] === 0) continue;
      const km = t.marketKm[market] as number;
      if (km + this.#kmTo(hub, destination) > kmMax || !this.#mayChangeAt(hub)) continue;
      if (stops === 1) this.#oneStop(market, hub, destination, opens, closes, kmMax - km);
      else this.#twoStops(market, hub, origin, destination, opens, closes, kmMax - km);
      if (this.#looks > this.#q.bounds.looksMax) return;
    }
  }

  #oneStop(market: number, hub: number, destination: number, opens: number, closes: number, kmMax: number): void {
    const t = this.#t;
    let firsts: First[] | undefined;
    for (const airport of this.#goesOnFrom(hub)) {
      const second = (this.#reaches[airport] as number) - 1;
      if (second < 0 || airport === destination || this.#kmTo(airport, destination) > kmMax) continue;
      if (airport !== hub && !this.#mayChangeAt(airport)) continue;
      if (!this.#viaOne(hub, airport)) continue;
      const least = this.#leastConnection(market, second, hub, airport);
      if (least === forbiddenMinutes) continue;
      firsts ??= this.#firsts(market, opens, closes);
      for (const first of firsts) {
        if (this.#cannotWin(first, first.price, first.arrives - first.departs + least, second, -1, 1)) continue;
        const end = this.#end(second);
        const latest = this.#latest(first.arrives);
        for (let row = this.#earliest(second, first.arrives, least); row < end; row++) {
          const departs = t.departs[row] as number;
          if (departs > latest) break;
          if (!this.#goesOn(first.row, first.arrives, row, first.currency)) continue;
          this.#finish(first, row, this.#priceOf(row), -1, 0, departs + (t.minutes[row] as number));
        }
      }
    }
  }

  #twoStops(
    market: number,
    hub: number,
    origin: number,
    destination: number,
    opens: number,
    closes: number,
    kmMax: number,
  ): void {
    const t = this.#t;
    const canChangeAirport = this.#q.filters.airportChange;
    let firsts: First[] | undefined;
    for (const from of this.#goesOnFrom(hub)) {
      if (from !== hub && !this.#mayChangeAt(from)) continue;
      const list = t.airportOut[from] as number;
      const end = list + 2 + (t.lists[list] as number);
      for (let at = list + 2; at < end; at++) {
        const second = t.lists[at] as number;
        const hub2 = t.marketTo[second] as number;
        // Most markets lead to where nothing goes on: this is the line that a hub runs a hundred thousand times.
        if (!canChangeAirport && this.#reaches[hub2] === 0) continue;
        if (hub2 === origin || hub2 === destination || hub2 === hub) continue;
        const km = t.marketKm[second] as number;
        if (km > kmMax) continue;
        for (const from2 of this.#goesOnFrom(hub2)) {
          const third = (this.#reaches[from2] as number) - 1;
          if (third < 0 || from2 === origin || from2 === destination || km + this.#kmTo(from2, destination) > kmMax)
            continue;
          if (!this.#mayChangeAt(hub2) || (from2 !== hub2 && !this.#mayChangeAt(from2))) continue;
          if (!this.#viaOne(hub, from) && !this.#viaOne(hub2, from2)) continue;
          const least = this.#leastConnection(market, second, hub, from);
          const least2 = this.#leastConnection(second, third, hub2, from2);
          if (least === forbiddenMinutes || least2 === forbiddenMinutes) continue;
          firsts ??= this.#firsts(market, opens, closes);
          if (firsts.length === 0) return;
          this.#joinTwice(firsts, second, third, least, least2);
          if (this.#looks > this.#q.bounds.looksMax) return;
        }
      }
    }
  }

  #joinTwice(firsts: First[], second: number, third: number, least: number, least2: number): void {
    const { departs, minutes } = this.#t;
    const [end, end2] = [this.#end(second), this.#end(third)];
    for (const first of firsts) {
      const spent = first.arrives - first.departs + least + least2;
      if (this.#cannotWin(first, first.price, spent, second, third, 2)) continue;
      const latest = this.#latest(first.arrives);
      for (let row = this.#earliest(second, first.arrives, least); row < end; row++) {
        if ((departs[row] as number) > latest) break;
        if (!this.#goesOn(first.row, first.arrives, row, first.currency)) continue;
        const price = this.#priceOf(row);
        const arrives = (departs[row] as number) + (minutes[row] as number);
        if (this.#cannotWin(first, first.price + price, arrives - first.departs + least2, third, -1, 2)) continue;
        const latest2 = this.#latest(arrives);
        for (let row2 = this.#earliest(third, arrives, least2); row2 < end2; row2++) {
          if ((departs[row2] as number) > latest2) break;
          if (!this.#goesOn(row, arrives, row2, first.currency)) continue;
          const arrives2 = (departs[row2] as number) + (minutes[row2] as number);
          this.#finish(first, row, price, row2, this.#priceOf(row2), arrives2);
        }
      }
    }
  }

  /** Whether every journey that goes on by these markets is beaten by one that was found. */
  #cannotWin(first: First, price: number, minutes: number, next: number, last: number, stops: number): boolean {
    const { marketFloors, marketMinutes } = this.#t;
    const { cabin, seats } = this.#q;
    let least = price + (marketFloors[next * 4 + cabin] as number);
    let time = minutes + (marketMinutes[next] as number);
    if (last >= 0) {
      least += marketFloors[last * 4 + cabin] as number;
      time += marketMinutes[last] as number;
    }
    return this.#front.isBeaten(first.group, least * seats, time, stops);
  }

  /** The flights of a market that may begin a journey, in the order of departure. */
  #firsts(market: number, opens: number, closes: number): First[] {
    const t = this.#t;
    const { firstDay, days, filters, notBefore } = this.#q;
    const block = t.marketBlock[market] as number;
    const start = t.blockStart[block] as number;
    const end = start + (t.blockCount[block] as number);
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
        price: rowPrice(t, this.#cabin, row, this.#q.seats),
        currency,
        day,
        group: (currency * daysMax + day) * this.#buckets + bucket,
      });
    }
    return found;
  }

  /** Where the rows of a market end. */
  #end(market: number): number {
    const block = this.#t.marketBlock[market] as number;
    return (this.#t.blockStart[block] as number) + (this.#t.blockCount[block] as number);
  }

  /** The first row of a market that somebody can reach who arrives then. */
  #earliest(market: number, arrives: number, least: number): number {
    const start = this.#t.blockStart[this.#t.marketBlock[market] as number] as number;
    const minute = arrives + Math.max(least, this.#q.filters.layoverMin ?? 0);
    return firstFrom(this.#t.departs, start, this.#end(market), minute);
  }

  /** The last minute of departure that is not too late for whoever arrives then. */
  #latest(arrives: number): number {
    const { connectionMinutesMax } = this.#q.bounds;
    return arrives + Math.min(connectionMinutesMax, this.#q.filters.layoverMax ?? connectionMinutesMax);
  }

  /** Whether a journey may go on from one flight to another that departs in time. */
  #goesOn(before: number, arrives: number, row: number, currency: number): boolean {
    const t = this.#t;
    if (!this.#isSold(row) || rowCurrency(t, this.#cabin, row) !== currency) return false;
    if (!this.#q.filters.overnight && this.#isOvernight(arrives, row)) return false;
    const hub = t.marketTo[t.market[before] as number] as number;
    const from = t.marketFrom[t.market[row] as number] as number;
    if (hub === from && this.#times.isSpecial[hub] !== 1) return true;
    return (t.departs[row] as number) - arrives >= connectionMinutes(this.#times, t, before, row);
  }

  #priceOf(row: number): number {
    return rowPrice(this.#t, this.#cabin, row, this.#q.seats);
  }

  #finish(first: First, row2: number, price2: number, row3: number, price3: number, arrives: number): void {
    this.#looks++;
    const { filters, seats } = this.#q;
    const price = (first.price + price2 + price3) * seats;
    const minutes = arrives - first.departs;
    if (filters.minutesMax !== null && minutes > filters.minutesMax) return;
    if (filters.price && (first.currency !== filters.price.currency || price > filters.price.max)) return;
    if (filters.arrives) {
      const last = row3 >= 0 ? row3 : row2 >= 0 ? row2 : first.row;
      const clock = (((arrives + (this.#t.arrivesOffset[last] as number)) % dayMinutes) + dayMinutes) % dayMinutes;
      if (!isWithin(filters.arrives, clock)) return;
    }
    if (filters.viaOne && row2 < 0) return;
    this.#front.add(
      first.group,
      price,
      first.currency,
      minutes,
      first.departs,
      first.day,
      first.row,
      first.price,
      row2,
      price2,
      row3,
      price3,
    );
  }

  #isSold(row: number): boolean {
    if (this.#t.state[row] !== stateOpen || this.#cabin.version[row] === 0) return false;
    if ((this.#cabin.available[row] as number) < this.#q.seats) return false;
    const { carriers } = this.#q.filters;
    return carriers === null || carriers[this.#t.carrier[row] as number] === 1;
  }

  /** Midnight, by the clocks where the change is made, falls between arrival and departure. */
  #isOvernight(arrives: number, row: number): boolean {
    const offset = this.#t.departsOffset[row] as number;
    const departs = this.#t.departs[row] as number;
    return Math.floor((arrives + offset) / dayMinutes) !== Math.floor((departs + offset) / dayMinutes);
  }

  #mayChangeAt(airport: number): boolean {
    const { via } = this.#q.filters;
    return via === null || via[airport] === 1;
  }

  #viaOne(hub: number, from: number): boolean {
    const { viaOne } = this.#q.filters;
    return viaOne === null || viaOne[hub] === 1 || viaOne[from] === 1;
  }

  /** A lower bound; where rules look at carriers or terminals `#goesOn` knows more. */
  #leastConnection(market: number, next: number, arrives: number, departs: number): number {
    if (arrives !== departs || this.#times.isSpecial[arrives] === 1) return 0;
    return this.#times.base[arrives * 4 + this.#statusOf(market, next)] as number;
  }

  /** Places of `connectionStatuses`. */
  #statusOf(market: number, next: number): number {
    const { marketDomestic } = this.#t;
    return (marketDomestic[market] === 1 ? 0 : 2) + (marketDomestic[next] === 1 ? 0 : 1);
  }

  /** The airports that a journey may go on from: this one, and with a change of airport those of its city. */
  #goesOnFrom(airport: number): readonly number[] {
    if (!this.#q.filters.airportChange) {
      this.#single[0] = airport;
      return this.#single;
    }
    this.#siblings ??= this.#airportsByCity();
    return this.#siblings.get(this.#t.airportCity[airport] as number) ?? [airport];
  }
  // Never held over another call but by the loops of two stops, which ask for two.
  readonly #single = [0];

  #airportsByCity(): Map<number, number[]> {
    const { airportCity, counts } = this.#t;
    const byCity = new Map<number, number[]>();
    for (let airport = 0; airport < (counts[3] as number); airport++) {
      const city = airportCity[airport] as number;
      const known = byCity.get(city);
      if (known) known.push(airport);
      else byCity.set(city, [airport]);
    }
    return byCity;
  }
}

/** Both ends included; a window that ends before it begins goes over midnight. */
const isWithin = ([from, to]: readonly [number, number], clock: number): boolean =>
  from <= to ? clock >= from && clock <= to : clock >= from || clock <= to;
