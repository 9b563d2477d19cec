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

const immediately = globalThis.setImmediate;
const { randomBytes } = crypto;
const getRandomValues = globalThis.crypto.getRandomValues.bind(globalThis.crypto) as (view: Uint8Array) => Uint8Array;
/** As record-locator.ts and newId draw. Connections draw other sizes when they are opened, which is no part of a history. */
const locatorBytes = 6;
const idBytes = 16;
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
  const fill = (view: Uint8Array): Uint8Array => {
    if (view.byteLength !== idBytes) return getRandomValues(view);
    for (let at = 0; at < view.length; at++) view[at] = means.random.next();
    return view;
  };
  Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: fill });
  Object.assign(crypto, {
    randomUUID: () => means.random.uuid(),
    randomBytes: (size: number) => (size === locatorBytes ? scarce(size) : randomBytes(size)),
  });
  syncBuiltinESMExports();
}

/** Record locators are drawn from 32 a history, so that some are taken; no two histories share any. */
function scarce(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let rest = means.seed;
  for (let at = 0; at < size - 1; at++) {
    bytes[at] = rest & 31;
    rest = Math.floor(rest / 32);
  }
  bytes[size - 1] = means.random.below(32);
  return bytes;
}
