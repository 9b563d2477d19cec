import { type FailureCode, type FailureDetails, type FailureView, retryableCodes } from '../../../shared/failure.ts';

/**
 * A refusal that the caller is meant to see, with a code of the closed catalogue.
 *
 * Refusals are ordinary answers (a sold-out storm makes thousands a second), so none carries a stack
 * trace: collecting one costs 20 µs, more than the refusal itself.
 */
export class Failure<C extends FailureCode = FailureCode> extends Error {
  override readonly name = 'Failure';
  readonly code: C;
  readonly details: FailureDetails<C>;

  constructor(code: C, details: FailureDetails<C>) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(code);
    Error.stackTraceLimit = limit;
    this.code = code;
    this.details = details;
  }

  get view(): FailureView {
    return { code: this.code, retryable: retryableCodes.has(this.code), details: this.details } as FailureView;
  }
}

/** `throw refuse('NOT_FOUND', { reason: 'no such flight' })`. */
export const refuse = <C extends FailureCode>(code: C, details: FailureDetails<C>): Failure<C> =>
  new Failure(code, details);

/** One field of the input is wrong in a way that the schema alone cannot see. */
export const invalidInput = (path: (string | number)[], message: string): Failure<'INVALID_INPUT'> =>
  new Failure('INVALID_INPUT', { issues: [{ path, message }] });
