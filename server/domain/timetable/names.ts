/** Words that are numbers in the columns, in the order in which they came. */
export class Names {
  readonly #places = new Map<string, number>();
  readonly all: string[] = [];

  constructor(words: readonly string[] = []) {
    for (const word of words) this.of(word);
  }

  /** The number of a word, a new one if need be. */
  of(word: string): number {
    const known = this.#places.get(word);
    if (known !== undefined) return known;
    this.#places.set(word, this.all.length);
    return this.all.push(word) - 1;
  }

  /** −1 if it was never named. */
  find(word: string): number {
    return this.#places.get(word) ?? -1;
  }

  at(place: number): string {
    return this.all[place] as string;
  }
}

export interface TimetableNames {
  airports: Names;
  cities: Names;
  countries: Names;
  carriers: Names;
  currencies: Names;
}

/** The words that a flight is shown with. */
export type ShownNames = Pick<TimetableNames, 'airports' | 'carriers' | 'currencies'>;

/** The same as plain lists, which can be posted to a thread. */
export type PostedNames = Record<keyof ShownNames, string[]>;

export const postedNames = ({ airports, carriers, currencies }: ShownNames): PostedNames => ({
  airports: [...airports.all],
  carriers: [...carriers.all],
  currencies: [...currencies.all],
});

export const readNames = ({ airports, carriers, currencies }: PostedNames): ShownNames => ({
  airports: new Names(airports),
  carriers: new Names(carriers),
  currencies: new Names(currencies),
});
