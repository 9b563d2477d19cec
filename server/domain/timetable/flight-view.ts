import { type CabinView, cabinClasses, type FlightView } from '../../../shared/flight.ts';
import type { WallTime } from '../../../shared/times.ts';
import { stateAt } from '../inventory/flight-rows.ts';
import { dateOfDay } from '../places/zoned-time.ts';
import { idOf } from './flight-index.ts';
import type { TimetableNames } from './names.ts';
import { rowCurrency, rowPrice, rowStates, type Timetable } from './timetable.ts';

const minuteMs = 60_000;
const dayMinutes = 1_440;
const two = (value: number): string => String(value).padStart(2, '0');

/** What a wall clock shows at a minute since the epoch, so many minutes ahead of UTC. */
export function wallAt(minute: number, offset: number): WallTime {
  const local = minute + offset;
  const day = Math.floor(local / dayMinutes);
  const clock = local - day * dayMinutes;
  return `${dateOfDay(day)}T${two(Math.floor(clock / 60))}:${two(clock % 60)}`;
}

/** A flight as everybody is shown it, without its cabins. */
export function bareFlightView(
  t: Timetable,
  names: Pick<TimetableNames, 'airports' | 'carriers'>,
  row: number,
  nowMs: number,
): Omit<FlightView, 'cabins'> {
  const market = t.market[row] as number;
  const departs = t.departs[row] as number;
  const minutes = t.minutes[row] as number;
  const suffix = t.suffix[row] as number;
  const state = rowStates[t.state[row] as number] as (typeof rowStates)[number];
  return {
    id: idOf(t, row),
    carrier: names.carriers.at(t.carrier[row] as number),
    number: `${t.number[row]}${suffix === 0 ? '' : String.fromCharCode(suffix)}`,
    origin: names.airports.at(t.marketFrom[market] as number),
    destination: names.airports.at(t.marketTo[market] as number),
    departsAt: wallAt(departs, t.departsOffset[row] as number),
    arrivesAt: wallAt(departs + minutes, t.arrivesOffset[row] as number),
    departsAtUtc: new Date(departs * minuteMs).toISOString(),
    arrivesAtUtc: new Date((departs + minutes) * minuteMs).toISOString(),
    durationMinutes: minutes,
    state: stateAt(state === 'gone' ? 'cancelled' : state, departs * minuteMs, nowMs),
    version: t.version[row] as number,
  };
}

/** Its cabins, with the price of one seat now. */
export function cabinViewsOf(t: Timetable, names: TimetableNames, row: number): CabinView[] {
  return t.cabins.flatMap((columns, place) => {
    if (columns.version[row] === 0) return [];
    return {
      cabin: cabinClasses[place] as CabinView['cabin'],
      capacity: columns.capacity[row] as number,
      available: columns.available[row] as number,
      price: { amount: rowPrice(t, columns, row, 1), currency: names.currencies.at(rowCurrency(t, columns, row)) },
      version: columns.version[row] as number,
    };
  });
}
