import type { FailureView } from '../../../../shared/failure.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { failureOf } from '../../../sdk/airside-error.ts';

export interface FailureText {
  /** What happened, a few words. */
  title: string;
  /** What to do about it, one sentence. */
  advice: string;
  /** What support would ask for; null where the words say everything. */
  reference: string | null;
  failure: FailureView;
}

const reasonOf = (details: { reason?: unknown }): string => {
  const reason = typeof details.reason === 'string' ? details.reason : '';
  return reason ? `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.` : '';
};

/** Any error in words for the person who sees it: each code of the catalogue says what happened and what to do. */
export function describeFailure(error: unknown): FailureText {
  const failure = failureOf(error);
  const say = (title: string, advice: string, reference: string | null = null): FailureText => ({
    title,
    advice,
    reference,
    failure,
  });
  switch (failure.code) {
    case 'INVALID_INPUT':
      return say(
        'Something in it is not valid',
        failure.details.issues
          .map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
          .join('; '),
      );
    case 'UNAUTHENTICATED':
      return say('You are not signed in', reasonOf(failure.details) || 'Sign in and try again.');
    case 'FORBIDDEN':
      return say('This is not for you', reasonOf(failure.details) || 'Ask an operator for access.');
    case 'NOT_FOUND':
      return say('There is no such thing', reasonOf(failure.details) || 'Check the address.');
    case 'NOT_ALLOWED':
      return say('Not possible as it stands', reasonOf(failure.details) || 'Look at its present state.');
    case 'CLOSED':
      return say('Not for sale any more', `${reasonOf(failure.details)} Choose another flight.`.trim());
    case 'HOLD_EXPIRED':
      return say('The hold has expired', 'Its seats went back on sale. Hold them again.');
    case 'SOLD_OUT': {
      const { available } = failure.details;
      return available > 0
        ? say(
            `Only ${available} ${available === 1 ? 'seat is' : 'seats are'} left`,
            'Take fewer seats, or another cabin.',
          )
        : say('Sold out a moment ago', 'Somebody was faster. Choose another cabin or flight.');
    }
    case 'PRICE_CHANGED':
      return say(
        'The price has changed',
        `It was ${formatMoney(failure.details.was)} and is now ${formatMoney(failure.details.now)}.`,
      );
    case 'REQUEST_ID_REUSED':
      return say('This request was used before', 'Start it again from the page you came from.');
    case 'IN_PROGRESS':
    case 'BUSY':
      return say('Very busy at the moment', 'Nothing is lost. Try again.');
    case 'RATE_LIMITED':
      return say('Too many requests', `Try again in ${Math.max(1, Math.ceil(failure.details.retryAfterMs / 1000))} s.`);
    case 'VERSION_CONFLICT':
      return say('Somebody else changed it', 'Compare both versions before you save.');
    case 'UNAVAILABLE':
      return failure.details.errorId === 'no-answer'
        ? say('No answer from the server', 'The connection was lost. Try again.')
        : say('Temporarily unavailable', 'Nothing is lost. Try again shortly.', failure.details.errorId);
    case 'INTERNAL':
      return say(
        'Something went wrong',
        'It has been reported. Try again, and name this id if it stays.',
        failure.details.errorId,
      );
  }
}
