import type { BookingView } from '../../../shared/booking.ts';
import { newId } from '../../../shared/ids.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { Buyer, SellingRoom } from './booking-room.ts';
import { type BookingRow, bookingViewOf } from './booking-rows.ts';
import { readOwnBooking } from './get-booking.ts';
import { newLocator } from './record-locator.ts';

const locatorDrawsMax = 8;

/**
 * Starts paying for a hold: `held → paying`, with the payment's row in the same transaction; the
 * gateway is called from that row afterwards. Idempotent by state: a booking whose payment was
 * started already is answered as it is.
 *
 * Fails: NOT_FOUND, HOLD_EXPIRED, NOT_ALLOWED (cancelled before it was paid).
 */
export async function payBooking(
  room: SellingRoom,
  buyer: Buyer,
  input: { id: string; method?: string },
): Promise<BookingView> {
  const { actor } = buyer;
  const started = await startPayment(room, actor, input);
  if (started) {
    room.limits.left({ ...buyer, bookingId: input.id, abandoned: false });
    room.announce([input.id]);
    room.nudgePayments();
    return bookingViewOf(started);
  }
  const row = await readOwnBooking(room, actor, input.id);
  if (row.payment) return bookingViewOf(row);
  if (row.status === 'expired')
    throw refuse('HOLD_EXPIRED', { reason: 'the hold has expired', bookingId: row.id, at: row.holdExpiresAt });
  throw refuse('NOT_ALLOWED', { reason: `the booking is ${row.status}`, status: row.status });
}

async function startPayment(
  room: SellingRoom,
  actor: string,
  { id, method }: { id: string; method?: string },
): Promise<BookingRow | undefined> {
  for (let draw = 1; draw <= locatorDrawsMax; draw++) {
    const payment = { paymentId: newId(), locator: newLocator(), method: method ?? null };
    const outcome = await room.lanes.pay.send({ id, actor, ...payment });
    if (outcome === 'locator_taken') continue;
    return outcome && (await startedRow(room, id, outcome.version, payment));
  }
  throw refuse('BUSY', { retryAfterMs: 50 });
}

/** What this process held itself it need not read again, if paying is the first thing that happened to it. */
async function startedRow(
  room: SellingRoom,
  id: string,
  version: number,
  { paymentId, locator }: { paymentId: string; locator: string },
): Promise<BookingRow | undefined> {
  const held = room.recent.take(id);
  if (held?.version !== version - 1) return room.store.read(id);
  const amount = { amount: held.priceAmount, currency: held.priceCurrency };
  return { ...held, status: 'paying', version, locator, payment: { id: paymentId, amount, status: 'pending' } };
}
