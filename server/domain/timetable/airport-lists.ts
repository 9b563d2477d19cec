import { counted, type Timetable } from './timetable.ts';

/**
 * Adds a market and its other end to the list of an airport. Lists are [length, room, pairs…]; one that is full moves
 * to twice its room at the end of `lists`, which must have that much left. Whoever reads sees the list before or after.
 */
export function appendToList(t: Timetable, heads: Int32Array, airport: number, market: number, otherEnd: number): void {
  const { lists } = t;
  let list = heads[airport] as number;
  const length = list === 0 ? 0 : (lists[list] as number);
  const room = list === 0 ? 0 : (lists[list + 1] as number);
  if (length === room) {
    const next = t.counts[counted.lists] as number;
    const wider = Math.max(4, room * 2);
    lists.copyWithin(next + 2, list + 2, list + 2 + 2 * length);
    lists[next + 1] = wider;
    lists[next] = length;
    t.counts[counted.lists] = next + 2 + 2 * wider;
    list = next;
  }
  lists[list + 2 + 2 * length] = market;
  lists[list + 3 + 2 * length] = otherEnd;
  Atomics.store(lists, list, length + 1);
  Atomics.store(heads, airport, list);
}
