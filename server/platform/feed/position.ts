/**
 * Where an entry stands in the log: `XID-ID`, the transaction that wrote it and its number. It is also the entry's id
 * in the Redis stream, whose ids are two 64-bit numbers and rise just like this.
 */
export type Position = string;

/** Before everything. */
export const feedStart: Position = '0-0';

// No leading zeros: two texts of one position would not compare as equal. 19 digits fit an unsigned 64-bit number,
// 18 a signed one.
const form = /^(0|[1-9]\d{0,18})-(0|[1-9]\d{0,17})$/;

export const isPosition = (text: string): boolean => form.test(text);

/** The two numbers, as texts. Throws RangeError for what is no position. */
export function partsOf(position: Position): [xid: string, id: string] {
  const match = form.exec(position);
  if (!match) throw new RangeError('not a position of the log');
  return [match[1] as string, match[2] as string];
}

/** Behind everything that transactions below this one have written. */
export const lastBefore = (xid: string): Position => `${BigInt(xid) - 1n}-${'9'.repeat(18)}`;

/** Of two numbers without leading zeros the longer one is the greater. */
const compareDigits = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

export function isAfter(a: Position, b: Position): boolean {
  const [xidA, idA] = partsOf(a);
  const [xidB, idB] = partsOf(b);
  return (compareDigits(xidA, xidB) || compareDigits(idA, idB)) > 0;
}
