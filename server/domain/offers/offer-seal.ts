import { type CabinClass, cabinClasses } from '../../../shared/flight.ts';
import type { PriceReason } from '../../../shared/offer.ts';
import { keyedMac, macBytes } from '../../platform/runtime/keyed-mac.ts';

/** A promise: this party on these flights in this brand at these prices until then. */
export interface Offer {
  legs: OfferLeg[];
  /** Null: the cheapest brand of each leg's family, as search seals it. */
  brand: string | null;
  /** Those who take one. */
  seats: number;
  currency: string;
  /** Milliseconds since the epoch. */
  issuedAt: number;
  guaranteedUntil: number;
  /** What the traveller was shown first, if that was another price, and why it changed. */
  first: { amount: number; reason: PriceReason } | null;
}

export interface OfferLeg {
  flightId: string;
  cabin: CabinClass;
  /** Of the cabin, as it was priced. */
  version: number;
  /** One seat, in minor units. */
  seatPrice: number;
  /** The family of brands that the cabin had (`cabin.fare_family_id`), or null. */
  familyId: number | null;
}

/** What may be sealed: the times are the sealer's. */
export type NewOffer = Omit<Offer, 'issuedAt' | 'guaranteedUntil' | 'first'> & Partial<Pick<Offer, 'first'>>;

export interface OfferSeal {
  /** About 5 µs. */
  seal(offer: NewOffer, nowMs: number): string;
  /** Undefined: not sealed with our key, or cut, or changed. Whether it is still good its times say. */
  open(token: string): Offer | undefined;
}

/** For how long a price is guaranteed from the moment in which it was shown. */
export const guaranteeMs = 10 * 60_000;

export const offerAmount = ({ legs, seats }: Pick<Offer, 'legs' | 'seats'>): number =>
  legs.reduce((sum, leg) => sum + leg.seatPrice * seats, 0);

const format = 1;
const reasons: PriceReason[] = ['seats', 'price_set', 'brand_gone', 'guaranteed'];

/**
 * Offers travel as signed bytes, some hundred characters: nothing in them is secret, so nothing is encrypted, and
 * one key may sign any number of them (a cipher with random nonces could not, at twenty an answer).
 *
 * Big-endian: format 1 byte, issued 6, life in ms 4, seats 1, currency 3, brand (length 1, ASCII), first amount 8 and
 * reason 1 (0 for none), then each leg: flight 16, cabin 1, version 4, seat price 8, family 4 (0 for none); last 16
 * bytes of HMAC-SHA256 over all before.
 */
export function createOfferSeal(secret: string): OfferSeal {
  const mac = keyedMac(secret, 'airside offer');
  return {
    seal: (offer, nowMs) => {
      const sealed = write({ first: null, ...offer, issuedAt: nowMs, guaranteedUntil: nowMs + guaranteeMs });
      const end = sealed.length - macBytes;
      mac.of(sealed.subarray(0, end)).copy(sealed, end);
      return sealed.toString('base64url');
    },
    open: (token) => {
      const bytes = Buffer.from(token, 'base64url');
      // A text that decodes to the same bytes is not what we sealed.
      if (bytes.length <= macBytes || bytes.toString('base64url') !== token) return undefined;
      const body = bytes.subarray(0, -macBytes);
      if (!mac.fits(body, bytes.subarray(-macBytes))) return undefined;
      return body[0] === format ? read(body) : undefined;
    },
  };
}

const headBytes = 25;
const legBytes = 33;

/** The body, and room for its seal. */
function write(offer: Offer): Buffer {
  const brand = offer.brand ?? '';
  // Every byte is written; memory of its own for each of twenty offers an answer is what would cost.
  const body = Buffer.allocUnsafe(headBytes + brand.length + legBytes * offer.legs.length + macBytes);
  let at = body.writeUInt8(format, 0);
  at = body.writeUIntBE(offer.issuedAt, at, 6);
  at = body.writeUInt32BE(offer.guaranteedUntil - offer.issuedAt, at);
  at = body.writeUInt8(offer.seats, at);
  at += body.write(offer.currency, at, 3, 'latin1');
  at = body.writeUInt8(brand.length, at);
  at += body.write(brand, at, 'latin1');
  at = writeAmount(body, offer.first?.amount ?? 0, at);
  at = body.writeUInt8(offer.first ? reasons.indexOf(offer.first.reason) + 1 : 0, at);
  for (const leg of offer.legs) {
    at += body.write(leg.flightId.replaceAll('-', ''), at, 16, 'hex');
    at = body.writeUInt8(cabinClasses.indexOf(leg.cabin), at);
    at = body.writeUInt32BE(leg.version, at);
    at = writeAmount(body, leg.seatPrice, at);
    at = body.writeUInt32BE(leg.familyId ?? 0, at);
  }
  return body;
}

function read(body: Buffer): Offer {
  const issuedAt = body.readUIntBE(1, 6);
  const brandLength = body[15] as number;
  let at = 16 + brandLength;
  const reason = reasons[(body[at + 8] as number) - 1];
  const first = reason ? { amount: readAmount(body, at), reason } : null;
  at += 9;
  const legs: OfferLeg[] = [];
  for (; at < body.length; at += legBytes) {
    const hex = body.toString('hex', at, at + 16);
    legs.push({
      flightId: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
      cabin: cabinClasses[body[at + 16] as number] as CabinClass,
      version: body.readUInt32BE(at + 17),
      seatPrice: readAmount(body, at + 21),
      familyId: body.readUInt32BE(at + 29) || null,
    });
  }
  return {
    legs,
    brand: brandLength > 0 ? body.toString('latin1', 16, 16 + brandLength) : null,
    seats: body[11] as number,
    currency: body.toString('latin1', 12, 15),
    issuedAt,
    guaranteedUntil: issuedAt + body.readUInt32BE(7),
    first,
  };
}

const writeAmount = (body: Buffer, amount: number, at: number): number =>
  body.writeUInt32BE(amount >>> 0, body.writeUInt32BE(Math.floor(amount / 2 ** 32), at));
const readAmount = (body: Buffer, at: number): number => body.readUInt32BE(at) * 2 ** 32 + body.readUInt32BE(at + 4);
