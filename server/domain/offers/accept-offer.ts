import type { CabinClass } from '../../../shared/flight.ts';
import { type Money, money } from '../../../shared/money.ts';
import { invalidInput, refuse } from '../../platform/runtime/failure.ts';
import { findBrand, type JourneyBrand } from './journey-brands.ts';
import { fareOf } from './make-offers.ts';
import type { OfferRoom } from './offer-room.ts';
import { type NewOffer, type Offer, offerAmount } from './offer-seal.ts';
import { openOffer, priceAgain } from './reprice-offer.ts';
import type { StoredFare } from './stored-fare.ts';

/** An offer as a hold takes it. */
export interface AcceptedOffer {
  /** `agreed`: one seat, in minor units. */
  legs: { flightId: string; cabin: CabinClass; agreed: number }[];
  seats: number;
  fare: StoredFare;
  /** The whole party. */
  price: Money;
  /** What it costs by now: asked when a cabin's currency is another than the offer's. */
  priceNow(): Promise<Money>;
}

export interface Acceptance {
  offerToken: string;
  /** What came beside the token must agree with it. */
  legs?: { flightId: string; cabin: CabinClass }[] | undefined;
  seats?: number | undefined;
  /** A price that the traveller has seen since. */
  expected?: Money | undefined;
  /** Whether this request was served before: then nothing is priced again. */
  isRepeat: () => Promise<boolean>;
}

/**
 * What a hold may rely on. Within its guarantee an offer's price holds whatever the cabin costs by now. Later it is
 * priced again: the same price is fine, and another one if it is what the traveller expects.
 *
 * Fails: INVALID_INPUT (no token of ours, or legs or seats that are not the offer's), PRICE_CHANGED, and as `priceLegs`.
 */
export async function acceptOffer(room: OfferRoom, asked: Acceptance): Promise<AcceptedOffer> {
  const offer = openOffer(room, asked.offerToken);
  mustAgree(offer, asked);
  const shown = money(offerAmount(offer), offer.currency);
  if (room.clock.now() > offer.guaranteedUntil && !(await asked.isRepeat())) {
    const { now, brand, reason } = await priceAgain(room, offer);
    const price = money(offerAmount(now), now.currency);
    if (reason !== null && !isSame(asked.expected, price)) throw refuse('PRICE_CHANGED', { was: shown, now: price });
    return accepted(room, offer, now, brand, null);
  }
  const families = await room.families.brandsOf(offer.legs.map((each) => each.familyId));
  // A family never changes, so what was sealed is still in it.
  return accepted(room, offer, offer, findBrand(families, offer.brand) as JourneyBrand, offer.guaranteedUntil);
}

function accepted(
  room: OfferRoom,
  offer: Offer,
  terms: NewOffer,
  brand: JourneyBrand,
  guaranteedUntil: number | null,
): AcceptedOffer {
  return {
    legs: terms.legs.map(({ flightId, cabin, seatPrice }) => ({ flightId, cabin, agreed: seatPrice })),
    seats: terms.seats,
    fare: {
      ...fareOf(terms, brand),
      guaranteedUntil: guaranteedUntil === null ? null : new Date(guaranteedUntil).toISOString(),
      addPercent: brand.fares.map((each) => each.addPercent),
      ...(terms.first && { first: terms.first }),
    },
    price: money(offerAmount(terms), terms.currency),
    priceNow: async () => {
      const { now } = await priceAgain(room, offer);
      return money(offerAmount(now), now.currency);
    },
  };
}

function mustAgree(offer: Offer, { legs, seats }: Acceptance): void {
  const sameLegs =
    !legs ||
    (legs.length === offer.legs.length &&
      legs.every(
        ({ flightId, cabin }, at) => flightId === offer.legs[at]?.flightId && cabin === offer.legs[at]?.cabin,
      ));
  if (!sameLegs) throw invalidInput(['legs'], 'other legs than those of the offer');
  if (seats !== undefined && seats !== offer.seats)
    throw invalidInput(['seats'], `the offer is for ${offer.seats} ${offer.seats === 1 ? 'seat' : 'seats'}`);
}

const isSame = (a: Money | undefined, b: Money): boolean => a?.amount === b.amount && a.currency === b.currency;
