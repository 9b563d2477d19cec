import type { Fare } from '../../../shared/fare.ts';
import { money } from '../../../shared/money.ts';
import type { PriceReason, RepriceView } from '../../../shared/offer.ts';
import { invalidInput } from '../../platform/runtime/failure.ts';
import { cheapestBrand, findBrand, type JourneyBrand } from './journey-brands.ts';
import { offerViewOf, priceIn } from './make-offers.ts';
import type { OfferRoom } from './offer-room.ts';
import { type NewOffer, type Offer, offerAmount } from './offer-seal.ts';
import { brandPrice } from './party-price.ts';
import { type PricedLeg, priceLegs } from './price-legs.ts';

/**
 * What an offer costs today, with a new promise. The old one stays good until its own end. A brand that is sold no
 * more becomes the cheapest. Fails: INVALID_INPUT (no token of ours), NOT_FOUND, CLOSED, SOLD_OUT.
 */
export async function repriceOffer(room: OfferRoom, offerToken: string): Promise<RepriceView> {
  const offer = openOffer(room, offerToken);
  const { now, brand, reason } = await priceAgain(room, offer);
  const view = offerViewOf(room, now, brand);
  return {
    offerToken: view.offerToken,
    was: money(offerAmount(offer), offer.currency),
    now: view.price,
    changed: reason !== null,
    reason,
    offer: view,
  };
}

/** Fails: INVALID_INPUT. */
export function openOffer(room: Pick<OfferRoom, 'seal'>, offerToken: string): Offer {
  const offer = room.seal.open(offerToken);
  if (!offer) throw invalidInput(['offerToken'], 'not a token of ours');
  return offer;
}

export interface Repriced {
  now: NewOffer;
  brand: JourneyBrand;
  /** Null: it costs the same. */
  reason: PriceReason | null;
}

/** The same journey and party at today's price. */
export async function priceAgain(room: OfferRoom, offer: Offer): Promise<Repriced> {
  const legs = await priceLegs(room, offer.legs, offer.seats);
  const families = await room.families.brandsOf(legs.map((each) => each.familyId));
  const same = findBrand(families, offer.brand);
  const brand = same ?? cheapestBrand(families);
  const priced = priceIn(legs, brand, offer.seats);
  const changed = offerAmount(priced) !== offerAmount(offer) || priced.currency !== offer.currency;
  const reason = !changed ? null : same ? whyChanged(offer, priced, legs, brand) : 'brand_gone';
  // Whatever happens on the way, a booking can say what was shown first.
  const first = offer.first ?? (reason === null ? null : { amount: offerAmount(offer), reason });
  return { now: { ...priced, first }, brand, reason };
}

/** Another step of the same ladder, if the old price is one of its steps. */
function whyChanged(offer: Offer, now: NewOffer, legs: PricedLeg[], { fares }: JourneyBrand): PriceReason {
  const moved = legs.filter((_, at) => offer.legs[at]?.seatPrice !== now.legs[at]?.seatPrice);
  const bySeats = moved.every((leg) => {
    const at = legs.indexOf(leg);
    const { addPercent } = fares[at] as Fare;
    const steps = Array.from(leg.ladder ?? []).filter((_, place) => place % 2 === 1);
    return steps.some((amount) => brandPrice(amount, addPercent) === offer.legs[at]?.seatPrice);
  });
  return bySeats ? 'seats' : 'price_set';
}
