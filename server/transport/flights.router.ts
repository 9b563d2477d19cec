import { flightIdInput, onSeatsInput } from '../../shared/flight.ts';
import { getFlight } from '../domain/inventory/get-flight.ts';
import { liveSubscription } from './live-subscription.ts';
import { open, router } from './trpc.ts';

export const flightsRouter = router({
  get: open.input(flightIdInput).query(({ ctx, input }) => getFlight(ctx.rooms.inventory, input.flightId)),
  onSeats: liveSubscription(
    onSeatsInput,
    (input) => input.flightIds,
    (ctx) => ctx.rooms.inventory.seats,
  ),
});
