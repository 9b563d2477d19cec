import { searchFlightsInput } from '../../shared/flight.ts';
import { searchCalendarInput, searchItinerariesInput } from '../../shared/itinerary.ts';
import { searchPlacesInput } from '../../shared/place.ts';
import { searchCalendar } from '../domain/search/search-calendar.ts';
import { searchFlights } from '../domain/search/search-flights.ts';
import { searchItineraries } from '../domain/search/search-itineraries.ts';
import { open, router } from './trpc.ts';
import { inJson } from './ws-adapter/own-resolver.ts';

export const searchRouter = router({
  places: open
    .input(searchPlacesInput)
    .query(({ ctx, input }) => ({ places: ctx.rooms.inventory.places.find(input.q, input.limit) })),
  flights: open.input(searchFlightsInput).query(({ ctx, input }) => searchFlights(ctx.rooms.search, input)),
  calendar: open.input(searchCalendarInput).query(({ ctx, input }) => searchCalendar(ctx.rooms.search, input)),
  itineraries: open
    .input(searchItinerariesInput)
    .query(inJson(({ ctx, input }) => searchItineraries(ctx.rooms.search, input))),
});
