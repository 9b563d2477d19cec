import type { SettleOutcome } from '../../server/domain/booking/booking-store.ts';
import type { PaymentEvent } from '../../server/domain/payments/payment-event.ts';
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

/** What the events of a batch come to, before any seat is moved. */
interface Plan {
  confirmed: Booking[];
  failed: Booking[];
  /** Money for bookings that have no seats any more: they get some again, or the money goes back. */
  late: { booking: Booking; payment: Payment }[];
  /** Money that ends its booking: nobody wants the seats, or there are none. */
  unwanted: { booking: Booking; payment: Payment }[];
  /** Money on top: the booking stays as it is. */
  surplus: { booking: Booking; payment: Payment }[];
}

/** What events of providers do to payments, bookings and seats. No two are about the same booking. */
export function settleAll(record: ModelRecord, giveBack: GivesBack, events: PaymentEvent[]): SettleOutcome[] {
  const plan: Plan = { confirmed: [], failed: [], late: [], unwanted: [], surplus: [] };
  const outcomes = events.map((event) => merge(record, plan, event));

  record.nextMovement();
  for (const booking of plan.confirmed) {
    record.advance(booking, 'confirmed');
    record.move(booking, 'confirm', record.bug === 'confirm-forgets-held' ? 0 : -1, 1);
  }
  record.nextMovement();
  for (const booking of plan.failed) {
    record.advance(booking, 'failed', 'The payment was declined.');
    record.move(booking, 'release', -1, 0);
  }
  for (const money of plan.late) {
    record.nextMovement();
    if (!retake(record, money.booking)) plan.unwanted.push(money);
  }
  for (const { booking, payment } of plan.unwanted) {
    const reason =
      booking.status === 'cancelled'
        ? 'The payment came after the cancellation; the money goes back.'
        : 'The payment came late and the seats were gone; the money goes back.';
    if (letGo(record, giveBack, payment)) {
      record.advance(booking, 'refund_pending', reason);
    }
  }
  for (const { payment } of plan.surplus) letGo(record, giveBack, payment);
  return outcomes;
}

function merge(record: ModelRecord, plan: Plan, event: PaymentEvent): SettleOutcome {
  const { bug } = record;
  const booking = record.bookings.get(event.bookingId);
  if (!booking) return { kind: 'no_booking' };
  const key = `${event.provider} ${event.id}`;
  if (record.events.has(key) && bug !== 'no-event-memory') return { kind: 'known' };
  let payment = record.payments.get(event.paymentId);
  if (payment && (payment.bookingId !== booking.id || payment.provider !== event.provider)) {
    return { kind: 'other_booking' };
  }
  if (payment && (payment.amount !== event.amount || payment.currency !== event.currency)) {
    return { kind: 'other_amount' };
  }
  record.put(record.events, key, event.paymentId);
  if (!payment) {
    payment = {
      id: event.paymentId,
      bookingId: booking.id,
      provider: event.provider,
      amount: event.amount,
      currency: event.currency,
      method: null,
      status: 'pending',
      nextCallAt: null,
      createdAt: record.now(),
    };
    record.addPayment(payment);
  }
  const before = payment.status;
  const status = event.type.slice('payment.'.length) as 'authorised' | 'succeeded' | 'failed';
  const rises = bug === 'no-event-memory' ? rank[status] >= rank[before] : rank[status] > rank[before];
  if (!rises && bug !== 'status-falls') return { kind: 'known' };
  record.set(payment, 'status', status);
  record.set(payment, 'nextCallAt', status === 'authorised' ? record.now() : null);
  const others = (record.paymentsOf.get(booking.id) ?? []).filter((each) => each !== payment);
  if (status === 'failed') {
    // Another payment of the booking may still come.
    const open = others.some((each) => each.status === 'pending' || each.status === 'authorised');
    if (booking.status === 'paying' && !open) plan.failed.push(booking);
  } else {
    planMoney(record, plan, booking, payment, before);
  }
  return { kind: 'applied', status };
}

/** The money is there, or promised. */
function planMoney(record: ModelRecord, plan: Plan, booking: Booking, payment: Payment, before: PaymentStatus): void {
  const { bug } = record;
  // It was promised, and the booking was confirmed for the promise.
  if (before === 'authorised' && bug !== 'no-event-memory') return;
  const isPrice =
    (payment.amount === booking.price || bug === 'surplus-confirms') && payment.currency === booking.currency;
  const money = { booking, payment };
  if (before === 'voiding' || before === 'voided') plan.surplus.push(money);
  else if ((booking.status === 'held' || booking.status === 'paying') && isPrice) {
    // Even past its deadline: nobody has said so yet, so the seats are still this booking's.
    plan.confirmed.push(booking);
  } else if ((booking.status === 'expired' || booking.status === 'failed') && isPrice) {
    if (bug !== 'late-money-kept') plan.late.push(money);
  } else if (booking.status === 'cancelled') plan.unwanted.push(money);
  // A second payment, or one of another sum.
  else if (bug !== 'second-money-kept') plan.surplus.push(money);
}

function retake(record: ModelRecord, booking: Booking): boolean {
  const fits = booking.needs.every(
    ({ cabin, quantity }) =>
      record.bug === 'retake-without-test' || (record.isForSale(cabin) && record.freeOf(cabin) >= quantity),
  );
  if (!fits) return false;
  const reason = 'The payment came late; the seats were still free and were taken again.';
  record.advance(booking, 'confirmed', reason);
  record.move(booking, 'retake', 0, 1);
  return true;
}

/** Money goes back, a promise is given up. Answers whether there is a refund. */
function letGo(record: ModelRecord, giveBack: GivesBack, payment: Payment): boolean {
  if (payment.status === 'succeeded') return giveBack(payment, payment.amount);
  record.set(payment, 'status', 'voiding');
  record.set(payment, 'nextCallAt', record.now());
  return false;
}
