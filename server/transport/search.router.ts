import { searchFlightsInput } from '../../shared/flight.ts';
import { searchItinerariesInput } from '../../shared/itinerary.ts';
import { searchPlacesInput } from '../../shared/place.ts';
import { searchFlights } from '../domain/search/search-flights.ts';
import { searchItineraries } from '../domain/search/search-itineraries.ts';
import { open, router } from './trpc.ts';

export const searchRouter = router({
  places: open
    .input(searchPlacesInput)
    .query(({ ctx, input }) => ({ places: ctx.rooms.inventory.places.find(input.q, input.limit) })),
  flights: open
    .input(searchFlightsInput)
    .query(({ ctx, input }) => searchFlights({ ...ctx.rooms.inventory, projection: ctx.rooms.projection }, input)),
  itineraries: open.input(searchItinerariesInput).query(({ ctx, input }) => searchItineraries(ctx.rooms.search, input)),
});
