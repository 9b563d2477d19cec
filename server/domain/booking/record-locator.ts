import { randomBytes } from 'node:crypto';

/** A–Z and 2–9 without I and O, which are read as 1 and 0: 32 symbols, 30 bits in six of them. */
const symbols = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/**
 * Six symbols from a CSPRNG. Not a secret and not unique by itself: the unique index is, and whoever
 * meets it draws again (the first clash is expected after some 41,000).
 */
export const newLocator = (): string => Array.from(randomBytes(6), (byte) => symbols[byte & 31]).join('');
