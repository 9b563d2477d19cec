import { cabinClasses } from '../../../shared/flight.ts';
import type { ItineraryFilters, SearchExplanation, SearchItinerariesInput } from '../../../shared/itinerary.ts';
import type { Money } from '../../../shared/money.ts';
import { wallAt } from '../timetable/flight-view.ts';
import { rowsOf } from './answer-search.ts';
import type { Front } from './front.ts';
import { resolveSearch } from './resolve-search.ts';
import type { Answered } from './search-engine.ts';
import type { SearchRoom } from './search-room.ts';

type Suggestion = SearchExplanation['suggestions'][number];

/**
 * Why a search found nothing: what there would be without each filter, and the smallest changes that give something,
 * fewest words first. Asked only when there is nothing, so its dozen searches are spent once.
 */
export async function explainEmpty(room: SearchRoom, input: SearchItinerariesInput): Promise<SearchExplanation> {
  const ask = async (change: Partial<SearchItinerariesInput>) => {
    const answered = await room.engine.answer(resolveSearch(room, { ...input, sort: 'price', ...change }).task);
    return { count: answered.ranking.total, answered, from: cheapest(room, answered) };
  };
  const names = Object.keys(input.filters) as (keyof ItineraryFilters)[];
  const suggestions: Suggestion[] = [];
  const removed: SearchExplanation['removed'] = [];
  for (const name of names) {
    const { [name]: _, ...rest } = input.filters;
    const without = await ask({ filters: rest });
    removed.push({ filter: name, itineraries: without.count });
    if (without.count > 0)
      suggestions.push({
        change: `filters.${name}`,
        to: smallestChange(name, without.answered),
        itineraries: without.count,
        from: without.from,
      });
  }
  const free = names.length > 0 ? await ask({ filters: {} }) : { count: 0, from: null };
  if (free.count > 0 && suggestions.length === 0)
    suggestions.push({ change: 'filters', to: null, itineraries: free.count, from: free.from });
  const suggest = async (change: string, to: unknown, asked: Partial<SearchItinerariesInput>): Promise<boolean> => {
    const { count, from } = await ask(asked);
    if (count > 0) suggestions.push({ change, to, itineraries: count, from });
    return count > 0;
  };
  // Seats are told from flights by asking for one.
  const alone = { adults: 1, children: 0, infantsOnLap: 0, infantsInSeat: 0 };
  const hasSeats = free.count === 0 && (await suggest('passengers', alone, { passengers: alone }));
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
    reason: free.count > 0 ? 'filters' : hasSeats ? 'no_seats' : 'no_flights',
    removed,
    suggestions: suggestions.sort(
      (a, b) => Number(b.change.startsWith('filters')) - Number(a.change.startsWith('filters')),
    ),
  };
}

function cheapest(room: SearchRoom, { fronts, ranking }: Answered): Money | null {
  if (ranking.count === 0) return null;
  const first = fronts[0] as Front;
  return {
    amount: ranking.keys[0] as number,
    currency: room.live.names.currencies.at(first.currency[ranking.entries[0] as number] as number),
  };
}

/** For filters of one number the nearest value that lets something through; null: without the filter. */
function smallestChange(name: keyof ItineraryFilters, { fronts, ranking, timetable: t }: Answered): unknown {
  const entriesOf = (place: number) =>
    fronts.map((_, slice) => ranking.entries[place * fronts.length + slice] as number);
  switch (name) {
    case 'maxPrice':
      return ranking.keys[0];
    case 'maxDurationMinutes': {
      let least = Number.POSITIVE_INFINITY;
      for (let place = 0; place < ranking.count; place++) {
        const entries = entriesOf(place);
        least = Math.min(
          least,
          Math.max(...fronts.map((front, slice) => front.minutes[entries[slice] as number] as number)),
        );
      }
      return least;
    }
    case 'departure': {
      const [entry] = entriesOf(0);
      const [row] = rowsOf(fronts[0] as Front, entry as number);
      return wallAt(t.departs[row as number] as number, t.departsOffset[row as number] as number).slice(11);
    }
    default:
      return null;
  }
}
