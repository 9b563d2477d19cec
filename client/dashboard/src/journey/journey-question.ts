import type { z } from 'zod';
import type { searchItinerariesInput } from '../../../../shared/itinerary.ts';
import type { CalendarDate } from '../../../../shared/times.ts';
import type { NextFlight, PartOfDay, SearchParams } from '../search/search-params.ts';

export type JourneyParams = SearchParams & { from: string; to: string; date: string };

export const windows: Record<PartOfDay, { name: string; from: string; to: string }> = {
  night: { name: 'Before 6', from: '00:00', to: '05:59' },
  morning: { name: '6 to noon', from: '06:00', to: '11:59' },
  afternoon: { name: 'Noon to 6', from: '12:00', to: '17:59' },
  evening: { name: 'After 6', from: '18:00', to: '23:59' },
};

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
    filters: {
      ...(params.carriers?.length && { carriers: { include: params.carriers } }),
      ...(params.alliances?.length && { alliances: params.alliances }),
      ...(params.depart && { departure: { from: windows[params.depart].from, to: windows[params.depart].to } }),
    },
  };
}
