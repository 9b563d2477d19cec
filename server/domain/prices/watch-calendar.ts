import type { PriceCalendarInput, PriceCell } from '../../../shared/price.ts';
import type { PriceRoom } from './price-room.ts';
import { readCalendar } from './read-prices.ts';

/**
 * The calendar as it is, and then each time what has changed in it, while jobs and alerts bring new
 * prices. State, not a log: what changes twice between two deliveries is told once.
 */
export async function* watchCalendar(
  room: PriceRoom,
  input: PriceCalendarInput,
  signal: AbortSignal,
): AsyncGenerator<PriceCell[]> {
  let shown = new Map<string, string>();
  const waiter = room.news.join(input.origin, input.destinations);
  try {
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const { cells } = await readCalendar(room, input);
      const before = shown;
      // What is in this answer no more is told again should it come back: another currency may prevail for a while.
      shown = new Map(cells.map((cell) => [keyOf(cell), JSON.stringify(cell)]));
      const changed = cells.filter((cell) => before.get(keyOf(cell)) !== shown.get(keyOf(cell)));
      if (changed.length > 0 || isFirst) yield changed;
      await waiter.next(signal);
    }
  } finally {
    waiter.leave();
  }
}

const keyOf = ({ destination, departDate }: PriceCell): string => `${destination} ${departDate}`;
