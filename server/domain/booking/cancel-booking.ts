import type { PoolClient } from 'pg';
import type { BookingView, CancelQuoteView } from '../../../shared/booking.ts';
import { newId } from '../../../shared/ids.ts';
import { money } from '../../../shared/money.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { settleSeats } from '../inventory/move-seats.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import { cancellationTerms } from '../offers/cancellation-terms.ts';
import { addRefund } from '../payments/add-refund.ts';
import { advanceBookings } from './advance-booking.ts';
import { availableActions } from './booking-lifecycle.ts';
import type { BookingRoom } from './booking-room.ts';
import { type BookingRow, bookingViewOf, movesOf, readBooking } from './booking-rows.ts';
import { readOwnBooking } from './get-booking.ts';

const quoteLifeSeconds = 600;

const hoursToDepartureSql = `
  select (extract(epoch from min(f.departs_at_utc) - now()) / 3600)::float8 as hours
  from booking_leg l join flight f on f.id = l.flight_id where l.booking_id = $1`;

const writeQuoteSql = `
  insert into cancel_quote (booking_id, quote_id, refund_amount, penalty_amount, expires_at)
  values ($1, $2, $3, $4, now() + make_interval(secs => ${quoteLifeSeconds}))
  on conflict (booking_id) do update set quote_id = excluded.quote_id, refund_amount = excluded.refund_amount,
    penalty_amount = excluded.penalty_amount, expires_at = excluded.expires_at
  returning to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "expiresAt"`;

const takeQuoteSql = `
  delete from cancel_quote where booking_id = $1 and quote_id = $2 and expires_at > now()
  returning refund_amount::float8 as refund`;

/** What cancelling would give back. A newer quote replaces an older one. Fails: NOT_FOUND, NOT_ALLOWED. */
export async function quoteCancellation(room: BookingRoom, actor: string, id: string): Promise<CancelQuoteView> {
  const row = await readOwnBooking(room, actor, id);
  if (!availableActions(row.status).includes('cancel')) throw notCancellable(row);
  const terms = await termsOf(room, row);
  const quoteId = newId();
  const { rows } = await room.pool.query<{ expiresAt: string }>(writeQuoteSql, [
    id,
    quoteId,
    terms.refund.amount,
    terms.penalty.amount,
  ]);
  return { quoteId, ...terms, expiresAt: (rows[0] as { expiresAt: string }).expiresAt };
}

async function termsOf(room: BookingRoom, row: BookingRow) {
  // Nothing was paid for a hold, so there is nothing to give back or keep.
  if (row.status === 'held') return { refund: money(0, row.priceCurrency), penalty: money(0, row.priceCurrency) };
  const { rows } = await room.pool.query<{ hours: number }>(hoursToDepartureSql, [row.id]);
  const terms = cancellationTerms(money(row.priceAmount, row.priceCurrency), rows[0]?.hours ?? 0);
  if (!terms) throw refuse('NOT_ALLOWED', { reason: 'the journey has begun', status: row.status });
  return terms;
}

/**
 * Gives a hold back at once, or a confirmed booking on the terms of its newest quote. The seats are
 * free with the commit; a refund follows on its own. Idempotent by state.
 *
 * Fails: NOT_FOUND, NOT_ALLOWED (state, or a quote that is missing, expired or not the newest).
 */
export async function cancelBooking(
  room: BookingRoom,
  actor: string,
  { id, quoteId }: { id: string; quoteId?: string },
): Promise<BookingView> {
  await readOwnBooking(room, actor, id);
  const { row, truths } = await inTransaction(room.pool, async (tx) => {
    await tx.query('select from booking where id = $1 for update', [id]);
    const before = (await readBooking(tx, id)) as BookingRow;
    const truths = await cancelLocked(tx, before, quoteId);
    return { row: (await readBooking(tx, id)) as BookingRow, truths };
  });
  room.announce({ seats: truths, bookings: truths.length > 0 ? [id] : [] });
  if (row.status === 'refund_pending') room.nudgePayments();
  return bookingViewOf(row);
}

async function cancelLocked(tx: PoolClient, before: BookingRow, quoteId: string | undefined): Promise<SeatTruth[]> {
  const reason = 'Cancelled by the traveller.';
  switch (before.status) {
    case 'held':
      await advanceBookings(tx, [before.id], 'cancelled', { from: ['held'], reason });
      return settleSeats(tx, 'release', movesOf(before));
    case 'confirmed': {
      if (!quoteId)
        throw refuse('NOT_ALLOWED', { reason: 'a confirmed booking is cancelled by a quote', status: before.status });
      const quote = await tx.query<{ refund: number }>(takeQuoteSql, [before.id, quoteId]);
      const refund = quote.rows[0]?.refund;
      if (refund === undefined) {
        throw refuse('NOT_ALLOWED', { reason: 'the quote has expired or is not the newest one', quoteId });
      }
      const refunded =
        refund > 0 && (await addRefund(tx, before.id, { amount: refund, currency: before.priceCurrency }));
      await advanceBookings(tx, [before.id], refunded ? 'refund_pending' : 'cancelled', {
        from: ['confirmed'],
        reason,
      });
      return settleSeats(tx, 'return', movesOf(before));
    }
    case 'cancelled':
    case 'refund_pending':
    case 'refunded':
      return [];
    case 'paying':
    case 'failed':
    case 'expired':
      throw notCancellable(before);
  }
}

const notCancellable = (row: BookingRow) =>
  refuse('NOT_ALLOWED', { reason: `a booking that is ${row.status} cannot be cancelled`, status: row.status });
