import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { createRandom, type Random } from './random.ts';

let random: Random = createRandom(0);
let now: () => number = () => 0;
let isInstalled = false;

/**
 * The commands mint ids, draw locators and jitter with the means of the platform. In a thread that
 * simulates, these means draw from the seed and read the virtual clock, so that a history is the same
 * whenever it is run. For such threads and processes only: there is no way back.
 */
export function seedGlobals(source: Random, clock: () => number): void {
  random = source;
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
    randomBytes: (size: number) => fill(Buffer.alloc(size)),
  });
  syncBuiltinESMExports();
}
