import { tracked } from '@trpc/server';
import {
  bookingIdInput,
  cancelInput,
  holdInput,
  listBookingsInput,
  onStatusInput,
  payInput,
  reholdInput,
  setPassengersInput,
} from '../../shared/booking.ts';
import type { Buyer } from '../domain/booking/booking-room.ts';
import { cancelBooking, quoteCancellation } from '../domain/booking/cancel-booking.ts';
import { createBooking } from '../domain/booking/create-booking.ts';
import { getBooking } from '../domain/booking/get-booking.ts';
import { holdSeats } from '../domain/booking/hold-seats.ts';
import { listBookings } from '../domain/booking/list-bookings.ts';
import { payBooking } from '../domain/booking/pay-booking.ts';
import { readOwnTimeline } from '../domain/booking/read-timeline.ts';
import { reholdBooking } from '../domain/booking/rehold-booking.ts';
import { setPassengers } from '../domain/booking/set-passengers.ts';
import { watchBooking } from '../domain/booking/watch-booking.ts';
import { router, traveller } from './trpc.ts';

const buyerOf = (ctx: { actor: { id: string }; address: string }): Buyer => ({
  actor: ctx.actor.id,
  address: ctx.address,
});

export const bookingRouter = router({
  hold: traveller.input(holdInput).mutation(({ ctx, input }) => holdSeats(ctx.rooms.booking, buyerOf(ctx), input)),
  create: traveller
    .input(holdInput)
    .mutation(({ ctx, input }) => createBooking(ctx.rooms.booking, buyerOf(ctx), input)),
  rehold: traveller
    .input(reholdInput)
    .mutation(({ ctx, input }) => reholdBooking(ctx.rooms.booking, buyerOf(ctx), input)),
  setPassengers: traveller
    .input(setPassengersInput)
    .mutation(({ ctx, input }) => setPassengers(ctx.rooms.booking, ctx.actor.id, input)),
  pay: traveller.input(payInput).mutation(({ ctx, input }) => payBooking(ctx.rooms.booking, buyerOf(ctx), input)),
  get: traveller.input(bookingIdInput).query(({ ctx, input }) => getBooking(ctx.rooms.booking, ctx.actor.id, input.id)),
  timeline: traveller
    .input(bookingIdInput)
    .query(({ ctx, input }) => readOwnTimeline(ctx.rooms.booking, ctx.actor.id, input.id)),
  list: traveller
    .input(listBookingsInput)
    .query(({ ctx, input }) => listBookings(ctx.rooms.booking, ctx.actor.id, input)),
  cancelQuote: traveller
    .input(bookingIdInput)
    .query(({ ctx, input }) => quoteCancellation(ctx.rooms.booking, ctx.actor.id, input.id)),
  cancel: traveller
    .input(cancelInput)
    .mutation(({ ctx, input }) => cancelBooking(ctx.rooms.booking, buyerOf(ctx), input)),
  onStatus: traveller.input(onStatusInput).subscription(async function* ({ ctx, input, signal }) {
    const states = watchBooking(ctx.rooms.booking, ctx.actor.id, input, signal as AbortSignal);
    for await (const { eventId, booking } of states) yield tracked(eventId, booking);
  }),
});
