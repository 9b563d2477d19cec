import { violatesUnique } from '../../platform/postgres/pg-errors.ts';
import { invalidInput, refuse } from '../../platform/runtime/failure.ts';
import type { PaymentEvent } from '../payments/payment-event.ts';
import type { SellingRoom } from './booking-room.ts';

/**
 * What a payment's result does to its booking: the event, the money, the seats and the booking's
 * status change in one transaction, or not at all. The same event twice has one effect, and any
 * order of events ends the same. Returns after the commit.
 *
 * Fails: NOT_FOUND (no such booking), INVALID_INPUT (amount or booking is not the payment's).
 */
export async function applyPaymentEvent(room: SellingRoom, event: PaymentEvent): Promise<void> {
  const outcome = await room.lanes.settle.send(event).catch((error: unknown) => {
    // Another process has just taken it for another booking; now it is known.
    if (violatesUnique(error, 'payment_event_pkey')) return room.lanes.settle.send(event);
    throw error;
  });
  switch (outcome.kind) {
    case 'known':
      return;
    case 'applied':
      room.announce([event.bookingId]);
      // A refund, a capture or the giving up of an authorisation may be due.
      if (outcome.status !== 'failed') room.nudgePayments();
      // What was authorised counts when it is collected.
      if (outcome.status === 'failed') room.metrics.bookingsFailed.inc();
      else if (outcome.status === 'succeeded') room.metrics.bookingsSuccess.inc();
      return;
    case 'no_booking':
      throw refuse('NOT_FOUND', { reason: 'no such booking', bookingId: event.bookingId });
    case 'other_booking':
      throw invalidInput(['bookingId'], 'the payment is for another booking');
    case 'other_amount':
      throw invalidInput(['amount'], 'not the amount of the payment');
  }
}
