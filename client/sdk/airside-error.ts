import { TRPCClientError } from '@trpc/client';
import { type FailureCode, type FailureView, failureDetails } from '../../shared/failure.ts';

/**
 * What is known of the call's effect. `refused`: the server answered, and nothing was done. `unknown`: the
 * answer never came, or the server could not tell; ask with `bookings.get`, or repeat with the same id.
 */
export type Outcome = 'refused' | 'unknown';

/** The socket is gone; whatever was asked over it may or may not have happened. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  /** tRPC treats a lost socket's event as the cause of each call in flight, so this stands in for the event. */
  readonly type = 'close';
  /** The WebSocket close code, 1006 if there was none. */
  readonly code: number;

  constructor(message: string, code = 1006) {
    super(message);
    this.code = code;
  }
}

/** The client was closed by its owner, or the server refused its operator key for good. */
export class ClientClosed extends Error {
  override readonly name = 'ClientClosed';
  readonly refusal: FailureView | undefined;

  constructor(refusal?: FailureView) {
    super(refusal ? 'the server refused the credentials' : 'the client is closed');
    this.refusal = refusal;
  }
}

/**
 * What every call of the SDK throws (besides an abort's own reason): one entry of the closed catalogue.
 *
 * `switch (error.failure.code)` narrows `error.failure.details`; `isFailure(error, 'SOLD_OUT')` narrows both.
 */
export class AirsideError<F extends FailureView = FailureView> extends Error {
  override readonly name = 'AirsideError';
  readonly failure: F;
  readonly outcome: Outcome;
  /** How often the call was sent; 0 if never. */
  readonly attempts: number;

  constructor(failure: F, options: { message?: string; outcome?: Outcome; attempts?: number; cause?: unknown } = {}) {
    super(options.message ?? failure.code, { cause: options.cause });
    this.failure = failure;
    this.outcome = options.outcome ?? 'refused';
    this.attempts = options.attempts ?? 1;
  }

  get code(): F['code'] {
    return this.failure.code;
  }
}

/** True for an `AirsideError` of this code; its `failure.details` are then those of the code. */
export function isFailure<C extends FailureCode>(
  error: unknown,
  code: C,
): error is AirsideError<Extract<FailureView, { code: C }>> {
  return error instanceof AirsideError && error.failure.code === code;
}

/**
 * The failure inside whatever was thrown: by a room of the SDK, or by `client.trpc` itself. What did not come
 * from the server is `UNAVAILABLE` (no answer) or `INTERNAL` (not an answer of ours).
 */
export function failureOf(error: unknown): FailureView {
  if (error instanceof AirsideError) return error.failure;
  if (error instanceof TRPCClientError) {
    const given = (error.data as { failure?: FailureView } | null | undefined)?.failure;
    if (given && Object.hasOwn(failureDetails, given.code)) return given;
    if (error.cause instanceof ClientClosed && error.cause.refusal) return error.cause.refusal;
    if (isLost(error)) return { code: 'UNAVAILABLE', retryable: true, details: { errorId: 'no-answer' } };
  }
  return { code: 'INTERNAL', retryable: false, details: { errorId: 'not-an-answer' } };
}

/** Whether a call ended because its socket did, without any answer. */
export function isLost(error: unknown): boolean {
  // Every answer has a shape. An answer that could not be read has none either, but asking again would not help.
  return error instanceof TRPCClientError && !error.shape && error.cause?.name !== 'TransformResultError';
}

/** What the repeat policy leaves in a tRPC error's `meta` for the rooms. */
export interface CallRecord extends Record<string, unknown> {
  outcome: Outcome;
  attempts: number;
}

/** The `AirsideError` for whatever a tRPC call threw; anything else passes unchanged. */
export function airsideErrorOf(error: unknown): unknown {
  if (!(error instanceof TRPCClientError)) return error;
  const failure = failureOf(error);
  const { outcome, attempts } = (error.meta ?? {}) as Partial<CallRecord>;
  const message = error.message && !isLost(error) ? error.message : describeLoss(error);
  return new AirsideError(failure, {
    message,
    cause: error,
    outcome: outcome ?? (leavesDoubt(failure) ? 'unknown' : 'refused'),
    attempts,
  });
}

const describeLoss = (error: TRPCClientError<never>): string =>
  error.cause instanceof ClientClosed ? error.cause.message : 'No answer: the connection was lost.';

/** Answers after which the effect may have happened all the same. */
export const leavesDoubt = ({ code }: FailureView): boolean =>
  code === 'UNAVAILABLE' || code === 'INTERNAL' || code === 'IN_PROGRESS';
