import { tracked } from '@trpc/server';
import { flightIdInput, onSeatsInput } from '../../shared/flight.ts';
import { getFlight } from '../domain/inventory/get-flight.ts';
import { open, router } from './trpc.ts';

export const flightsRouter = router({
  get: open.input(flightIdInput).query(({ ctx, input }) => getFlight(ctx.rooms.inventory, input.flightId)),
  onSeats: open.input(onSeatsInput).subscription(async function* ({ ctx, input, signal }) {
    const frames = ctx.rooms.inventory.seats.watch(input.flightIds, signal as AbortSignal);
    for await (const { eventId, seats } of frames) yield tracked(eventId, seats);
  }),
});
