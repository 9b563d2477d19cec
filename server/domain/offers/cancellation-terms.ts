import { type Money, money } from '../../../shared/money.ts';

/** Up to this long before departure a confirmed booking may be given back without penalty. */
const freeUntilHoursBefore = 24;
/** Later than that, this share of the price is kept. */
const lateShareKept = 0.5;

/**
 * What a traveller gets back for a confirmed booking, by the time that is left until the first
 * departure. After it nothing is refunded and the booking cannot be cancelled.
 * The kept half is rounded down, in the traveller's favour.
 */
export function cancellationTerms(
  price: Money,
  hoursToDeparture: number,
): { refund: Money; penalty: Money } | undefined {
  if (hoursToDeparture <= 0) return undefined;
  const kept = hoursToDeparture >= freeUntilHoursBefore ? 0 : Math.floor(price.amount * lateShareKept);
  return { refund: money(price.amount - kept, price.currency), penalty: money(kept, price.currency) };
}
