import type { ItinerarySort } from '../../../shared/itinerary.ts';
import type { Timetable } from '../timetable/timetable.ts';
import { type Front, legsMax } from './front.ts';

/** Journeys in order: for each, the entry of each slice's front. */
export interface Ranking {
  count: number;
  /** All that there are; more than `count` where only the best were ranked. */
  total: number;
  entries: Int32Array;
  /** What they are ordered by, rising; within one currency. */
  keys: Float64Array;
  /** `false`: slices clash so often that the search for more was given up, and there may be others. */
  complete: boolean;
}

interface Options {
  sort: ItinerarySort;
  resultsMax: number;
  turnaroundMinutes: number;
  /** Of a whole journey. */
  priceMax: number | null;
}

/**
 * The best combinations of one journey a slice. What journeys are sorted by is a sum over their slices, so with each
 * front in order the best sums come out of a heap one by one (the k best of X + Y), and no product is ever made.
 * Of equals the one whose flights have the smaller ids comes first: the same timetable gives the same order everywhere.
 */
export function rankJourneys(t: Timetable, fronts: Front[], options: Options): Ranking {
  const currencies = [...new Set(fronts.flatMap((front) => [...front.currency]))].sort((a, b) => a - b);
  const found: Journey[] = [];
  let total = 0;
  let complete = true;
  for (const currency of currencies) {
    const lists = fronts.map((front) => orderFront(t, front, currency, options.sort));
    if (lists.some((list) => list.entries.length === 0)) continue;
    total += lists.reduce((product, list) => product * list.entries.length, 1);
    const best = bestSums(fronts, lists, options, options.resultsMax - found.length);
    for (const each of best.journeys) found.push(each);
    complete &&= best.complete;
  }
  const entries = new Int32Array(found.length * fronts.length);
  found.forEach((each, place) => {
    entries.set(each.entries, place * fronts.length);
  });
  // Where slices may clash the product counts too many; what was ranked is certain.
  const isWhole = found.length < options.resultsMax;
  return {
    count: found.length,
    total: isWhole ? found.length : total,
    entries,
    keys: Float64Array.from(found.map((each) => each.key)),
    complete,
  };
}

interface Journey {
  key: number;
  /** The entry of each slice's front. */
  entries: number[];
}

interface Ordered {
  entries: number[];
  keys: number[];
}

/** The entries of a currency in the order of the sort, with what they add to a journey's key. */
function orderFront(t: Timetable, front: Front, currency: number, sort: ItinerarySort): Ordered {
  const own: number[] = [];
  for (let entry = 0; entry < front.count; entry++) if (front.currency[entry] === currency) own.push(entry);
  let cheapest = Number.POSITIVE_INFINITY;
  let shortest = Number.POSITIVE_INFINITY;
  for (const entry of own) {
    cheapest = Math.min(cheapest, front.price[entry] as number);
    shortest = Math.min(shortest, front.minutes[entry] as number);
  }
  const keyOf = (entry: number): number => {
    switch (sort) {
      case 'price':
        return front.price[entry] as number;
      case 'duration':
        return front.minutes[entry] as number;
      case 'departure':
        return front.departs[entry] as number;
      case 'best':
        // How many times the cheapest and the shortest it is, and a quarter a stop: a stop that saves less than a
        // quarter of the price or of the time is not worth it.
        return (
          (front.price[entry] as number) / Math.max(1, cheapest) +
          (front.minutes[entry] as number) / Math.max(1, shortest) +
          0.25 * (front.stops[entry] as number)
        );
    }
  };
  const keys = new Map(own.map((entry) => [entry, keyOf(entry)]));
  own.sort(
    (a, b) =>
      (keys.get(a) as number) - (keys.get(b) as number) ||
      (front.price[a] as number) - (front.price[b] as number) ||
      (front.minutes[a] as number) - (front.minutes[b] as number) ||
      (front.departs[a] as number) - (front.departs[b] as number) ||
      (front.stops[a] as number) - (front.stops[b] as number) ||
      compareLegs(t, front, a, b),
  );
  return { entries: own, keys: own.map((entry) => keys.get(entry) as number) };
}

/** By the ids of the flights, which are the same in every process. */
function compareLegs(t: Timetable, front: Front, a: number, b: number): number {
  for (let leg = 0; leg < legsMax; leg++) {
    const row = front.rows[a * legsMax + leg] as number;
    const other = front.rows[b * legsMax + leg] as number;
    if (row < 0 || other < 0) continue;
    for (const word of [t.id0, t.id1, t.id2, t.id3]) {
      const difference = (word[row] as number) - (word[other] as number);
      if (difference !== 0) return difference;
    }
  }
  return a - b;
}

interface Node {
  key: number;
  /** Places in the ordered lists. */
  places: number[];
}

function bestSums(
  fronts: Front[],
  lists: Ordered[],
  options: Options,
  most: number,
): { journeys: Journey[]; complete: boolean } {
  const keyOf = (places: number[]): number =>
    // By departure the first slice decides, then the next: sums would mix them.
    options.sort === 'departure' && places.length > 1
      ? places.reduce((key, place) => key * 1_000_000 + place, 0)
      : places.reduce((sum, place, slice) => sum + ((lists[slice] as Ordered).keys[place] as number), 0);
  const heap: Node[] = [];
  const seen = new Set<string>();
  const push = (places: number[]): void => {
    const name = places.join();
    if (seen.has(name)) return;
    seen.add(name);
    heapPush(heap, { key: keyOf(places), places });
  };
  push(lists.map(() => 0));
  const journeys: Journey[] = [];
  // Combinations whose slices clash are passed over, but not for ever: there may be millions.
  let budget = most * 4 + 1_000;
  for (; journeys.length < most && budget > 0; budget--) {
    const node = heapPop(heap);
    if (!node) break;
    for (let slice = 0; slice < lists.length; slice++) {
      if ((node.places[slice] as number) + 1 >= (lists[slice] as Ordered).entries.length) continue;
      push(node.places.map((place, at) => (at === slice ? place + 1 : place)));
    }
    const entries = node.places.map((place, slice) => (lists[slice] as Ordered).entries[place] as number);
    if (!inOrder(fronts, entries, options.turnaroundMinutes)) continue;
    if (options.priceMax !== null && priceOf(fronts, entries) > options.priceMax) continue;
    journeys.push({ key: node.key, entries });
  }
  return { journeys, complete: budget > 0 || heap.length === 0 };
}

const priceOf = (fronts: Front[], entries: number[]): number =>
  fronts.reduce((sum, front, slice) => sum + (front.price[entries[slice] as number] as number), 0);

/** Each slice begins after the one before has ended. */
function inOrder(fronts: Front[], entries: number[], turnaroundMinutes: number): boolean {
  for (let slice = 1; slice < entries.length; slice++) {
    const [before, entry] = [entries[slice - 1] as number, entries[slice] as number];
    const front = fronts[slice - 1] as Front;
    const arrives = (front.departs[before] as number) + (front.minutes[before] as number);
    if (((fronts[slice] as Front).departs[entry] as number) < arrives + turnaroundMinutes) return false;
  }
  return true;
}

const isLess = (a: Node, b: Node): boolean => {
  if (a.key !== b.key) return a.key < b.key;
  for (let slice = 0; slice < a.places.length; slice++)
    if (a.places[slice] !== b.places[slice]) return (a.places[slice] as number) < (b.places[slice] as number);
  return false;
};

function heapPush(heap: Node[], node: Node): void {
  let at = heap.push(node) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isLess(node, heap[parent] as Node)) break;
    heap[at] = heap[parent] as Node;
    at = parent;
  }
  heap[at] = node;
}

function heapPop(heap: Node[]): Node | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (!top || !last || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isLess(heap[child + 1] as Node, heap[child] as Node)) child++;
    if (!isLess(heap[child] as Node, last)) break;
    heap[at] = heap[child] as Node;
    at = child;
  }
  heap[at] = last;
  return top;
}
