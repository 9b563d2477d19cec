import * as z from 'zod';
import { placeSchema } from './waiting.ts';

/**
 * The closed catalogue of failures. Every error that leaves the server carries one entry of it as
 * `data.failure = { code, retryable, details }`. Adding a code is a change of the public contract.
 */
const about = z.object({ reason: z.string() }).catchall(z.unknown());
const retryAfter = z.object({ retryAfterMs: z.int().nonnegative() });

export const failureDetails = {
  INVALID_INPUT: z.object({
    issues: z.array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() })),
  }),
  UNAUTHENTICATED: about,
  FORBIDDEN: about,
  NOT_FOUND: about,
  NOT_ALLOWED: about,
  CLOSED: about,
  HOLD_EXPIRED: about,
  /** `version` is the cabin's. `alternatives`: up to three flights nearby that can seat the party. */
  SOLD_OUT: z.object({
    flightId: z.string(),
    cabin: z.string(),
    available: z.int(),
    version: z.int(),
    alternatives: z
      .array(
        z.object({
          flightId: z.string(),
          carrier: z.string(),
          number: z.string(),
          departsAt: z.string(),
          cabin: z.string(),
          available: z.int(),
          price: z.object({ amount: z.int(), currency: z.string() }),
        }),
      )
      .optional(),
  }),
  PRICE_CHANGED: z.object({
    was: z.object({ amount: z.int(), currency: z.string() }),
    now: z.object({ amount: z.int(), currency: z.string() }),
  }),
  REQUEST_ID_REUSED: z.object({}).catchall(z.unknown()),
  IN_PROGRESS: retryAfter,
  /** `line`: buyers of this cabin wait in line, and that is one's place in it. */
  BUSY: retryAfter.extend({ line: placeSchema.optional() }),
  RATE_LIMITED: retryAfter,
  VERSION_CONFLICT: z.object({ expected: z.int(), actual: z.int() }),
  UNAVAILABLE: z.object({ errorId: z.string() }),
  INTERNAL: z.object({ errorId: z.string() }),
} as const;

export type FailureCode = keyof typeof failureDetails;
export type FailureDetails<C extends FailureCode> = z.infer<(typeof failureDetails)[C]>;

/** Codes after which the same call with the same id may simply be repeated. */
export const retryableCodes: ReadonlySet<FailureCode> = new Set(['IN_PROGRESS', 'BUSY', 'RATE_LIMITED', 'UNAVAILABLE']);

/** What travels: a discriminated union over `code`. */
export type FailureView = {
  [C in FailureCode]: { code: C; retryable: boolean; details: FailureDetails<C> };
}[FailureCode];
