import { type TRPC_ERROR_CODE_KEY, TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import * as z from 'zod';
import type { FailureCode } from '../../shared/failure.ts';
import { isPoolExhausted, isRetryable, isUnavailable } from '../platform/postgres/pg-errors.ts';
import { isRedisAway } from '../platform/redis/redis.ts';
import { Failure } from '../platform/runtime/failure.ts';
import type { ErrorReporter } from '../platform/telemetry/error-reporter.ts';

/** How each failure looks to somebody who only knows tRPC or HTTP. Exhaustive by its type. */
const trpcCodes: Record<FailureCode, TRPC_ERROR_CODE_KEY> = {
  INVALID_INPUT: 'BAD_REQUEST',
  UNAUTHENTICATED: 'UNAUTHORIZED',
  FORBIDDEN: 'FORBIDDEN',
  NOT_FOUND: 'NOT_FOUND',
  NOT_ALLOWED: 'CONFLICT',
  CLOSED: 'CONFLICT',
  HOLD_EXPIRED: 'CONFLICT',
  SOLD_OUT: 'CONFLICT',
  PRICE_CHANGED: 'CONFLICT',
  REQUEST_ID_REUSED: 'CONFLICT',
  IN_PROGRESS: 'CONFLICT',
  BUSY: 'SERVICE_UNAVAILABLE',
  RATE_LIMITED: 'TOO_MANY_REQUESTS',
  VERSION_CONFLICT: 'CONFLICT',
  UNAVAILABLE: 'SERVICE_UNAVAILABLE',
  INTERNAL: 'INTERNAL_SERVER_ERROR',
};

/** One sentence each, for people; programs read the code. */
const messages: Record<FailureCode, string> = {
  INVALID_INPUT: 'The input is not valid.',
  UNAUTHENTICATED: 'Sign in first.',
  FORBIDDEN: 'Not permitted.',
  NOT_FOUND: 'Not found.',
  NOT_ALLOWED: 'Not possible in the present state.',
  CLOSED: 'Not for sale.',
  HOLD_EXPIRED: 'The hold has expired.',
  SOLD_OUT: 'Not enough seats are left.',
  PRICE_CHANGED: 'The price has changed.',
  REQUEST_ID_REUSED: 'This id was used for another request.',
  IN_PROGRESS: 'The same request is still being worked on.',
  BUSY: 'Busy; try again shortly with the same id.',
  RATE_LIMITED: 'Too many requests; try again later.',
  VERSION_CONFLICT: 'Somebody else changed it in the meantime.',
  UNAVAILABLE: 'Temporarily unavailable; try again with the same id.',
  INTERNAL: 'Something went wrong on our side.',
};

const httpStatuses = Object.fromEntries(
  Object.entries(trpcCodes).map(([code, key]) => [code, getHTTPStatusCodeFromError(new TRPCError({ code: key }))]),
) as Record<FailureCode, number>;

const busyRetryMs = 200;

const invalid = (issues: { path: (string | number)[]; message: string }[]): Failure =>
  new Failure('INVALID_INPUT', { issues });

/** What tRPC itself refuses, before or beside our procedures. */
function failureOfTrpc(error: TRPCError): Failure | undefined {
  switch (error.code) {
    case 'PARSE_ERROR':
    case 'BAD_REQUEST':
    case 'UNPROCESSABLE_CONTENT':
    case 'PAYLOAD_TOO_LARGE':
    case 'UNSUPPORTED_MEDIA_TYPE':
    case 'METHOD_NOT_SUPPORTED':
      return invalid([
        { path: [], message: error.code === 'PARSE_ERROR' ? 'not a message of this protocol' : error.message },
      ]);
    case 'NOT_FOUND':
      return new Failure('NOT_FOUND', { reason: 'no such procedure' });
    case 'UNAUTHORIZED':
      return new Failure('UNAUTHENTICATED', { reason: 'sign in first' });
    case 'FORBIDDEN':
      return new Failure('FORBIDDEN', { reason: 'not permitted' });
    default:
      return undefined;
  }
}

/** What can be told from the error itself. Undefined: nobody expected it. */
export function expectedFailure(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (error instanceof z.ZodError) {
    return invalid(
      error.issues.map(({ path, message }) => ({
        path: path.map((key) => (typeof key === 'symbol' ? String(key) : key)),
        message,
      })),
    );
  }
  if (error instanceof TRPCError) {
    // An error that a procedure threw arrives as the cause of tRPC's own.
    const { cause } = error;
    if (cause instanceof Failure || cause instanceof z.ZodError) return expectedFailure(cause);
    return failureOfTrpc(error) ?? (cause && expectedFailure(cause));
  }
  // Lost its race five times over, or found no connection in time: nothing was written, come back.
  if (isRetryable(error) || isPoolExhausted(error)) return new Failure('BUSY', { retryAfterMs: busyRetryMs });
  return undefined;
}

/** The ordinary refusals, thousands a second of them: what a procedure refused, and what a schema did. */
export function refusalIn(error: unknown): Failure | undefined {
  const source = error instanceof TRPCError ? error.cause : error;
  return source instanceof Failure || source instanceof z.ZodError ? expectedFailure(source) : undefined;
}

/**
 * Turns whatever was thrown into one entry of the catalogue. What nobody expected is reported once
 * and leaves as an opaque id: no message, no stack, no statement.
 */
export function createFailureMap(report: ErrorReporter): (error: unknown) => Failure {
  const known = new WeakMap<object, Failure>();
  const classify = (error: unknown): Failure => {
    const expected = expectedFailure(error);
    if (expected) return expected;
    const source = error instanceof TRPCError && error.cause ? error.cause : error;
    const isAway = isUnavailable(source) || isRedisAway(source);
    return new Failure(isAway ? 'UNAVAILABLE' : 'INTERNAL', { errorId: report(source) });
  };
  return (error) => {
    // A refusal is its own entry: nothing to remember, and thousands a second would fill the memory with them.
    if (error instanceof TRPCError && error.cause instanceof Failure) return error.cause;
    if (error instanceof Failure) return error;
    if (typeof error !== 'object' || error === null) return classify(error);
    // The wire asks for the same error several times; it is reported once.
    const key = error instanceof TRPCError && error.cause ? error.cause : error;
    const failure = known.get(key) ?? classify(error);
    known.set(key, failure);
    return failure;
  };
}

/** What travels as a call's error. */
export function failureShape(failure: Failure, path: string | undefined) {
  const { view } = failure;
  const code = trpcCodes[failure.code];
  return {
    message: messages[failure.code],
    code: TRPC_ERROR_CODES_BY_KEY[code],
    data: { code, httpStatus: httpStatuses[failure.code], path: path ?? null, failure: view },
  };
}

/** As tRPC wants to have it thrown. Without a stack, like the failure itself: collecting one costs 20 µs. */
export function trpcErrorOf(failure: Failure): TRPCError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new TRPCError({ code: trpcCodes[failure.code], message: messages[failure.code], cause: failure });
  Error.stackTraceLimit = limit;
  return error;
}

/** Where an answer is plain HTTP. */
export const httpStatusOf = (failure: Failure): number => getHTTPStatusCodeFromError(trpcErrorOf(failure));
