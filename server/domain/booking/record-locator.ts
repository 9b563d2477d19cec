import { randomInt } from 'node:crypto';

/** A–Z and 2–9 without I and O, which are read as 1 and 0: 32 symbols, 30 bits in six of them. */
const symbols = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/**
 * Six symbols from a CSPRNG. Not a secret and not unique by itself: the unique index is, and whoever
 * meets it draws again (the first clash is expected after some 41,000).
 */
export function newLocator(): string {
  // Of Node's own store of random bits: asking the system each time costs 6 µs.
  let bits = randomInt(2 ** 30);
  let locator = '';
  for (let place = 0; place < 6; place++) {
    locator += symbols[bits & 31];
    bits >>>= 5;
  }
  return locator;
}
