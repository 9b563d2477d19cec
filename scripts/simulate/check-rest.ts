import { demand } from './violation.ts';
import type { World } from './world.ts';

/** What is true when faults are over, time has passed, and everything that was due has been done. */
export function checkRest(world: World): void {
  const { provider, weather, recorder } = world;
  const { record } = recorder.model;
  demand(world.openCalls === 0, 'every call is answered', () => `${world.openCalls} are not`);
  for (const booking of record.bookings.values()) {
    const isSettled = !['held', 'paying', 'refund_pending'].includes(booking.status);
    demand(isSettled, 'at rest nothing is pending', () => `${booking.id} is ${booking.status}`);
  }
  // Sums of many bookings may be beyond 2^53.
  let balance = 0n;
  for (const payment of record.payments.values()) {
    const theirs = provider.payments.get(payment.id);
    const phase = payment.status === 'succeeded' ? 'captured' : payment.status;
    demand(theirs?.phase === phase, 'the provider’s ledger is ours', () => {
      return `payment ${payment.id} is ${payment.status}, there ${theirs?.phase ?? 'unknown'}`;
    });
    const refund = record.refundOf(payment);
    const back = refund?.status === 'succeeded' ? refund.amount : 0;
    demand(theirs.refunded === back, 'the provider’s ledger is ours', () => {
      return `of payment ${payment.id} we gave back ${back}, and they ${theirs.refunded}`;
    });
    if (payment.status === 'succeeded') balance += BigInt(payment.amount - back);
  }
  for (const { id, phase } of provider.payments.values()) {
    demand(record.payments.has(id) || phase === 'taken', 'all money is known', () => `payment ${id} is ${phase} there`);
  }
  let owed = 0n;
  for (const booking of record.bookings.values()) {
    owed += BigInt(booking.status === 'confirmed' ? booking.price : (recorder.kept.get(booking.id) ?? 0));
  }
  demand(balance === owed, 'captured − refunded is what is sold', () => `we have ${balance}, and should have ${owed}`);
  for (const cabin of record.cabins.values()) {
    demand(cabin.held === 0, 'at rest nothing is held', () => `cabin ${cabin.id} has ${cabin.held}`);
    if (!weather.sellsOut || !record.isForSale(cabin)) continue;
    demand(cabin.sold >= cabin.target, 'no seat is stranded', () => {
      return `cabin ${cabin.id}: ${cabin.sold} of ${cabin.target} are sold, and everybody was asked to buy`;
    });
  }
}
