import type { Fare, FareConditions } from '../../../shared/fare.ts';
import type { CabinClass } from '../../../shared/flight.ts';
import { money } from '../../../shared/money.ts';
import type { BookingFare, OffersView, OfferView } from '../../../shared/offer.ts';
import { brandName, type JourneyBrand, journeyBrands, strictest } from './journey-brands.ts';
import type { OfferRoom } from './offer-room.ts';
import { guaranteeMs, type NewOffer, type Offer, offerAmount } from './offer-seal.ts';
import { brandPrice, seatPrice } from './party-price.ts';
import { type PricedLeg, priceLegs } from './price-legs.ts';

/**
 * What this party may buy these legs for now: one offer a brand, cheapest first, each with a token that keeps its
 * price for ten minutes. Promises no seats. Fails: NOT_FOUND, CLOSED, SOLD_OUT, INVALID_INPUT.
 */
export async function makeOffers(
  room: OfferRoom,
  { legs, seats }: { legs: { flightId: string; cabin: CabinClass }[]; seats: number },
): Promise<OffersView> {
  const priced = await priceLegs(room, legs, seats);
  const families = await room.families.brandsOf(priced.map((each) => each.familyId));
  return { offers: journeyBrands(families).map((brand) => offerViewOf(room, priceIn(priced, brand, seats), brand)) };
}

/** The promise that these legs make in this brand. */
export const priceIn = (legs: PricedLeg[], { brand, fares }: JourneyBrand, seats: number): NewOffer => ({
  legs: legs.map((leg, at) => ({
    flightId: leg.flightId,
    cabin: leg.cabin,
    version: leg.version,
    seatPrice: brandPrice(seatPrice(leg, seats), (fares[at] as Fare).addPercent),
    familyId: leg.familyId,
  })),
  brand,
  seats,
  currency: (legs[0] as PricedLeg).currency,
});

export function offerViewOf(room: Pick<OfferRoom, 'clock' | 'seal'>, offer: NewOffer, brand: JourneyBrand): OfferView {
  const nowMs = room.clock.now();
  return {
    offerToken: room.seal.seal(offer, nowMs),
    ...fareOf(offer, brand),
    seats: offer.seats,
    price: money(offerAmount(offer), offer.currency),
    guaranteedUntil: new Date(nowMs + guaranteeMs).toISOString(),
  };
}

/** What is sold, leg by leg. */
export const fareOf = (offer: Pick<Offer, 'legs' | 'currency'>, brand: JourneyBrand): BookingFare => ({
  brand: brand.brand ?? 'mixed',
  name: brandName(brand),
  legs: offer.legs.map(({ flightId, cabin, seatPrice }, at) => ({
    flightId,
    cabin,
    price: money(seatPrice, offer.currency),
    conditions: conditionsOf(brand.fares[at] as Fare),
  })),
  conditions: strictest(brand.fares),
});

const conditionsOf = ({ refund, change, bags }: Fare): FareConditions => ({ refund, change, bags });
