import type { BookingFare, PriceReason } from '../../../shared/offer.ts';
import type { Instant } from '../../../shared/times.ts';

/** What a booking keeps of the offer that it was made from: the terms as they were shown, whatever is sold later. */
export interface StoredFare extends BookingFare {
  /** Null: the guarantee was over, and the traveller has agreed to what it cost by then. */
  guaranteedUntil: Instant | null;
  /** Of each leg: what the brand adds to the cabin's price. */
  addPercent: number[];
  /** The price that was shown first, if the traveller has agreed to another since. */
  first?: { amount: number; reason: PriceReason };
}
