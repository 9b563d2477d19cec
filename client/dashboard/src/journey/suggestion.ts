import type { CabinClass } from '../../../../shared/flight.ts';
import { type ItineraryFilters, type SearchExplanation, seatsOfParty } from '../../../../shared/itinerary.ts';
import { formatMoney, type Money, money } from '../../../../shared/money.ts';
import { cabinNames } from '../flight/cabin-names.ts';
import { formatDuration } from '../flight/flight-times.ts';
import type { SearchParams } from '../search/search-params.ts';

type Suggested = SearchExplanation['suggestions'][number];

/** A change of the search, as it is said and as it is done. */
export interface Suggestion {
  /** How the search would go: `with up to 2 stops`. */
  how: string;
  /** What it would find: `there are 3 journeys, from $90.00`. */
  what: string;
  /** In the address; undefined where it has no word for it. */
  change: Partial<SearchParams> | undefined;
}

/** `isWider`: the address has a word for more than was counted only. */
type Said = Pick<Suggestion, 'how' | 'change'> & { isWider?: true };

interface FilterWords {
  name: string;
  without: string;
  /** What takes it out of the address. */
  change: Partial<SearchParams>;
}

const filters: Record<keyof ItineraryFilters, FilterWords> = {
  carriers: { name: 'airline', without: 'with any airline', change: { carriers: undefined, carriersOut: undefined } },
  alliances: { name: 'alliance', without: 'with any alliance', change: { alliances: undefined } },
  departure: { name: 'departure', without: 'with a departure at any time', change: { depart: undefined } },
  arrival: { name: 'arrival', without: 'with an arrival at any time', change: { arrive: undefined } },
  maxPrice: { name: 'price', without: 'at any price', change: { price: undefined } },
  maxDurationMinutes: { name: 'duration', without: 'with any duration', change: { duration: undefined } },
  layover: {
    name: 'connection length',
    without: 'with connections of any length',
    change: { layover: undefined },
  },
  via: { name: 'connecting airport', without: 'by any airport', change: { via: undefined, viaOut: undefined } },
  overnight: { name: 'overnight', without: 'with overnight connections', change: { overnight: undefined } },
  airportChange: {
    name: 'change of airport',
    without: 'with or without a change of airport',
    change: { airportChange: undefined },
  },
};

/** By a name of `removed` or the path of a change: `via`, `slices.0.departure`, `filters.layover.minMinutes`. */
const filterOf = (path: string): FilterWords | undefined =>
  filters[path.replace(/^(filters|slices\.\d+)\./, '').split('.', 1)[0] as keyof ItineraryFilters];

const many = (count: number, noun: string) => `${count.toLocaleString()} ${count === 1 ? noun : `${noun}s`}`;

/** A suggestion of the server in words and as a change of the address. One of a kind that is not known here is none. */
export function suggestionOf(suggested: Suggested, params: SearchParams): Suggestion | undefined {
  const { itineraries, from } = suggested;
  const said = sayChange(suggested, params);
  if (!said) return undefined;
  const { how, change, isWider } = said;
  const are = itineraries === 1 ? 'there is' : 'there are';
  const count = `${are}${isWider ? ' at least' : ''} ${many(itineraries, 'journey')}`;
  return { how, change, what: from ? `${count}, ${isWider ? 'one at' : 'from'} ${formatMoney(from)}` : count };
}

function sayChange({ change, to, from }: Suggested, params: SearchParams): Said | undefined {
  if (change.includes('+')) return sayTogether(change.split('+'), to as unknown[], from, params);
  switch (change) {
    case 'filters':
      return {
        how: 'without any filter',
        change: Object.assign({}, ...Object.values(filters).map((filter) => filter.change)),
      };
    case 'passengers': {
      const seats = seatsOfParty(to as Parameters<typeof seatsOfParty>[0]);
      return { how: `for ${many(seats, 'traveller')}`, change: { seats: seats === 1 ? undefined : seats } };
    }
    case 'maxStops':
      return { how: `with up to ${many(to as number, 'stop')}`, change: { stops: to === 1 ? undefined : Number(to) } };
    case 'cabin':
      return { how: `in ${cabinNames[to as CabinClass]}`, change: { cabin: to as CabinClass } };
    case 'flexDays':
      return { how: `up to ${many(to as number, 'day')} earlier or later`, change: { flex: to as number } };
    case 'nearbyKm':
      return {
        how: `with airports up to ${String(to)} km away`,
        change: to === 100 ? { nearby: to } : undefined,
      };
  }
  const filter = filterOf(change);
  if (!filter) return undefined;
  const without: Said = { how: filter.without, change: filter.change };
  return sayNearest(change, to, from, params) ?? (to === null ? without : { ...without, isWider: true });
}

/** Two changes that give something together. */
function sayTogether(changes: string[], to: unknown[], from: Money | null, params: SearchParams): Said | undefined {
  const all = changes.map((change, at) => sayChange({ change, to: to[at], itineraries: 0, from }, params));
  const said = all.filter((each) => each !== undefined);
  if (said.length < all.length) return undefined;
  const isWhole = said.every((each) => each.change !== undefined);
  return {
    how: said.map((each) => each.how).join(' and '),
    change: isWhole ? Object.assign({}, ...said.map((each) => each.change)) : undefined,
    ...(said.some((each) => each.isWider) && { isWider: true }),
  };
}

/** The nearest value that gives something, for filters of which there is one. */
function sayNearest(change: string, to: unknown, from: Money | null, params: SearchParams): Said | undefined {
  if (change === 'filters.maxPrice' && from && typeof to === 'number') {
    const price = money(to, from.currency);
    return { how: `at up to ${formatMoney(price)}`, change: { price } };
  }
  if (change === 'filters.maxDurationMinutes' && typeof to === 'number')
    return { how: `taking up to ${formatDuration(to)}`, change: { duration: to } };
  if (!Array.isArray(to)) return undefined;
  const codes = to as string[];
  const how = `with ${codes.join(', ')} as well`;
  const [more, fewer] = [
    (list: string[] | undefined) => list && [...list, ...codes],
    (list: string[] | undefined) => list?.filter((code) => !codes.includes(code)),
  ];
  const { carriers, carriersOut, alliances, via, viaOut } = params;
  switch (change) {
    case 'filters.carriers':
      return { how, change: { carriers: more(carriers), carriersOut: someOf(fewer(carriersOut)) } };
    case 'filters.alliances':
      return { how, change: { alliances: more(alliances) } };
    case 'filters.via':
      return { how: `by ${codes.join(', ')} as well`, change: { via: more(via), viaOut: someOf(fewer(viaOut)) } };
  }
  return undefined;
}

/** The address has no empty lists. */
const someOf = (list: string[] | undefined): string[] | undefined => (list && list.length > 0 ? list : undefined);

/** What a filter takes out, where that alone is not worth a suggestion. */
export function sayRemoved({ filter, itineraries }: SearchExplanation['removed'][number]): string {
  const name = filterOf(filter)?.name ?? filter;
  return itineraries === 0
    ? `Taking out the ${name} filter alone does not help.`
    : `The ${name} filter takes out ${many(itineraries, 'journey')}.`;
}
