import { tracked } from '@trpc/server';
import {
  bookingIdInput,
  cancelInput,
  holdInput,
  listBookingsInput,
  onStatusInput,
  openLinkInput,
  payInput,
  reholdInput,
  requestLinkInput,
  setPassengersInput,
} from '../../shared/booking.ts';
import type { Buyer } from '../domain/booking/booking-room.ts';
import { cancelBooking, quoteCancellation } from '../domain/booking/cancel-booking.ts';
import { createBooking } from '../domain/booking/create-booking.ts';
import { getBooking } from '../domain/booking/get-booking.ts';
import { holdSeats } from '../domain/booking/hold-seats.ts';
import { listBookings } from '../domain/booking/list-bookings.ts';
import { openLink } from '../domain/booking/open-link.ts';
import { payBooking } from '../domain/booking/pay-booking.ts';
import { readOwnTimeline } from '../domain/booking/read-timeline.ts';
import { reholdBooking } from '../domain/booking/rehold-booking.ts';
import { requestLink } from '../domain/booking/request-link.ts';
import { setPassengers } from '../domain/booking/set-passengers.ts';
import { watchBooking } from '../domain/booking/watch-booking.ts';
import type { Actor } from '../domain/identity/actor.ts';
import { refuse } from '../platform/runtime/failure.ts';
import { open, router, traveller, visitor } from './trpc.ts';

const buyerOf = (ctx: { actor: { id: string }; address: string }, actor = ctx.actor.id): Buyer => ({
  actor,
  address: ctx.address,
});

/** Whose booking it must be. A link opens no other one, and does not tell whether there is one. */
function ownerOf({ actor }: { actor: Exclude<Actor, { role: 'anonymous' }> }, bookingId: string): string {
  if (actor.role === 'traveller' && actor.only && actor.only !== bookingId) {
    throw refuse('NOT_FOUND', { reason: 'no such booking', bookingId });
  }
  return actor.id;
}

export const bookingRouter = router({
  hold: traveller.input(holdInput).mutation(({ ctx, input }) => holdSeats(ctx.rooms.booking, buyerOf(ctx), input)),
  create: traveller
    .input(holdInput)
    .mutation(({ ctx, input }) => createBooking(ctx.rooms.booking, buyerOf(ctx), input)),
  rehold: traveller
    .input(reholdInput)
    .mutation(({ ctx, input }) => reholdBooking(ctx.rooms.booking, buyerOf(ctx), input)),
  setPassengers: visitor
    .input(setPassengersInput)
    .mutation(({ ctx, input }) => setPassengers(ctx.rooms.booking, ownerOf(ctx, input.id), input)),
  pay: visitor
    .input(payInput)
    .mutation(({ ctx, input }) => payBooking(ctx.rooms.booking, buyerOf(ctx, ownerOf(ctx, input.id)), input)),
  get: visitor
    .input(bookingIdInput)
    .query(({ ctx, input }) => getBooking(ctx.rooms.booking, ownerOf(ctx, input.id), input.id)),
  timeline: visitor
    .input(bookingIdInput)
    .query(({ ctx, input }) => readOwnTimeline(ctx.rooms.booking, ownerOf(ctx, input.id), input.id)),
  list: traveller
    .input(listBookingsInput)
    .query(({ ctx, input }) => listBookings(ctx.rooms.booking, ctx.actor.id, input)),
  cancelQuote: visitor
    .input(bookingIdInput)
    .query(({ ctx, input }) => quoteCancellation(ctx.rooms.booking, ownerOf(ctx, input.id), input.id)),
  cancel: visitor
    .input(cancelInput)
    .mutation(({ ctx, input }) => cancelBooking(ctx.rooms.booking, buyerOf(ctx, ownerOf(ctx, input.id)), input)),
  onStatus: visitor.input(onStatusInput).subscription(async function* ({ ctx, input, signal }) {
    const owner = ownerOf(ctx, input.bookingId);
    const states = watchBooking(ctx.rooms.booking, owner, input, signal as AbortSignal);
    for await (const { eventId, booking } of states) yield tracked(eventId, booking);
  }),
  requestLink: open.input(requestLinkInput).mutation(({ ctx, input }) => requestLink(ctx.rooms.access, ctx, input)),
  openLink: open.input(openLinkInput).mutation(({ ctx, input }) => openLink(ctx.rooms.access, ctx, input)),
});
