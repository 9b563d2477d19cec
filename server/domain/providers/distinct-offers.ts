import type { FareOffer } from './fare-provider.ts';

export interface DistinctOffer extends FareOffer {
  /** Who has it at this price, in the order of the answers. */
  providers: string[];
}

/**
 * One offer for each way to travel, the cheapest, from the answers of several providers: the same flights
 * have the same key whoever sells them. Prices of different currencies do not compare and stay apart, as
 * do kinds of price: a sum of two one-ways is another contract than a round trip. Cheapest first.
 */
export function distinctOffers(
  answers: readonly { provider: string; offers: readonly FareOffer[] }[],
): DistinctOffer[] {
  const best = new Map<string, DistinctOffer>();
  for (const { provider, offers } of answers) {
    for (const offer of offers) {
      const id = `${offer.key} ${offer.priceKind} ${offer.price.currency}`;
      const known = best.get(id);
      if (!known || offer.price.amount < known.price.amount) best.set(id, { ...offer, providers: [provider] });
      else if (offer.price.amount === known.price.amount && !known.providers.includes(provider)) {
        known.providers.push(provider);
      }
    }
  }
  return [...best.values()].sort((a, b) => a.price.amount - b.price.amount);
}
