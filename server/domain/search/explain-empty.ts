import { cabinClasses } from '../../../shared/flight.ts';
import type { SearchExplanation, SearchItinerariesInput } from '../../../shared/itinerary.ts';
import type { Money } from '../../../shared/money.ts';
import type { Front } from './front.ts';
import { flightsOf } from './itinerary-view.ts';
import { resolveSearch } from './resolve-search.ts';
import type { Answered } from './search-engine.ts';
import { filtersOf, type SearchFilter, withFilter, withoutFilters } from './search-filters.ts';
import type { SearchRoom } from './search-room.ts';
import { smallestChange } from './smallest-change.ts';

type Suggestion = SearchExplanation['suggestions'][number];

/** What a search found that is not empty. */
interface Found {
  count: number;
  from: Money | null;
  answered: Answered;
}

/** Enough for all pairs of eight filters; what is not asked any more is not suggested. */
const searchesMax = 64;

/**
 * Why a search found nothing. Asked only when there is nothing, so its searches are spent once: `searchesMax` at most,
 * one after the other.
 *
 * - `reason`: `filters` if there is something without any of them; `no_seats` if there would be for one adult.
 * - `removed`, one a filter (`carriers`, and a slice's own window as `slices.0.departure`): `itineraries` is what there
 *   would be without this one, `removes` how many of the journeys of the unfiltered search it takes away by itself.
 *   Of more than are ranked the cheapest are compared.
 * - `suggestions`, filters first: `itineraries` and `from` are what there is after the change, and the least price of
 *   it. `change` is the path of what changes, `to` its smallest change (see `smallestChange`). Where no filter
 *   alone is to blame, the first two that are together, those that remove most first: `change` joined by `+`, `to` a
 *   list of both. Where more are, `filters` to null.
 */
export async function explainEmpty(room: SearchRoom, input: SearchItinerariesInput): Promise<SearchExplanation> {
  let searches = 0;
  const ask = async (asked: SearchItinerariesInput): Promise<Found | null> => {
    if (++searches > searchesMax) return null;
    const answered = await room.engine.answer(resolveSearch(room, { ...asked, sort: 'price' }).task);
    const count = answered.ranking.total;
    return count > 0 ? { count, from: cheapest(room, answered), answered } : null;
  };
  const filters = filtersOf(input);
  const known = new Map<string, Promise<Found | null>>([['', Promise.resolve(null)]]);
  /** What there is without some of the filters. */
  const without = (some: SearchFilter[]): Promise<Found | null> => {
    const name = filters.filter((each) => some.includes(each)).map((each) => each.name);
    const found = known.get(name.join()) ?? ask(withoutFilters(input, some));
    known.set(name.join(), found);
    return found;
  };
  const unfiltered = await without(filters);
  const removed: SearchExplanation['removed'] = [];
  for (const filter of filters) {
    const alone = await without(filters.filter((each) => each !== filter));
    removed.push({
      filter: filter.name,
      itineraries: (await without([filter]))?.count ?? 0,
      removes: missing(unfiltered, alone),
    });
  }

  /** Changes filters one after the other, each by as little as lets something through. Null: nothing would. */
  const change = async (some: SearchFilter[]): Promise<Suggestion | null> => {
    if (!(await without(some))) return null;
    let asked = withoutFilters(input, some);
    const changes: { change: string; to: unknown }[] = [];
    for (const filter of some) {
      // Also what is not worth showing without the filter may be the nearest to it.
      const all = await ask({ ...asked, dominated: true });
      if (!all) return null;
      const { value, ...told } = smallestChange(room, input, filter, all.answered);
      asked = withFilter(asked, filter, value);
      changes.push(told);
    }
    const found = await ask(asked);
    if (!found) return null;
    return {
      change: changes.map((each) => each.change).join('+'),
      to: changes.length === 1 ? changes[0]?.to : changes.map((each) => each.to),
      itineraries: found.count,
      from: found.from,
    };
  };
  const ofFilters: Suggestion[] = [];
  for (const filter of filters) {
    const suggestion = await change([filter]);
    if (suggestion) ofFilters.push(suggestion);
  }
  if (unfiltered && ofFilters.length === 0) {
    const { count: itineraries, from } = unfiltered;
    let ofTwo: Suggestion | null = null;
    for (const pair of pairsOf(filters, removed)) ofTwo ??= await change(pair);
    ofFilters.push(ofTwo ?? { change: 'filters', to: null, itineraries, from });
  }

  const others: Suggestion[] = [];
  const suggest = async (change: string, to: unknown, asked: Partial<SearchItinerariesInput>): Promise<boolean> => {
    const found = await ask({ ...input, ...asked });
    if (found) others.push({ change, to, itineraries: found.count, from: found.from });
    return found !== null;
  };
  // Seats are told from flights by asking for one.
  const alone = { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 };
  const isSoldOut = !unfiltered && (await ask({ ...withoutFilters(input, filters), passengers: alone })) !== null;
  if (isSoldOut) await suggest('passengers', alone, { passengers: alone });
  for (let stops = input.maxStops + 1; stops <= 2; stops++)
    if (await suggest('maxStops', stops, { maxStops: stops })) break;
  for (const cabin of cabinClasses) if (cabin !== input.cabin && (await suggest('cabin', cabin, { cabin }))) break;
  const wider = (change: { flexDays?: number; nearbyKm?: number }) =>
    input.slices.map((slice) => ({
      ...slice,
      flexDays: Math.max(slice.flexDays, change.flexDays ?? 0),
      nearbyKm: Math.max(slice.nearbyKm, change.nearbyKm ?? 0),
    }));
  for (let flexDays = 1; flexDays <= 3; flexDays++)
    if (await suggest('flexDays', flexDays, { slices: wider({ flexDays }) })) break;
  await suggest('nearbyKm', 100, { slices: wider({ nearbyKm: 100 }) });
  return {
    reason: unfiltered ? 'filters' : isSoldOut ? 'no_seats' : 'no_flights',
    removed,
    suggestions: [...ofFilters, ...others],
  };
}

/** All pairs of filters, beginning with those that remove most. */
function pairsOf(filters: SearchFilter[], removed: SearchExplanation['removed']): SearchFilter[][] {
  const removes = new Map(removed.map((each) => [each.filter, each.removes]));
  const falling = [...filters].sort((a, b) => (removes.get(b.name) as number) - (removes.get(a.name) as number));
  return falling.flatMap((one, at) => falling.slice(at + 1).map((other) => [one, other]));
}

/** How many of these journeys are not among others. */
function missing(found: Found | null, others: Found | null): number {
  if (!found || !others) return found?.count ?? 0;
  const there = new Set(flightsOfAll(others));
  return flightsOfAll(found).filter((flights) => !there.has(flights)).length;
}

const flightsOfAll = ({ answered }: Found): string[] =>
  Array.from({ length: answered.ranking.count }, (_, place) => flightsOf(answered, place));

function cheapest(room: SearchRoom, { fronts, ranking }: Answered): Money | null {
  if (ranking.count === 0) return null;
  const first = fronts[0] as Front;
  return {
    amount: ranking.keys[0] as number,
    currency: room.live.names.currencies.at(first.currency[ranking.entries[0] as number] as number),
  };
}
