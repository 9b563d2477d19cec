import type { Keep } from './slice-question.ts';

/**
 * Itineraries of one slice that are worth showing, as columns. Within a group (same day, same stretch of the day, same
 * currency) none is in every way at least as good as another and in one way better: cheaper, shorter, fewer stops.
 */
export interface Front {
  count: number;
  /** Of the party, in minor units. */
  price: Float64Array;
  currency: Uint16Array;
  /** From the first departure to the last arrival. */
  minutes: Int32Array;
  departs: Int32Array;
  stops: Uint8Array;
  /** Local departure days after the first of the question. */
  day: Uint16Array;
  /** Three a journey, −1 where there is none. */
  rows: Int32Array;
  /** One seat on each of them. */
  prices: Float64Array;
  /** Combinations that were looked at, and whether that was all of them. */
  looks: number;
  complete: boolean;
}

/** Three legs at most. */
export const legsMax = 3;

/** A front while it is being found: entries that lost are marked and left behind at the end. */
export class FrontBuilder {
  readonly #keep: Keep;
  readonly #groups = new Map<number, number[]>();
  readonly price: number[] = [];
  readonly currency: number[] = [];
  readonly minutes: number[] = [];
  readonly departs: number[] = [];
  readonly stops: number[] = [];
  readonly day: number[] = [];
  readonly rows: number[] = [];
  readonly prices: number[] = [];
  readonly lost: boolean[] = [];

  constructor(keep: Keep) {
    this.#keep = keep;
  }

  /** Whether something in the group is better than any journey that costs and lasts at least so much. */
  isBeaten(group: number, price: number, minutes: number, stops: number): boolean {
    if (this.#keep === 'all') return false;
    const members = this.#groups.get(group);
    if (!members) return false;
    for (let at = 0; at < members.length; at++) {
      const other = members[at] as number;
      const [otherPrice, otherMinutes, otherStops] = [
        this.price[other] as number,
        this.minutes[other] as number,
        this.stops[other] as number,
      ];
      if (this.#keep === 'cheapest' && otherPrice <= price) return true;
      if (otherPrice > price || otherMinutes > minutes || otherStops > stops) continue;
      if (otherPrice < price || otherMinutes < minutes || otherStops < stops) return true;
    }
    return false;
  }

  /** Takes a journey in unless it is beaten, and drops what it beats. */
  add(
    group: number,
    price: number,
    currency: number,
    minutes: number,
    departs: number,
    day: number,
    row1: number,
    price1: number,
    row2: number,
    price2: number,
    row3: number,
    price3: number,
  ): void {
    const stops = row2 < 0 ? 0 : row3 < 0 ? 1 : 2;
    if (this.isBeaten(group, price, minutes, stops)) return;
    const entry = this.price.length;
    let members = this.#groups.get(group);
    if (!members) {
      members = [];
      this.#groups.set(group, members);
    } else if (this.#keep !== 'all') {
      let kept = 0;
      for (let at = 0; at < members.length; at++) {
        const other = members[at] as number;
        const [otherPrice, otherMinutes, otherStops] = [
          this.price[other] as number,
          this.minutes[other] as number,
          this.stops[other] as number,
        ];
        const isWorse =
          this.#keep === 'cheapest' ||
          (price <= otherPrice &&
            minutes <= otherMinutes &&
            stops <= otherStops &&
            (price < otherPrice || minutes < otherMinutes || stops < otherStops));
        if (isWorse) this.lost[other] = true;
        else members[kept++] = other;
      }
      members.length = kept;
    }
    members.push(entry);
    this.price.push(price);
    this.currency.push(currency);
    this.minutes.push(minutes);
    this.departs.push(departs);
    this.stops.push(stops);
    this.day.push(day);
    this.rows.push(row1, row2, row3);
    this.prices.push(price1, price2, price3);
    this.lost.push(false);
  }

  finish(looks: number, complete: boolean): Front {
    const kept: number[] = [];
    for (let entry = 0; entry < this.lost.length; entry++) if (!this.lost[entry]) kept.push(entry);
    const of = (column: number[]) => kept.map((entry) => column[entry] as number);
    const ofLegs = (column: number[]) =>
      kept.flatMap((entry) => column.slice(entry * legsMax, entry * legsMax + legsMax));
    return {
      count: kept.length,
      price: Float64Array.from(of(this.price)),
      currency: Uint16Array.from(of(this.currency)),
      minutes: Int32Array.from(of(this.minutes)),
      departs: Int32Array.from(of(this.departs)),
      stops: Uint8Array.from(of(this.stops)),
      day: Uint16Array.from(of(this.day)),
      rows: Int32Array.from(ofLegs(this.rows)),
      prices: Float64Array.from(ofLegs(this.prices)),
      looks,
      complete,
    };
  }
}
