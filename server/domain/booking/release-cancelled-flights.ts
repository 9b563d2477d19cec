import type { SellingRoom } from './booking-room.ts';

const batchMax = 500;

/**
 * One round for bookings on flights that an operator cancelled: holds are given back, confirmed
 * bookings are refunded in full. What is left to do stands in the record, so a crash loses nothing
 * and the next round goes on. A booking whose money is on its way is met once that is settled.
 * Answers whether there may be more.
 */
export async function releaseCancelledFlights(room: SellingRoom): Promise<boolean> {
  const stranded = await room.store.stranded(batchMax);
  const moved = await Promise.all(stranded.map((id) => room.lanes.release.send(id)));
  const released = stranded.filter((_, place) => moved[place]);
  if (released.length === 0) return false;
  room.announce(released);
  room.nudgePayments();
  return stranded.length === batchMax;
}
