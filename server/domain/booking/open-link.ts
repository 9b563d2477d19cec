import type { LinkOpenedView } from '../../../shared/booking.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { AccessRoom } from './access-room.ts';
import { digestOf } from './request-link.ts';

/** Long enough to read, change names or cancel; then the next link. */
const tokenMinutes = 60;

const useSql = `
  update access_link l set used_at = now() from booking b
  where l.digest = $1 and l.used_at is null and l.expires_at > now() and b.id = l.booking_id
  returning b.id, b.actor`;

/**
 * Trades the code of a mailed link for a token that opens this one booking, as its owner: to look at it, to set its
 * passengers, to pay and to cancel. A code is good once.
 *
 * Fails: NOT_ALLOWED (unknown, used or over), RATE_LIMITED (by address).
 */
export async function openLink(
  room: AccessRoom,
  asking: { address: string },
  { code }: { code: string },
): Promise<LinkOpenedView> {
  await room.limits.tries.take(asking.address);
  const { rows } = await room.pool.query<{ id: string; actor: string }>(useSql, [digestOf(code)]);
  const [booking] = rows;
  if (!booking) throw refuse('NOT_ALLOWED', { reason: 'this link was used or is over; ask for another one' });
  return {
    token: await room.tokens.sign({ id: booking.actor, only: booking.id }, tokenMinutes),
    bookingId: booking.id,
    expiresAt: new Date(room.clock.now() + tokenMinutes * 60_000).toISOString(),
  };
}
