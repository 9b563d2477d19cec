import { describe, expect, it } from 'vitest';
import { createOfferSeal, guaranteeMs, offerAmount } from '../../server/domain/offers/offer-seal.ts';
import { newId } from '../../shared/ids.ts';

const seal = createOfferSeal('a secret that is long enough for anybody');
const now = Date.parse('2027-01-02T03:04:05.678Z');
const offer = {
  legs: [
    { flightId: newId(), cabin: 'economy' as const, version: 7, seatPrice: 13_400, familyId: 3 },
    { flightId: newId(), cabin: 'first' as const, version: 4_000_000_000, seatPrice: 2 ** 50 + 1, familyId: null },
  ],
  brand: 'flex',
  seats: 9,
  currency: 'USD',
};

describe('an offer token', () => {
  it('[FARE-3] comes back as it was sealed', () => {
    const token = seal.seal(offer, now);
    expect(seal.open(token)).toEqual({ ...offer, issuedAt: now, guaranteedUntil: now + guaranteeMs, first: null });
    expect(token).toMatch(/^[\w-]+$/);
    const first = { amount: 2 ** 40, reason: 'brand_gone' as const };
    const other = seal.open(seal.seal({ ...offer, legs: offer.legs.slice(0, 1), brand: null, first }, now));
    expect(other).toMatchObject({ brand: null, first, legs: [offer.legs[0]] });
    expect(offerAmount(other as typeof offer)).toBe(9 * 13_400);
  });

  it('[FARE-3] any other text is none: every bit counts, and so does the key', () => {
    const token = seal.seal(offer, now);
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(seal.open(changed.toString('base64url'))).toBeUndefined();
    }
    for (let length = 0; length < token.length; length++) expect(seal.open(token.slice(0, length))).toBeUndefined();
    expect(seal.open(`${token}A`)).toBeUndefined();
    expect(createOfferSeal('another secret').open(token)).toBeUndefined();
  });
});
