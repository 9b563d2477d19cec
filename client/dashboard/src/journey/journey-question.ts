import type { z } from 'zod';
import type { searchItinerariesInput } from '../../../../shared/itinerary.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import type { NextFlight, SearchParams } from '../search/search-params.ts';
import { filtersOf } from './journey-filters.ts';

export type JourneyParams = SearchParams & { from: string; to: string; date: string };

/** The flights behind the first, none before the one that it follows. */
export function inOrder(date: CalendarDate, flights: NextFlight[]): NextFlight[] {
  let earliest = date;
  return flights.map((flight) => {
    if (flight.date > earliest) earliest = flight.date;
    return { ...flight, date: earliest };
  });
}

export type JourneyQuestion = z.input<typeof searchItinerariesInput>;

/** What the address asks for, as the server takes it. */
export function questionOf(params: JourneyParams): JourneyQuestion {
  const {
    from,
    to,
    date,
    back,
    more = [],
    seats = 1,
    cabin = 'economy',
    stops = 1,
    flex,
    nearby,
    order = 'best',
  } = params;
  const around = { ...(flex && { flexDays: flex }), ...(nearby && { nearbyKm: nearby }) };
  return {
    slices: [
      { origin: [from], destination: [to], date, ...around },
      ...inOrder(date, more).flatMap((each) =>
        each.from && each.to ? [{ origin: [each.from], destination: [each.to], date: each.date, ...around }] : [],
      ),
      ...(back ? [{ origin: [to], destination: [from], date: back, ...around }] : []),
    ],
    passengers: { adults: seats },
    cabin,
    maxStops: stops,
    sort: order,
    filters: filtersOf(params),
  };
}
