import * as z from 'zod';

export const idSchema = z.uuid().transform((id) => id.toLowerCase());

/** Comes before every id, and is nobody's. */
export const leastId = '00000000-0000-0000-0000-000000000000';

/**
 * A UUID v7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits. Ids are minted by whoever
 * creates a thing, before it is sent, so that a repeat is recognised. Time-ordered ids keep the
 * primary-key index append-only, which a random v4 would not.
 */
export function newId(nowMs: number = Date.now()): string {
  const time = Math.floor(nowMs).toString(16).padStart(12, '0');
  // A v4 has its random bits in the same places. Platforms keep some in store, so it costs a tenth of fresh ones.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomV4().slice(15)}`;
}

/** Browsers have `randomUUID` only where the page came over HTTPS. */
function randomV4(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
