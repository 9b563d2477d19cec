import type { SellingRoom } from './booking-room.ts';

const batchMax = 500;

/**
 * Ends holds that are past their deadline by Postgres' clock. Expiry itself is in the condition of
 * whoever uses a hold; this tidies and tells. Any number may run beside each other. Answers how many
 * ended (at most 500 a call).
 */
export async function expireHolds(room: SellingRoom): Promise<number> {
  return expireThese(room, await room.store.due(batchMax));
}

/** Those of these holds that are past their deadline. Answers how many ended. */
export async function expireThese(room: SellingRoom, due: string[]): Promise<number> {
  const moved = await Promise.all(due.map((id) => room.lanes.expire.send(id)));
  const expired = due.filter((_, place) => moved[place]);
  if (expired.length > 0) room.announce(expired);
  room.metrics.bookingsFailed.inc(expired.length);
  return expired.length;
}

/** The same for one booking, for whoever is about to look at it. Answers whether it ended. */
export async function expireHold(room: SellingRoom, bookingId: string): Promise<boolean> {
  return (await expireThese(room, [bookingId])) > 0;
}
