import type { BookingView, CancelQuoteView } from '../../../shared/booking.ts';
import { newId } from '../../../shared/ids.ts';
import { money } from '../../../shared/money.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { cancellationTerms } from '../offers/cancellation-terms.ts';
import { availableActions } from './booking-lifecycle.ts';
import type { Buyer, SellingRoom } from './booking-room.ts';
import { type BookingRow, bookingViewOf } from './booking-rows.ts';
import { readOwnBooking } from './get-booking.ts';

const quoteLifeSeconds = 600;
/** A capture follows its authorisation at once. */
const capturingRetryMs = 1_000;

/** What cancelling would give back. A newer quote replaces an older one. Fails: NOT_FOUND, NOT_ALLOWED. */
export async function quoteCancellation(room: SellingRoom, actor: string, id: string): Promise<CancelQuoteView> {
  const row = await readOwnBooking(room, actor, id);
  if (!availableActions(row.status).includes('cancel')) throw notCancellable(row.status);
  const terms = await termsOf(room, row);
  const quoteId = newId();
  const expiresAt = await room.store.saveQuote({
    bookingId: id,
    quoteId,
    refund: terms.refund.amount,
    penalty: terms.penalty.amount,
    lifeSeconds: quoteLifeSeconds,
  });
  return { quoteId, ...terms, expiresAt };
}

/** What each leg costs the party, on which terms; undefined without a fare. */
const legsOf = ({ fare, seats }: BookingRow) =>
  fare?.legs.map(({ price, conditions }) => ({ amount: price.amount * seats, refund: conditions.refund }));

async function termsOf(room: SellingRoom, row: BookingRow) {
  // Nothing was paid for a hold, so there is nothing to give back or keep.
  if (row.status === 'held') return { refund: money(0, row.priceCurrency), penalty: money(0, row.priceCurrency) };
  const hours = await room.store.hoursToDeparture(row.id);
  const terms = cancellationTerms(money(row.priceAmount, row.priceCurrency), hours, legsOf(row));
  if (!terms) throw refuse('NOT_ALLOWED', { reason: 'the journey has begun', status: row.status });
  return terms;
}

/**
 * Gives a hold back at once, or a confirmed booking on the terms of its newest quote. The seats are
 * free with the commit; a refund follows on its own. Idempotent by state.
 *
 * Fails: NOT_FOUND, NOT_ALLOWED (state, or a quote that is missing, expired or not the newest),
 * IN_PROGRESS (its money is promised but not there yet).
 */
export async function cancelBooking(
  room: SellingRoom,
  buyer: Buyer,
  { id, quoteId }: { id: string; quoteId?: string },
): Promise<BookingView> {
  const { actor } = buyer;
  // Ends it first if its time is over: nobody cancels what has expired.
  const before = await readOwnBooking(room, actor, id);
  const outcome = await room.lanes.cancel.send({ id, actor, quoteId: quoteId ?? null });
  const row = await readOwnBooking(room, actor, id);
  switch (outcome) {
    case 'cancelled':
      if (before.status === 'held') room.limits.left({ ...buyer, bookingId: id, abandoned: true });
      room.announce([id]);
      if (row.status === 'refund_pending') room.nudgePayments();
      return bookingViewOf(row);
    case 'unchanged':
      return bookingViewOf(row);
    case 'quote_missing':
      throw refuse('NOT_ALLOWED', { reason: 'a confirmed booking is cancelled by a quote', status: row.status });
    case 'quote_stale':
      throw refuse('NOT_ALLOWED', { reason: 'the quote has expired or is not the newest one', quoteId });
    case 'capturing':
      throw refuse('IN_PROGRESS', { retryAfterMs: capturingRetryMs });
    case 'not_cancellable':
      throw notCancellable(row.status);
    case 'not_found':
      throw refuse('NOT_FOUND', { reason: 'no such booking', bookingId: before.id });
  }
}

const notCancellable = (status: BookingRow['status']) =>
  refuse('NOT_ALLOWED', { reason: `a booking that is ${status} cannot be cancelled`, status });
