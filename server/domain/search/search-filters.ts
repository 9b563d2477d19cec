import type { ItineraryFilters, SearchItinerariesInput } from '../../../shared/itinerary.ts';

/** What narrows a search and can be lifted: a member of its `filters`, or a slice's own window. */
export interface SearchFilter {
  kind: keyof ItineraryFilters;
  /** Whose window it is; null: of the whole search. */
  slice: number | null;
  /** `carriers`, `slices.0.departure`. */
  name: string;
  /** Where it stands in the input: `filters.carriers`, `slices.0.departure`. */
  path: string;
}

/** The filters of a search. What only allows more than usual (`airportChange`) is none. */
export function filtersOf({ filters, slices }: SearchItinerariesInput): SearchFilter[] {
  const kinds = Object.keys(filters) as (keyof ItineraryFilters)[];
  const ofAll = kinds
    .filter((kind) => filters[kind] !== undefined && kind !== 'airportChange' && filters[kind] !== true)
    .map((kind): SearchFilter => ({ kind, slice: null, name: kind, path: `filters.${kind}` }));
  const ofSlices = slices.flatMap((each, slice) =>
    (['departure', 'arrival'] as const)
      .filter((kind) => each[kind])
      .map((kind): SearchFilter => {
        const path = `slices.${slice}.${kind}`;
        return { kind, slice, name: path, path };
      }),
  );
  return [...ofAll, ...ofSlices];
}

/** A slice without a window of its own would have that of the whole search. */
const anyTime = { from: '00:00', to: '23:59' };

/** The search with another value of a filter; undefined: without it. */
export function withFilter(
  input: SearchItinerariesInput,
  { kind, slice }: SearchFilter,
  value: unknown,
): SearchItinerariesInput {
  if (slice === null) return { ...input, filters: { ...input.filters, [kind]: value } };
  const slices = input.slices.map((each, at) => (at === slice ? { ...each, [kind]: value ?? anyTime } : each));
  return { ...input, slices };
}

/** The search without some of its filters. */
export const withoutFilters = (input: SearchItinerariesInput, filters: SearchFilter[]): SearchItinerariesInput =>
  filters.reduce((rest, filter) => withFilter(rest, filter, undefined), input);
