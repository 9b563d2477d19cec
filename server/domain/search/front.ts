import type { Keep, Neighbours } from './slice-question.ts';

/**
 * Itineraries of one slice that are worth showing, as columns. Within a group (same day, same stretch of the day, same
 * currency) none is in every way at least as good as another and in one way better: cheaper, shorter, fewer stops.
 * Where another slice is near, what arrives later or departs earlier is not as good: it may leave no time for that one.
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

/** Journeys that compete: their currency, their day, and the entries that nothing in the group beats so far. */
export interface Group {
  currency: number;
  day: number;
  entries: number[];
}

const columnsFor = (room: number) => ({
  price: new Float64Array(room),
  minutes: new Int32Array(room),
  departs: new Int32Array(room),
  stops: new Uint8Array(room),
  currency: new Uint16Array(room),
  day: new Uint16Array(room),
  rows: new Int32Array(room * legsMax),
  prices: new Float64Array(room * legsMax),
  lost: new Uint8Array(room),
});
type Columns = ReturnType<typeof columnsFor>;

/** Columns that the searches of a thread use one after the other; those that a large answer needed are let go. */
const roomKept = 16_384;
let kept = columnsFor(roomKept);

function widened(from: Columns): Columns {
  const wider = columnsFor(from.price.length * 2);
  for (const [name, column] of Object.entries(from)) wider[name as keyof Columns].set(column);
  return wider;
}

/** A front while it is being found: entries that lost are marked and left behind at the end. One at a time a thread. */
export class FrontBuilder {
  readonly #keep: Keep;
  readonly #near: Neighbours;
  readonly #groups = new Map<number, Group>();
  #columns = kept;
  #count = 0;

  constructor(keep: Keep, near: Neighbours) {
    this.#keep = keep;
    this.#near = near;
  }

  /** The group of a number that whoever asks chooses. */
  group(number: number, currency: number, day: number): Group {
    const known = this.#groups.get(number);
    if (known) return known;
    const made = { currency, day, entries: [] };
    this.#groups.set(number, made);
    return made;
  }

  /** Whether something in the group is better than any journey from then on that costs and lasts at least so much. */
  isBeaten({ entries }: Group, price: number, minutes: number, departs: number, stops: number): boolean {
    const columns = this.#columns;
    for (let at = 0; at < entries.length; at++) {
      const other = entries[at] as number;
      const otherPrice = columns.price[other] as number;
      if (otherPrice > price) continue;
      if (this.#keep === 'cheapest') return true;
      const otherMinutes = columns.minutes[other] as number;
      const otherStops = columns.stops[other] as number;
      if (otherMinutes > minutes || otherStops > stops) continue;
      if (!this.#leavesTime(columns.departs[other] as number, otherMinutes, departs, minutes)) continue;
      if (otherPrice < price || otherMinutes < minutes || otherStops < stops) return true;
    }
    return false;
  }

  /** Whether whoever takes one journey instead of another misses no slice before or behind it that the other meets. */
  #leavesTime(departs: number, minutes: number, otherDeparts: number, otherMinutes: number): boolean {
    if (this.#near.before && departs < otherDeparts) return false;
    return !this.#near.behind || departs + minutes <= otherDeparts + otherMinutes;
  }

  /** Takes a journey in unless it is beaten, and drops what it beats. */
  add(
    group: Group,
    price: number,
    minutes: number,
    departs: number,
    row1: number,
    price1: number,
    row2: number,
    price2: number,
    row3: number,
    price3: number,
  ): void {
    const stops = row2 < 0 ? 0 : row3 < 0 ? 1 : 2;
    if (this.#keep !== 'all') {
      if (this.isBeaten(group, price, minutes, departs, stops)) return;
      this.#dropBeaten(group, price, minutes, departs, stops);
      group.entries.push(this.#count);
    }
    if (this.#count === this.#columns.price.length) this.#columns = widened(this.#columns);
    const columns = this.#columns;
    const entry = this.#count++;
    columns.price[entry] = price;
    columns.minutes[entry] = minutes;
    columns.departs[entry] = departs;
    columns.stops[entry] = stops;
    columns.currency[entry] = group.currency;
    columns.day[entry] = group.day;
    columns.lost[entry] = 0;
    const leg = entry * legsMax;
    columns.rows[leg] = row1;
    columns.rows[leg + 1] = row2;
    columns.rows[leg + 2] = row3;
    columns.prices[leg] = price1;
    columns.prices[leg + 1] = price2;
    columns.prices[leg + 2] = price3;
  }

  #dropBeaten({ entries }: Group, price: number, minutes: number, departs: number, stops: number): void {
    const columns = this.#columns;
    let left = 0;
    for (let at = 0; at < entries.length; at++) {
      const other = entries[at] as number;
      const otherPrice = columns.price[other] as number;
      const otherMinutes = columns.minutes[other] as number;
      const otherStops = columns.stops[other] as number;
      const isWorse =
        this.#keep === 'cheapest' ||
        (price <= otherPrice &&
          minutes <= otherMinutes &&
          stops <= otherStops &&
          (price < otherPrice || minutes < otherMinutes || stops < otherStops) &&
          this.#leavesTime(departs, minutes, columns.departs[other] as number, otherMinutes));
      if (isWorse) columns.lost[other] = 1;
      else entries[left++] = other;
    }
    entries.length = left;
  }

  /** Copies of what is left. Nothing may be added after it. */
  finish(looks: number, complete: boolean): Front {
    const columns = this.#columns;
    let count = 0;
    for (let entry = 0; entry < this.#count; entry++) {
      if (columns.lost[entry] === 1) continue;
      if (entry !== count) moveEntry(columns, entry, count);
      count++;
    }
    if (columns.price.length <= roomKept) kept = columns;
    return {
      count,
      price: columns.price.slice(0, count),
      currency: columns.currency.slice(0, count),
      minutes: columns.minutes.slice(0, count),
      departs: columns.departs.slice(0, count),
      stops: columns.stops.slice(0, count),
      day: columns.day.slice(0, count),
      rows: columns.rows.slice(0, count * legsMax),
      prices: columns.prices.slice(0, count * legsMax),
      looks,
      complete,
    };
  }
}

function moveEntry(columns: Columns, from: number, to: number): void {
  columns.price[to] = columns.price[from] as number;
  columns.minutes[to] = columns.minutes[from] as number;
  columns.departs[to] = columns.departs[from] as number;
  columns.stops[to] = columns.stops[from] as number;
  columns.currency[to] = columns.currency[from] as number;
  columns.day[to] = columns.day[from] as number;
  columns.rows.copyWithin(to * legsMax, from * legsMax, from * legsMax + legsMax);
  columns.prices.copyWithin(to * legsMax, from * legsMax, from * legsMax + legsMax);
}
