import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { refuse } from '../../platform/runtime/failure.ts';

const derive = promisify(argon2);

/** OWASP's least for argon2id: 19 MiB, two passes. A guess costs as much as a sign-in, some 20 ms of a core. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 };
const tagBytes = 32;
const saltBytes = 16;
/** Each takes 19 MiB and a thread of the pool that also resolves names and reads files. */
const atOnce = 2;
const waitingMax = 64;
const busyMs = 1_000;

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/;
const base64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

let running = 0;
const waiting: (() => void)[] = [];

/** Fails: BUSY, when more people sign in at once than can be served. */
async function oneOfFew<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnce) {
    if (waiting.length >= waitingMax) throw refuse('BUSY', { retryAfterMs: busyMs });
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await work();
  } finally {
    // The place goes to who waits, without being free in between.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** A PHC string that says how it was made, so that the cost can be raised without losing anybody. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(saltBytes);
  const tag = await oneOfFew(() => derive('argon2id', { message: password, nonce, tagLength: tagBytes, ...cost }));
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(nonce)}$${base64(tag)}`;
}

/**
 * Is it this password? Without a hash to compare with it takes just as long and says no, so that
 * nobody can find out by the time which addresses have an account.
 */
export async function verifyPassword(password: string, kept: string | null): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = phc.exec(kept ?? '') ?? [];
  const nonce = salt ? Buffer.from(salt, 'base64') : Buffer.alloc(saltBytes);
  const expected = tag ? Buffer.from(tag, 'base64') : Buffer.alloc(tagBytes);
  const costs = tag ? { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) } : cost;
  const given = await oneOfFew(() =>
    derive('argon2id', { message: password, nonce, tagLength: expected.length, ...costs }),
  );
  return timingSafeEqual(given, expected) && tag !== undefined;
}
