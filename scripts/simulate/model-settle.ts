import type { SettleOutcome } from '../../server/domain/booking/booking-store.ts';
import { eventNames } from '../../server/domain/booking/booking-lifecycle.ts';
import { mockProvider, type PaymentEvent } from '../../server/domain/payments/payment-event.ts';
import type { Booking, ModelRecord, Payment, PaymentStatus } from './model-record.ts';

/** Writes a refund for a payment unless it has one. Answers whether it did. */
export type GivesBack = (payment: Payment, amount: number) => boolean;

/** A payment's status only rises. */
const rank: Record<PaymentStatus, number> = {
  pending: 0,
  failed: 1,
  authorised: 2,
  voiding: 2,
  voided: 2,
  succeeded: 3,
};

/** What one event of a provider does to payment, booking and seats. */
export function settleOne(record: ModelRecord, giveBack: GivesBack, event: PaymentEvent): SettleOutcome {
  const { bug } = record;
  const booking = record.bookings.get(event.bookingId);
  if (!booking) return { kind: 'no_booking' };
  const key = `${mockProvider} ${event.id}`;
  const heard = record.events.has(key);
  if (heard && bug !== 'no-event-memory') return { kind: 'known' };
  let payment = record.payments.get(event.paymentId);
  if (payment && payment.bookingId !== booking.id) return { kind: 'other_booking' };
  if (payment && (payment.amount !== event.amount || payment.currency !== event.currency)) {
    return { kind: 'other_amount' };
  }
  if (!payment) {
    payment = {
      id: event.paymentId,
      bookingId: booking.id,
      amount: event.amount,
      currency: event.currency,
      method: null,
      status: 'pending',
      nextCallAt: null,
      createdAt: record.now(),
    };
    record.addPayment(payment);
  }
  record.put(record.events, key, event.paymentId);
  const before = payment.status;
  const status = (event.type as string).slice('payment.'.length) as 'authorised' | 'succeeded' | 'failed';
  const rises = bug === 'no-event-memory' ? rank[status] >= rank[before] : rank[status] > rank[before];
  if (!rises && bug !== 'status-falls') return { kind: 'known' };
  record.set(payment, 'status', status);
  record.set(payment, 'nextCallAt', status === 'authorised' ? record.now() : null);
  if (status === 'failed') declined(record, booking);
  else paid(record, giveBack, booking, payment, before);
  return { kind: 'applied', status };
}

/** The seats are free again at once, unless another payment of the booking may still come. */
function declined(record: ModelRecord, booking: Booking): void {
  if (booking.status !== 'paying') return;
  const open = (record.paymentsOf.get(booking.id) ?? []).some(
    ({ status }) => status === 'pending' || status === 'authorised',
  );
  if (open) return;
  record.advance(booking, 'failed', eventNames.failed, 'The payment was declined.');
  record.move(booking, 'release', -1, 0);
}

/** The money is there, or promised. */
function paid(
  record: ModelRecord,
  giveBack: GivesBack,
  booking: Booking,
  payment: Payment,
  before: PaymentStatus,
): void {
  const { bug } = record;
  const isSucceeded = payment.status === 'succeeded';
  // It was promised, and the booking was confirmed for the promise.
  if (before === 'authorised' && booking.status === 'confirmed') return;
  const fits =
    (booking.price === payment.amount || bug === 'surplus-confirms') && booking.currency === payment.currency;
  if (fits && before !== 'voiding' && before !== 'voided') {
    if (booking.status === 'held' || booking.status === 'paying') {
      // Even past its deadline: nobody has said so yet, so the seats are still this booking's.
      record.advance(booking, 'confirmed', eventNames.confirmed);
      record.move(booking, 'confirm', bug === 'confirm-forgets-held' ? 0 : -1, 1);
      return;
    }
    if (booking.status === 'expired' || booking.status === 'failed') {
      if (bug === 'late-money-kept') return;
      const fit = booking.needs.every(
        ({ cabin, quantity }) =>
          bug === 'retake-without-test' || (record.isForSale(cabin) && record.freeOf(cabin) >= quantity),
      );
      if (fit) {
        const reason = 'The payment came late; the seats were still free and were taken again.';
        record.advance(booking, 'confirmed', eventNames.confirmed, reason);
        record.move(booking, 'retake', 0, 1);
        return;
      }
      endWithMoney('The payment came late and the seats were gone; the money goes back.');
      return;
    }
  }
  if (booking.status === 'cancelled' && before !== 'voiding' && before !== 'voided') {
    endWithMoney('The payment came after the cancellation; the money goes back.');
    return;
  }
  // A second payment, or one of another sum: the booking is as it was, and this money goes back.
  if (bug === 'second-money-kept') return;
  if (isSucceeded) giveBack(payment, payment.amount);
  else makeVoid();

  function makeVoid(): void {
    record.set(payment, 'status', 'voiding');
    record.set(payment, 'nextCallAt', record.now());
  }
  function endWithMoney(reason: string): void {
    if (!isSucceeded) makeVoid();
    else if (giveBack(payment, payment.amount)) {
      record.advance(booking, 'refund_pending', eventNames.refund_pending, reason);
    }
  }
}
