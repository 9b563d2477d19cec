import type { FareRule } from '../../../shared/fare.ts';
import { type Money, money } from '../../../shared/money.ts';

/** Up to this long before departure the house gives everything back. */
const freeUntilHoursBefore = 24;
/** Later than that, this share of the price is kept. */
const lateShareKept = 0.5;

/** What is kept of a leg's price, rounded down, in the traveller's favour. */
function kept(amount: number, refund: FareRule, hoursToDeparture: number): number {
  switch (refund.rule) {
    case 'free':
      return 0;
    case 'fee':
      return Math.floor((amount * refund.percent) / 100);
    case 'no':
      return amount;
    case 'house':
    case 'unknown':
      return hoursToDeparture >= freeUntilHoursBefore ? 0 : Math.floor(amount * lateShareKept);
  }
}

/**
 * What a traveller gets back for a confirmed booking, by its fare and the time that is left until the first
 * departure. After it nothing is refunded and the booking cannot be cancelled.
 *
 * `legs`: what each costs the party, and its fare's rule; without a fare the whole price is on the house's terms.
 */
export function cancellationTerms(
  price: Money,
  hoursToDeparture: number,
  legs: { amount: number; refund: FareRule }[] = [{ amount: price.amount, refund: { rule: 'house' } }],
): { refund: Money; penalty: Money } | undefined {
  if (hoursToDeparture <= 0) return undefined;
  const penalty = legs.reduce((sum, leg) => sum + kept(leg.amount, leg.refund, hoursToDeparture), 0);
  return { refund: money(price.amount - penalty, price.currency), penalty: money(penalty, price.currency) };
}
