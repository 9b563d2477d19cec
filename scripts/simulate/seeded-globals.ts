import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { createRandom, type Random } from './random.ts';

let random: Random = createRandom(0);
let seed = 0;
let now: () => number = () => 0;
let isInstalled = false;

/**
 * The commands mint ids, draw locators and jitter with the means of the platform. In a thread that
 * simulates, these means draw from the seed and read the virtual clock, so that a history is the same
 * whenever it is run. For such threads and processes only: there is no way back.
 */
export function seedGlobals(source: Random, ofSeed: number, clock: () => number): void {
  random = source;
  seed = ofSeed;
  now = clock;
  if (isInstalled) return;
  isInstalled = true;
  Error.stackTraceLimit = 0;
  Date.now = () => now();
  Math.random = () => random.next() / 2 ** 32;
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let at = 0; at < bytes.length; at++) bytes[at] = random.next();
    return view;
  };
  Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: fill });
  Object.assign(crypto, {
    randomUUID: () => random.uuid(),
    randomBytes: scarce,
  });
  syncBuiltinESMExports();
}

/** Record locators are drawn from 32 a history, so that some are taken; no two histories share any. */
function scarce(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let rest = seed;
  for (let at = 0; at < size - 1; at++) {
    bytes[at] = rest & 31;
    rest = Math.floor(rest / 32);
  }
  bytes[size - 1] = random.below(32);
  return bytes;
}
