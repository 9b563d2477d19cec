import { cabinClasses } from '../../../shared/flight.ts';
import type { SearchCalendarInput, SearchCalendarView } from '../../../shared/itinerary.ts';
import { limits } from '../../../shared/limits.ts';
import type { Money } from '../../../shared/money.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { dateOfDay, dayOfDate } from '../places/zoned-time.ts';
import { airportsOf, sliceFilters, windowOf } from './resolve-search.ts';
import { catchUpMs, defaultBounds, turnaroundMinutes } from './search-bounds.ts';
import type { SearchRoom } from './search-room.ts';

const minuteMs = 60_000;

/**
 * The cheapest way of each day for a party, with at most one stop and within the filters of a search for journeys; one search for all days. A day that is over, or
 * that nothing is left on, has none.
 *
 * Fails: INVALID_INPUT (an unknown place, days that end before they begin or are more than a year), BUSY.
 */
export async function searchCalendar(room: SearchRoom, input: SearchCalendarInput): Promise<SearchCalendarView> {
  const firstDay = dayOfDate(input.from);
  const days = dayOfDate(input.to) - firstDay + 1;
  if (days < 1) throw invalidInput(['to'], 'before the first day');
  if (days > limits.calendarDaysMax) throw invalidInput(['to'], `more than ${limits.calendarDaysMax} days`);
  await room.live.caughtUp(catchUpMs);
  const { version: indexVersion, lagMs } = room.live;
  const origins = airportsOf(room, [input.origin], 0, ['origin']);
  const destinations = airportsOf(room, [input.destination], 0, ['destination']);
  const { fronts } = await room.engine.answer({
    slices: [
      {
        origins: [...origins.keys()].map((airport) => windowOf(room, airport, firstDay, days)),
        destinations: [...destinations.keys()],
        firstDay,
        days,
        cabin: cabinClasses.indexOf(input.cabin),
        seats: input.seats,
        maxStops: input.maxStops as 0 | 1,
        notBefore: Math.floor(room.clock.now() / minuteMs),
        bounds: { ...defaultBounds(input.filters.layover?.maxMinutes), bucketMinutes: 1_440 },
        filters: sliceFilters(room, input.filters, undefined, undefined),
        keep: 'cheapest',
      },
    ],
    sort: 'price',
    resultsMax: 0,
    turnaroundMinutes,
    priceMax: null,
  });
  const prices = new Map<number, Money>();
  const [front] = fronts;
  for (let entry = 0; front && entry < front.count; entry++) {
    const currency = room.live.names.currencies.at(front.currency[entry] as number);
    const price = { amount: front.price[entry] as number, currency };
    const known = prices.get(front.day[entry] as number);
    // Of several currencies the one that comes first in the alphabet is shown: they cannot be compared.
    if (!known || price.currency < known.currency) prices.set(front.day[entry] as number, price);
  }
  return {
    days: Array.from({ length: days }, (_, day) => ({
      date: dateOfDay(firstDay + day),
      price: prices.get(day) ?? null,
    })),
    indexVersion,
    lagMs,
  };
}
