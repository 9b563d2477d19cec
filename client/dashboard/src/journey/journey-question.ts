import type { z } from 'zod';
import type { searchItinerariesInput } from '../../../../shared/itinerary.ts';
import type { PartOfDay, SearchParams } from '../search/search-params.ts';

export type JourneyParams = SearchParams & { from: string; to: string; date: string };

export const windows: Record<PartOfDay, { name: string; from: string; to: string }> = {
  night: { name: 'Before 6', from: '00:00', to: '05:59' },
  morning: { name: '6 to noon', from: '06:00', to: '11:59' },
  afternoon: { name: 'Noon to 6', from: '12:00', to: '17:59' },
  evening: { name: 'After 6', from: '18:00', to: '23:59' },
};

/** What the address asks for, as the server takes it. */
export function questionOf(params: JourneyParams): z.input<typeof searchItinerariesInput> {
  const { from, to, date, back, seats = 1, cabin = 'economy', stops = 1, flex, nearby, order = 'best' } = params;
  const around = { ...(flex && { flexDays: flex }), ...(nearby && { nearbyKm: nearby }) };
  return {
    slices: [
      { origin: [from], destination: [to], date, ...around },
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
