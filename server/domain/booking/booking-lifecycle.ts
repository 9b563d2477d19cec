import type { BookingAction, BookingStatus } from '../../../shared/booking.ts';

/**
 * The life of a booking.
 *
 *   held ──▶ paying ──▶ confirmed ──▶ cancelled | refund_pending ──▶ refunded
 *    │         ├──▶ failed ─┐
 *    ├─────────┴──▶ expired ┴─▶ (money came late) confirmed, or refund_pending ──▶ refunded
 *    └──▶ cancelled ──────────▶ (money came late) refund_pending ──▶ refunded
 *
 * held, paying   its seats count as held on every leg until `holdExpiresAt`
 * confirmed      its seats count as sold
 * all others     it has no seats
 *
 * Each arrow is one conditional UPDATE (migrations/0017_lives.sql): whoever finds the booking in another state has lost
 * the race, reads again and answers accordingly. All legs share the status.
 */
/** From which states each state is entered. */
export const arrows = {
  paying: ['held'],
  confirmed: ['held', 'paying', 'expired', 'failed'],
  failed: ['paying'],
  expired: ['held', 'paying'],
  cancelled: ['held', 'confirmed'],
  refund_pending: ['confirmed', 'expired', 'failed', 'cancelled'],
  refunded: ['refund_pending'],
} as const satisfies Record<Exclude<BookingStatus, 'held'>, readonly BookingStatus[]>;

export function availableActions(status: BookingStatus): BookingAction[] {
  switch (status) {
    case 'held':
      return ['pay', 'set_passengers', 'cancel'];
    case 'paying':
      return ['set_passengers'];
    case 'confirmed':
      return ['set_passengers', 'cancel'];
    case 'failed':
    case 'expired':
    case 'cancelled':
    case 'refunded':
      return ['rehold'];
    case 'refund_pending':
      return [];
  }
}
