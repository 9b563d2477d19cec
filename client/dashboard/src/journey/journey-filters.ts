import type { z } from 'zod';
import type { itineraryFilters } from '../../../../shared/itinerary.ts';
import type { Layover, PartOfDay, SearchParams } from '../search/search-params.ts';

export const windows: Record<PartOfDay, { name: string; from: string; to: string }> = {
  night: { name: 'Before 6', from: '00:00', to: '05:59' },
  morning: { name: '6 to noon', from: '06:00', to: '11:59' },
  afternoon: { name: 'Noon to 6', from: '12:00', to: '17:59' },
  evening: { name: 'After 6', from: '18:00', to: '23:59' },
};

/** A search looks at connections of up to eight hours, and further only when it is asked to. */
export const layoverBounds: Record<Layover, { name: string; minMinutes?: number; maxMinutes: number }> = {
  short: { name: 'Of up to 2 h', maxMinutes: 120 },
  unhurried: { name: 'Of 1 to 4 h', minMinutes: 60, maxMinutes: 240 },
  long: { name: 'Of 4 h to a day', minMinutes: 240, maxMinutes: 1_440 },
};

/** Those that are asked for less often stand under "More filters". */
export const rareFilters = [
  'carriersOut',
  'arrive',
  'price',
  'duration',
  'via',
  'viaOut',
  'layover',
  'overnight',
  'airportChange',
] as const satisfies (keyof SearchParams)[];
export const filterParams = [
  'stops',
  'carriers',
  'alliances',
  'depart',
  ...rareFilters,
] as const satisfies (keyof SearchParams)[];

export const isFiltered = (params: SearchParams): boolean => filterParams.some((name) => params[name] !== undefined);

export const withoutFilters = <Params extends SearchParams>(params: Params): Params => ({
  ...params,
  ...Object.fromEntries(filterParams.map((name) => [name, undefined])),
});

/** What the address filters by, as the server takes it. The number of stops is not among it: it bounds the search. */
export function filtersOf(params: SearchParams): z.input<typeof itineraryFilters> {
  const { carriers, carriersOut, alliances, depart, arrive, price, duration, via, viaOut, layover } = params;
  return {
    ...((carriers || carriersOut) && { carriers: inAndOut(carriers, carriersOut) }),
    ...(alliances && { alliances }),
    ...(depart && { departure: clockOf(depart) }),
    ...(arrive && { arrival: clockOf(arrive) }),
    ...(price && { maxPrice: price }),
    ...(duration && { maxDurationMinutes: duration }),
    ...(layover && { layover: minutesOf(layover) }),
    ...((via || viaOut) && { via: inAndOut(via, viaOut) }),
    ...(params.overnight === false && { overnight: false }),
    ...(params.airportChange && { airportChange: true }),
  };
}

const inAndOut = (include: string[] | undefined, exclude: string[] | undefined) => ({
  ...(include && { include }),
  ...(exclude && { exclude }),
});

function clockOf(part: PartOfDay) {
  const { name: _, ...clock } = windows[part];
  return clock;
}

function minutesOf(layover: Layover) {
  const { name: _, ...minutes } = layoverBounds[layover];
  return minutes;
}
