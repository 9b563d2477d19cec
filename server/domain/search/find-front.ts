import { kmBetween } from '../timetable/geography.ts';
import { counted, type Timetable } from '../timetable/timetable.ts';
import type { ConnectionTimes } from './connection-times.ts';
import { type Front, FrontBuilder } from './front.ts';
import { FlightJoiner } from './join-flights.ts';
import { type Neighbours, noNeighbours, type SliceQuestion } from './slice-question.ts';

/**
 * All journeys of one slice with at most two stops that are worth showing, exact within the question's bounds.
 *
 * A journey is a path of markets, and the markets are few: those that leave the origin, and those that reach the
 * destination (marked by airport). So paths are enumerated, those of great detours dropped by their great circles,
 * and along each path the flights are joined by binary search in the departures of the next market. Journeys with
 * fewer stops come first, and what they leave of the front prunes the rest: a path whose cheapest price and least
 * time are beaten is never joined.
 */
export function findFront(
  t: Timetable,
  times: ConnectionTimes,
  question: SliceQuestion,
  near: Neighbours = noNeighbours,
): Front {
  return new Search(t, times, question, near).run();
}

const marksFor = (airports: number) => ({
  /** By airport: the market that leads from it to the destination in hand, plus one. */
  reaches: new Int32Array(airports),
  /** By airport: the market that leads to it from the origin in hand, plus one. */
  leaves: new Int32Array(airports),
  /** By airport: km to the destination in hand. */
  kmLeft: new Float32Array(airports),
});

/**
 * One for all searches of a thread, which come one after the other: new ones would cost more than most searches.
 * Whoever has taken them leaves them clean, or does not give them back.
 */
let marks: ReturnType<typeof marksFor> | undefined;

/** Where a journey may begin, as the question says it. */
type Origin = SliceQuestion['origins'][number];

class Search {
  readonly #t: Timetable;
  readonly #q: SliceQuestion;
  readonly #front: FrontBuilder;
  readonly #joiner: FlightJoiner;
  readonly #marks: ReturnType<typeof marksFor>;
  readonly #reaches: Int32Array;
  readonly #leaves: Int32Array;
  readonly #kmLeft: Float32Array;
  #siblings: Map<number, number[]> | undefined;

  constructor(t: Timetable, times: ConnectionTimes, question: SliceQuestion, near: Neighbours) {
    this.#t = t;
    this.#q = question;
    this.#front = new FrontBuilder(question.keep, near);
    this.#joiner = new FlightJoiner(t, times, question, this.#front);
    this.#marks = marks && marks.reaches.length >= t.airportX.length ? marks : marksFor(t.airportX.length);
    marks = undefined;
    this.#reaches = this.#marks.reaches;
    this.#leaves = this.#marks.leaves;
    this.#kmLeft = this.#marks.kmLeft;
  }

  run(): Front {
    const { origins, destinations, maxStops } = this.#q;
    for (let stops = 0; stops <= maxStops; stops++)
      for (const destination of destinations) {
        this.#mark(this.#reaches, this.#t.airportIn[destination] as number, true);
        this.#kmLeft.fill(-1);
        for (const origin of origins)
          if (origin.airport !== destination && !this.#isTooMuch) this.#runPair(origin, destination, stops);
        this.#mark(this.#reaches, this.#t.airportIn[destination] as number, false);
      }
    marks = this.#marks;
    return this.#front.finish(this.#joiner.looks, !this.#isTooMuch);
  }

  get #isTooMuch(): boolean {
    return this.#joiner.looks > this.#q.bounds.looksMax;
  }

  /** Writes the markets of a list at their other ends, or takes them away. */
  #mark(column: Int32Array, list: number, isOn: boolean): void {
    const { lists } = this.#t;
    const end = list + 2 + 2 * (lists[list] as number);
    for (let at = list + 2; at < end; at += 2) column[lists[at + 1] as number] = isOn ? (lists[at] as number) + 1 : 0;
  }

  #kmTo(airport: number, destination: number): number {
    const known = this.#kmLeft[airport] as number;
    if (known >= 0) return known;
    const km = kmBetween(this.#t, airport, destination);
    this.#kmLeft[airport] = km;
    return km;
  }

  #runPair(origin: Origin, destination: number, stops: number): void {
    if (stops === 0) {
      const market = (this.#reaches[origin.airport] as number) - 1;
      if (market >= 0) this.#joiner.direct(this.#joiner.firsts(market, origin.opens, origin.closes));
      return;
    }
    const { detour, detourSlackKm } = this.#q.bounds;
    const kmMax =
      detour > 0 ? detour * this.#kmTo(origin.airport, destination) + detourSlackKm : Number.POSITIVE_INFINITY;
    if (stops === 1) this.#oneStop(origin, destination, kmMax);
    else if (!this.#q.filters.airportChange && this.#isShorterBackwards(origin.airport, destination))
      this.#twoStopsBackwards(origin, destination, kmMax);
    else this.#twoStops(origin, destination, kmMax);
  }

  #oneStop(origin: Origin, destination: number, kmMax: number): void {
    const { lists, airportOut, marketKm } = this.#t;
    const canChangeAirport = this.#q.filters.airportChange;
    const list = airportOut[origin.airport] as number;
    const end = list + 2 + 2 * (lists[list] as number);
    for (let at = list + 2; at < end; at += 2) {
      const hub = lists[at + 1] as number;
      // Most lead to where nothing goes on.
      if (hub === destination || (!canChangeAirport && this.#reaches[hub] === 0) || !this.#mayChangeAt(hub)) continue;
      const market = lists[at] as number;
      for (const airport of this.#goesOnFrom(hub)) {
        const second = (this.#reaches[airport] as number) - 1;
        if (second < 0 || airport === origin.airport || airport === destination) continue;
        if ((marketKm[market] as number) + (marketKm[second] as number) > kmMax) continue;
        if ((airport !== hub && !this.#mayChangeAt(airport)) || !this.#viaOne(hub, airport)) continue;
        const firsts = this.#joiner.firsts(market, origin.opens, origin.closes);
        if (firsts.length > 0) this.#joiner.once(firsts, market, second);
        if (this.#isTooMuch) return;
      }
    }
  }

  /** Whether fewer markets lead to the airports before the destination than away from those behind the origin. */
  #isShorterBackwards(origin: number, destination: number): boolean {
    const { airportIn, airportOut } = this.#t;
    return (
      this.#marketsBehind(airportIn[destination] as number, airportIn) <
      this.#marketsBehind(airportOut[origin] as number, airportOut)
    );
  }

  #marketsBehind(list: number, heads: Int32Array): number {
    const { lists } = this.#t;
    const end = list + 2 + 2 * (lists[list] as number);
    let sum = 0;
    for (let at = list + 2; at < end; at += 2) sum += lists[heads[lists[at + 1] as number] as number] as number;
    return sum;
  }

  /** From the origin on: the markets out of the airports that it leads to, to where the destination is reached from. */
  #twoStops(origin: Origin, destination: number, kmMax: number): void {
    const { lists, airportOut, marketKm } = this.#t;
    const list = airportOut[origin.airport] as number;
    const end = list + 2 + 2 * (lists[list] as number);
    for (let at = list + 2; at < end; at += 2) {
      const market = lists[at] as number;
      const hub = lists[at + 1] as number;
      const km = marketKm[market] as number;
      if (hub === destination || !this.#mayChangeAt(hub)) continue;
      if (kmMax < Number.POSITIVE_INFINITY && km + this.#kmTo(hub, destination) > kmMax) continue;
      if (this.#joiner.firsts(market, origin.opens, origin.closes).length === 0) continue;
      for (const from of this.#goesOnFrom(hub)) {
        if (from === origin.airport || from === destination || (from !== hub && !this.#mayChangeAt(from))) continue;
        this.#goOn(origin, market, hub, from, destination, kmMax - km);
      }
      if (this.#isTooMuch) return;
    }
  }

  #goOn(origin: Origin, market: number, hub: number, from: number, destination: number, kmMax: number): void {
    const { lists, airportOut, marketKm } = this.#t;
    const canChangeAirport = this.#q.filters.airportChange;
    const firsts = this.#joiner.firsts(market, origin.opens, origin.closes);
    const list = airportOut[from] as number;
    const end = list + 2 + 2 * (lists[list] as number);
    for (let at = list + 2; at < end; at += 2) {
      const hub2 = lists[at + 1] as number;
      // Most markets lead to where nothing goes on: this is the line that a hub runs a hundred thousand times.
      if (!canChangeAirport && this.#reaches[hub2] === 0) continue;
      if (hub2 === origin.airport || hub2 === destination || hub2 === hub || !this.#mayChangeAt(hub2)) continue;
      const second = lists[at] as number;
      for (const from2 of this.#goesOnFrom(hub2)) {
        const third = (this.#reaches[from2] as number) - 1;
        if (third < 0 || from2 === origin.airport || from2 === destination) continue;
        if ((marketKm[second] as number) + (marketKm[third] as number) > kmMax) continue;
        if (from2 !== hub2 && !this.#mayChangeAt(from2)) continue;
        if (!this.#viaOne(hub, from) && !this.#viaOne(hub2, from2)) continue;
        this.#joiner.twice(firsts, market, second, third);
        if (this.#isTooMuch) return;
      }
    }
  }

  /** The same paths, found from the destination on. */
  #twoStopsBackwards(origin: Origin, destination: number, kmMax: number): void {
    const { lists, airportIn, airportOut } = this.#t;
    this.#mark(this.#leaves, airportOut[origin.airport] as number, true);
    this.#leaves[destination] = 0;
    const list = airportIn[destination] as number;
    const end = list + 2 + 2 * (lists[list] as number);
    for (let at = list + 2; at < end && !this.#isTooMuch; at += 2) {
      const hub2 = lists[at + 1] as number;
      if (hub2 !== origin.airport && this.#mayChangeAt(hub2)) this.#goBack(origin, hub2, lists[at] as number, kmMax);
    }
    this.#mark(this.#leaves, airportOut[origin.airport] as number, false);
  }

  #goBack(origin: Origin, hub2: number, third: number, kmMax: number): void {
    const { lists, airportIn, marketKm } = this.#t;
    const km = marketKm[third] as number;
    const list = airportIn[hub2] as number;
    const end = list + 2 + 2 * (lists[list] as number);
    for (let at = list + 2; at < end; at += 2) {
      const hub = lists[at + 1] as number;
      const market = (this.#leaves[hub] as number) - 1;
      if (market < 0) continue;
      const second = lists[at] as number;
      if ((marketKm[market] as number) + (marketKm[second] as number) + km > kmMax) continue;
      if (!this.#mayChangeAt(hub) || (!this.#viaOne(hub, hub) && !this.#viaOne(hub2, hub2))) continue;
      const firsts = this.#joiner.firsts(market, origin.opens, origin.closes);
      if (firsts.length === 0) this.#leaves[hub] = 0;
      else this.#joiner.twice(firsts, market, second, third);
      if (this.#isTooMuch) return;
    }
  }

  #mayChangeAt(airport: number): boolean {
    const { via } = this.#q.filters;
    return via === null || via[airport] === 1;
  }

  #viaOne(hub: number, from: number): boolean {
    const { viaOne } = this.#q.filters;
    return viaOne === null || viaOne[hub] === 1 || viaOne[from] === 1;
  }

  /** The airports that a journey may go on from: this one, and with a change of airport those of its city. */
  #goesOnFrom(airport: number): readonly number[] {
    if (!this.#q.filters.airportChange) return [airport];
    this.#siblings ??= this.#airportsByCity();
    return this.#siblings.get(this.#t.airportCity[airport] as number) ?? [airport];
  }

  #airportsByCity(): Map<number, number[]> {
    const { airportCity, counts } = this.#t;
    const byCity = new Map<number, number[]>();
    for (let airport = 0; airport < (counts[counted.airports] as number); airport++) {
      const city = airportCity[airport] as number;
      const known = byCity.get(city);
      if (known) known.push(airport);
      else byCity.set(city, [airport]);
    }
    return byCity;
  }
}
