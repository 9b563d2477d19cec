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

/** About a kilobyte each. */
const keptMax = 10_000;

export function createRecentHolds(): RecentHolds {
  const rows = new Map<string, BookingRow>();
  return {
    keep: (row) => {
      rows.set(row.id, row);
      if (rows.size <= keptMax) return;
      // A Map remembers the order of arrival: the first is the oldest.
      for (const oldest of rows.keys()) {
        rows.delete(oldest);
        break;
      }
    },
    take: (bookingId) => {
      const row = rows.get(bookingId);
      rows.delete(bookingId);
      return row;
    },
  };
}
