import type { ClockWindow, ItineraryFilters, SearchItinerariesInput } from '../../../shared/itinerary.ts';
import { wallAt } from '../timetable/flight-view.ts';
import type { Timetable } from '../timetable/timetable.ts';
import { rowsOf } from './answer-search.ts';
import type { Front } from './front.ts';
import { entriesOf } from './itinerary-view.ts';
import { isWithin } from './join-flights.ts';
import { windowMinutes } from './resolve-search.ts';
import type { Answered } from './search-engine.ts';
import type { SearchFilter } from './search-filters.ts';
import type { SearchRoom } from './search-room.ts';

/** Another value of a filter, and how it is told. */
export interface FilterChange {
  /** Path in the input of what changes. */
  change: string;
  /** Told of it; null: the filter has to go. */
  to: unknown;
  /** The filter as it would be; undefined: without it. */
  value: unknown;
}

/** How far a filter is from letting a journey through, and what would. Null: no value of the filter lets it through. */
type Step = { distance: number; to: unknown; value: unknown; part?: string } | null;

/** A journey in the terms of filters; a slice has its minutes, clocks, waits and where it changes. */
interface Journey {
  price: number;
  currency: string;
  carriers: string[];
  slices: { departs: number; arrives: number; minutes: number; waits: number[]; via: string[] }[];
}

/**
 * The change of a filter that lets through the nearest of the journeys that there are without it; of equally near
 * ones the first, which is the cheapest where they are in the order of price. What is told (`to`):
 *
 * - `maxPrice`, `maxDurationMinutes`: the least number.
 * - `departure`, `arrival`: the time of the day, `HH:mm`, that the window has to reach.
 * - `layover.minMinutes`, `layover.maxMinutes`: the number; `layover`: both, if both have to move.
 * - `carriers`, `alliances`, `via`: the codes to let in, as few as possible.
 * - `overnight`, and where no value would do: null.
 */
export function smallestChange(
  room: Pick<SearchRoom, 'live' | 'places' | 'allianceOf'>,
  input: SearchItinerariesInput,
  filter: SearchFilter,
  answered: Answered,
): FilterChange {
  const stepTo = stepsOf(room, input, filter);
  let nearest: Step = null;
  for (let place = 0; place < answered.ranking.count; place++) {
    const step = stepTo(journeyOf(room, answered, place));
    if (step && (!nearest || step.distance < nearest.distance)) nearest = step;
  }
  if (!nearest) return { change: filter.path, to: null, value: undefined };
  const { part, to, value } = nearest;
  return { change: part ? `${filter.path}.${part}` : filter.path, to, value };
}

function stepsOf(
  room: Pick<SearchRoom, 'places' | 'allianceOf'>,
  { filters, slices }: SearchItinerariesInput,
  { kind, slice }: SearchFilter,
): (journey: Journey) => Step {
  switch (kind) {
    case 'maxPrice':
      return ({ price, currency }) =>
        currency === filters.maxPrice?.currency
          ? { distance: price, to: price, value: { amount: price, currency } }
          : null;
    case 'maxDurationMinutes':
      return (journey) => {
        const longest = Math.max(...journey.slices.map((each) => each.minutes));
        return { distance: longest, to: longest, value: longest };
      };
    case 'departure':
    case 'arrival': {
      const window = (slice === null ? filters[kind] : slices[slice]?.[kind]) as ClockWindow;
      const isOf = (at: number) => (slice === null ? !slices[at]?.[kind] : at === slice);
      const end = kind === 'departure' ? 'departs' : 'arrives';
      return (journey) =>
        stepToWindow(
          window,
          journey.slices.filter((_, at) => isOf(at)).map((each) => each[end]),
          kind === 'arrival',
        );
    }
    case 'layover':
      return (journey) =>
        stepToLayover(
          filters.layover ?? {},
          journey.slices.flatMap((each) => each.waits),
        );
    case 'carriers': {
      const { include, exclude } = filters.carriers ?? {};
      return ({ carriers }) => {
        const added = carriers.filter((code) => (include && !include.includes(code)) || exclude?.includes(code));
        return letIn(added, { include: include && [...include, ...added], exclude: without(exclude, added) });
      };
    }
    case 'alliances':
      return ({ carriers }) => {
        const flown = new Set(carriers.map((code) => room.allianceOf(code)));
        const added = [...flown].filter((alliance) => alliance === undefined || !filters.alliances?.includes(alliance));
        return added.includes(undefined) ? null : letIn(added, [...(filters.alliances ?? []), ...added]);
      };
    case 'via': {
      // A city means its airports, of which one may be let in alone.
      const airportsOf = (codes: string[] | undefined) =>
        codes?.flatMap((code) => [code, ...room.places.airportsOf(code)]);
      const include = airportsOf(filters.via?.include);
      const exclude = airportsOf(filters.via?.exclude);
      return (journey) => stepToVia(include, exclude, journey);
    }
    // Nothing lies between no connection over midnight and any.
    default:
      return () => null;
  }
}

const without = (codes: string[] | undefined, some: string[]) => codes?.filter((code) => !some.includes(code));

const letIn = (added: unknown[], value: unknown): Step => ({ distance: added.length, to: added, value });

function stepToVia(include: string[] | undefined, exclude: string[] | undefined, { slices }: Journey): Step {
  const added = new Set<string>();
  for (const { via } of slices) {
    for (const code of via) if (exclude?.includes(code)) added.add(code);
    if (!include || via.some((code) => include.includes(code))) continue;
    // A nonstop changes nowhere.
    const first = via.find((code) => added.has(code)) ?? via[0];
    if (first === undefined) return null;
    added.add(first);
  }
  const codes = [...added];
  return letIn(codes, { include: include && [...include, ...codes], exclude: without(exclude, codes) });
}

function stepToLayover({ minMinutes, maxMinutes }: NonNullable<ItineraryFilters['layover']>, waits: number[]): Step {
  const min = minMinutes === undefined ? undefined : Math.min(minMinutes, ...waits);
  const max = maxMinutes === undefined ? undefined : Math.max(maxMinutes, ...waits);
  const value = { minMinutes: min, maxMinutes: max };
  const [shorter, longer] = [(minMinutes ?? 0) - (min ?? 0), (max ?? 0) - (maxMinutes ?? 0)];
  if (longer === 0) return { distance: shorter, part: 'minMinutes', to: min, value };
  if (shorter === 0) return { distance: longer, part: 'maxMinutes', to: max, value };
  return { distance: shorter + longer, to: value, value };
}

const dayMinutes = 1_440;

/**
 * The window opened on one side until the times are in it. Departures are of a day, and nothing is before its first
 * or behind its last minute; an arrival just past midnight is near a window that ends before it.
 */
function stepToWindow(window: ClockWindow, clocks: number[], isAroundTheClock: boolean): Step {
  const [from, to] = windowMinutes(window);
  const beyond = (minutes: number): number =>
    minutes >= 0 ? minutes : isAroundTheClock ? minutes + dayMinutes : Number.POSITIVE_INFINITY;
  const outside = clocks.filter((clock) => !isWithin([from, to], clock));
  if (outside.length === 0) return null;
  const sides = [
    {
      farthest: largest(outside, (clock) => beyond(from - clock)),
      open: (clock: string) => ({ ...window, from: clock }),
    },
    { farthest: largest(outside, (clock) => beyond(clock - to)), open: (clock: string) => ({ ...window, to: clock }) },
  ].sort((a, b) => a.farthest.by - b.farthest.by);
  const [{ farthest, open }] = sides as [(typeof sides)[number]];
  if (farthest.by === Number.POSITIVE_INFINITY) return null;
  const clock = wallAt(farthest.of, 0).slice('YYYY-MM-DDT'.length);
  return { distance: farthest.by, to: clock, value: open(clock) };
}

function largest(values: number[], measure: (value: number) => number): { of: number; by: number } {
  let found = { of: 0, by: Number.NEGATIVE_INFINITY };
  for (const of of values) if (measure(of) > found.by) found = { of, by: measure(of) };
  return found;
}

function journeyOf({ live: { names } }: Pick<SearchRoom, 'live'>, answered: Answered, place: number): Journey {
  const { fronts, timetable: t } = answered;
  const entries = entriesOf(answered, place);
  const carriers = new Set<string>();
  const slices = fronts.map((front, slice): Journey['slices'][number] => {
    const entry = entries[slice] as number;
    const rows = rowsOf(front, entry);
    for (const row of rows) carriers.add(names.carriers.at(t.carrier[row] as number));
    const [departs, minutes] = [front.departs[entry] as number, front.minutes[entry] as number];
    return {
      departs: clockOf(departs + (t.departsOffset[rows[0] as number] as number)),
      arrives: clockOf(departs + minutes + (t.arrivesOffset[rows.at(-1) as number] as number)),
      minutes,
      ...connectionsOf(t, rows, (airport) => names.airports.at(airport)),
    };
  });
  const first = fronts[0] as Front;
  return {
    price: fronts.reduce((sum, front, slice) => sum + (front.price[entries[slice] as number] as number), 0),
    currency: names.currencies.at(first.currency[entries[0] as number] as number),
    carriers: [...carriers],
    slices,
  };
}

/** Minutes of the day. */
const clockOf = (local: number): number => ((local % dayMinutes) + dayMinutes) % dayMinutes;

/** How long each connection is, and the airports that the journey changes at. */
function connectionsOf(t: Timetable, rows: number[], codeOf: (airport: number) => string) {
  const waits: number[] = [];
  const via = new Set<string>();
  for (const [at, row] of rows.slice(1).entries()) {
    const before = rows[at] as number;
    waits.push((t.departs[row] as number) - (t.departs[before] as number) - (t.minutes[before] as number));
    via.add(codeOf(t.marketTo[t.market[before] as number] as number));
    via.add(codeOf(t.marketFrom[t.market[row] as number] as number));
  }
  return { waits, via: [...via] };
}
