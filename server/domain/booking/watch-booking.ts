import type { BookingView } from '../../../shared/booking.ts';
import { whenAvailable } from '../../platform/postgres/when-available.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { availableActions } from './booking-lifecycle.ts';
import type { BookingLogData } from './booking-log.ts';
import type { BookingRoom } from './booking-room.ts';
import { bookingViewOf } from './booking-rows.ts';
import { readOwnBooking } from './get-booking.ts';

/**
 * A booking's states as they come, each exactly once and in order; the event id is the booking's
 * version. Without `lastEventId` the present state comes first. With it, everything after it does,
 * so a client that was away misses nothing and sees nothing twice.
 *
 * Fails: NOT_FOUND, INVALID_INPUT for an id that is none.
 */
export async function* watchBooking(
  room: BookingRoom,
  actor: string,
  input: { bookingId: string; lastEventId?: string | null },
  signal: AbortSignal,
): AsyncGenerator<{ eventId: string; booking: BookingView }> {
  const current = bookingViewOf(await readOwnBooking(room, actor, input.bookingId));
  let seen = current.version;
  if (input.lastEventId) {
    seen = Number(input.lastEventId);
    if (!/^\d{1,9}$/.test(input.lastEventId) || seen > current.version) {
      throw invalidInput(['lastEventId'], 'not an event of this booking');
    }
    if (seen === 0) {
      // A booking begins with its seats; that is the one state that the log need not tell of.
      seen = 1;
      const unpaid = { reason: null, locator: null, payment: null, refund: null };
      const booking = { ...current, ...unpaid, status: 'held', availableActions: availableActions('held') } as const;
      yield { eventId: '1', booking: { ...booking, version: 1 } };
    }
  } else {
    yield { eventId: String(current.version), booking: current };
  }
  for await (const entry of room.feed.followSubject(input.bookingId, seen, signal)) {
    const row = await whenAvailable(room.clock, signal, () => readOwnBooking(room, actor, input.bookingId));
    const view = bookingViewOf(row);
    const { status, reason, locator, payment, refund } = entry.data as unknown as BookingLogData;
    const version = entry.version as number;
    // Who travels is read as it is now; the state is the one that the event tells of.
    yield {
      eventId: String(version),
      booking: {
        ...view,
        status,
        reason,
        locator,
        payment,
        refund,
        version,
        availableActions: availableActions(status),
      },
    };
  }
}
