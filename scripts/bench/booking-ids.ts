/**
 * Ids of bookings at the price of a string: UUIDs v7 whose last 48 bits count. Time-ordered like every id of the
 * house, and a sum over the counts proves afterwards which of them are in the record.
 */
export class BookingIds {
  #count = 0;
  #atMs = 0;
  #head = '';

  /** The newest id's number. */
  get count(): number {
    return this.#count;
  }

  next(): string {
    const now = Date.now();
    if (now !== this.#atMs) {
      this.#atMs = now;
      const hex = now.toString(16).padStart(12, '0');
      this.#head = `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-`;
    }
    return this.#head + (++this.#count).toString(16).padStart(12, '0');
  }
}

/** The number in an id of ours. */
export const countIn = (id: string): number => Number.parseInt(id.slice(24), 16);
