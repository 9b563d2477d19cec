import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { createRandom, type Random } from './random.ts';

/** What the platform's own means are replaced by. */
interface Means {
  random: Random;
  seed: number;
  now: () => number;
  /** What `setImmediate` does; without it, what it always does. */
  soon?: (task: () => void) => void;
}

/** The platform's own, for what goes on outside of the history. */
export const immediately = globalThis.setImmediate;
const { randomInt } = crypto;
/** As record-locator.ts draws. */
const locators = 2 ** 30;
let means: Means = { random: createRandom(0), seed: 0, now: () => 0 };
let isInstalled = false;

/**
 * The commands mint ids, draw locators, jitter and gather with the means of the platform. In a thread
 * that simulates, these means draw from the seed and follow the virtual clock, so that a history is
 * the same whenever it is run. For such threads and processes only: there is no way back.
 */
export function seedGlobals(given: Means): void {
  means = given;
  if (isInstalled) return;
  isInstalled = true;
  Error.stackTraceLimit = 0;
  Date.now = () => means.now();
  globalThis.setImmediate = ((task: () => void, ...rest: []) =>
    means.soon ? means.soon(() => task(...rest)) : immediately(task, ...rest)) as typeof setImmediate;
  Math.random = () => means.random.next() / 2 ** 32;
  Object.defineProperty(globalThis.crypto, 'randomUUID', { value: uuidOfBytes });
  Object.assign(crypto, {
    randomUUID: () => means.random.uuid(),
    randomInt: (max: number) => (max === locators ? scarce() : randomInt(max)),
  });
  syncBuiltinESMExports();
}

/** What newId makes its ids of. A draw a byte, as ever: another number of them would tell other histories. */
function uuidOfBytes(): string {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => means.random.next() & 255));
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Record locators are drawn from 32 a history, so that some are taken; no two histories share any. */
const scarce = (): number => (means.seed % 2 ** 25) + means.random.below(32) * 2 ** 25;
