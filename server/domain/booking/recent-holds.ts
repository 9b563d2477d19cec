import type { BookingRow } from './booking-rows.ts';

/**
 * Holds that this process made a short while ago, as they were made. Mostly they are paid for next,
 * and reading them again would cost more than the payment (37 of 87 µs). Whoever takes one must see
 * by its version that nothing has happened to it since.
 */
export interface RecentHolds {
  keep(row: BookingRow): void;
  take(bookingId: string): BookingRow | undefined;
}

/** About a kilobyte each, in each of two generations. */
const generationMax = 5_000;

export function createRecentHolds(): RecentHolds {
  let young = new Map<string, BookingRow>();
  let old = new Map<string, BookingRow>();
  return {
    keep: (row) => {
      // A whole generation is forgotten at once: taking out the oldest one by one costs 2 µs a hold.
      if (young.size >= generationMax) {
        old = young;
        young = new Map();
      }
      young.set(row.id, row);
    },
    take: (bookingId) => {
      const from = young.has(bookingId) ? young : old;
      const row = from.get(bookingId);
      from.delete(bookingId);
      return row;
    },
  };
}
