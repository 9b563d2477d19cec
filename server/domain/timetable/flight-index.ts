import { counted, type Timetable } from './timetable.ts';

/** An index on its way to another thread. */
export interface PostedIndex {
  places: Int32Array;
  used: number;
}

/** The four words of a UUID's 128 bits, most significant first. */
export type IdWords = [number, number, number, number];

/** Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` into `words`; about 60 ns, a fifth of what slicing and parseInt take. */
export function readId(id: string, words: IdWords): IdWords {
  words[0] = hex(id, 0, 8);
  words[1] = hex(id, 9, 4) * 65_536 + hex(id, 14, 4);
  words[2] = hex(id, 19, 4) * 65_536 + hex(id, 24, 4);
  words[3] = hex(id, 28, 8);
  return words;
}

function hex(text: string, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) {
    const code = text.charCodeAt(index);
    value = value * 16 + (code < 58 ? code - 48 : (code | 32) - 87);
  }
  return value;
}

const padded = (value: number, length: number): string => value.toString(16).padStart(length, '0');

/** The id of a row. */
export function idOf(t: Timetable, row: number): string {
  const [a, b, c, d] = [t.id0[row], t.id1[row], t.id2[row], t.id3[row]] as IdWords;
  return `${padded(a, 8)}-${padded(b >>> 16, 4)}-${padded(b & 0xffff, 4)}-${padded(c >>> 16, 4)}-${padded(c & 0xffff, 4)}${padded(d, 8)}`;
}

/**
 * Rows by flight id: an open table of row numbers, four to eight bytes a flight, where a Map of strings would take
 * more than a hundred. A flight that moved to another row overwrites its place; none is ever taken out.
 */
export class FlightIndex {
  /** Row + 1; 0 is free. The length is a power of two, at most half of it used. */
  #places: Int32Array;
  #used = 0;
  readonly #words: IdWords = [0, 0, 0, 0];

  constructor(expected: number) {
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(64, expected * 2))));
  }

  /** All rows of a timetable. */
  static of(t: Timetable): FlightIndex {
    const rows = t.counts[counted.rows] as number;
    const index = new FlightIndex(rows);
    for (let row = 0; row < rows; row++) index.set(t, row);
    return index;
  }

  /** As another thread posted it. */
  static from({ places, used }: PostedIndex): FlightIndex {
    const index = new FlightIndex(0);
    index.#places = places;
    index.#used = used;
    return index;
  }

  /** To be posted, and then no more used here. */
  posted(): PostedIndex {
    return { places: this.#places, used: this.#used };
  }

  get bytes(): number {
    return this.#places.byteLength;
  }

  /** −1 if no row has the id. */
  find(t: Timetable, id: string): number {
    return (this.#places[this.#placeOf(t, readId(id, this.#words))] as number) - 1;
  }

  set(t: Timetable, row: number): void {
    this.#words[0] = t.id0[row] as number;
    this.#words[1] = t.id1[row] as number;
    this.#words[2] = t.id2[row] as number;
    this.#words[3] = t.id3[row] as number;
    const place = this.#placeOf(t, this.#words);
    if (this.#places[place] === 0 && ++this.#used * 2 > this.#places.length) {
      this.#grow(t);
      this.set(t, row);
      return;
    }
    this.#places[place] = row + 1;
  }

  /** Where the id stands, or where it would. */
  #placeOf(t: Timetable, words: IdWords): number {
    const mask = this.#places.length - 1;
    let place = (Math.imul(words[3] ^ Math.imul(words[2], 0x9e3779b1) ^ words[1], 0x85ebca6b) ^ words[0]) & mask;
    for (;;) {
      const row = (this.#places[place] as number) - 1;
      if (row < 0) return place;
      if (t.id3[row] === words[3] && t.id2[row] === words[2] && t.id1[row] === words[1] && t.id0[row] === words[0])
        return place;
      place = (place + 1) & mask;
    }
  }

  #grow(t: Timetable): void {
    const rows = this.#places;
    this.#places = new Int32Array(rows.length * 2);
    this.#used = 0;
    for (const row of rows) if (row > 0) this.set(t, row - 1);
  }
}
