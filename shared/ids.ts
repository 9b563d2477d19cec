import * as z from 'zod';

export const idSchema = z.uuid().transform((id) => id.toLowerCase());

/**
 * A UUID v7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits. Ids are minted by whoever
 * creates a thing, before it is sent, so that a repeat is recognised. Time-ordered ids keep the
 * primary-key index append-only, which a random v4 would not.
 */
export function newId(nowMs: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(nowMs / 2 ** 32));
  view.setUint32(2, nowMs % 2 ** 32);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
