import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import type { AskContext, FareAnswer, FareProvider, FareQuestion, UnknownReason } from './fare-provider.ts';
import type { HealthBook } from './health-book.ts';

export interface GuardedProvider extends FareProvider {
  breakerState(): 'closed' | 'open' | 'half_open';
}

const timeoutMs = 30_000;
const failuresMax = 5;
/** The first pause and the longest; a provider that blocks is left alone for long. */
const pause = { initialDelay: 1_000, maxDelay: 600_000 };
/** While the breaker is open; how long it will be is its own affair. */
const openRetryMs = 1_000;

/** Answers that say that the provider, not the question, is in trouble; who was not asked has said nothing. */
const troubles: ReadonlySet<UnknownReason> = new Set([
  'blocked',
  'rate_limited',
  'malformed',
  'timed_out',
  'unavailable',
]);

/** Carries answers past the breaker, which counts what is thrown. */
class Trouble extends Error {
  readonly answers: FareAnswer[];
  constructor(answers: FareAnswer[]) {
    super('no question was answered');
    this.answers = answers;
  }
}

/** The caller does not want it any more, which says nothing about the provider. */
class Cancelled extends Error {}

/**
 * The provider behind a time-out and a breaker, with its health written down. A call of which no
 * question was answered counts as failed; five in a row open the breaker, a second long at first and
 * ten minutes at most, and what is asked meanwhile is `unavailable` without having been an attempt.
 * Whatever goes wrong is an answer; it rejects only when the caller's signal was aborted.
 */
export function guardProvider(
  provider: FareProvider,
  options: { clock: Clock; health: HealthBook; report: ErrorReporter },
): GuardedProvider {
  const { clock, health, report } = options;
  const isMemory = provider.timeoutMs === null;
  const limitMs = provider.timeoutMs ?? timeoutMs;
  const breaker = circuitBreaker(
    handleWhen((error) => !(error instanceof Cancelled)),
    {
      breaker: new ConsecutiveBreaker(failuresMax),
      halfOpenAfter: new ExponentialBackoff(pause),
    },
  );
  const inTime = timeout(limitMs, TimeoutStrategy.Aggressive);
  const policy = provider.refusesQuestions ? inTime : wrap(breaker, inTime);

  const call = async (
    ask: FareProvider['ask'],
    questions: readonly FareQuestion[],
    context: AskContext,
  ): Promise<FareAnswer[]> => {
    try {
      if (isMemory) return await ask(questions, context);
      return await policy.execute(async ({ signal }) => {
        const either = AbortSignal.any([signal, context.signal]);
        const answers = await unlessAborted(context.signal, () => ask(questions, { ...context, signal: either }));
        const isTrouble = answers.every(
          (each) => each.outcome === 'unknown' && troubles.has(each.reason) && each.wasAsked !== false,
        );
        if (answers.length > 0 && isTrouble) throw new Trouble(answers);
        return answers;
      });
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof Trouble) return error.answers;
      if (error instanceof BrokenCircuitError) {
        return questions.map(() => ({
          outcome: 'unknown',
          reason: 'unavailable',
          detail: 'left alone for a while after failures in a row',
          retryAfterMs: openRetryMs,
          wasAsked: false,
        }));
      }
      if (error instanceof TaskCancelledError) {
        return questions.map(() => unknown('timed_out', `no answer within ${limitMs} ms`));
      }
      report(error, { provider: provider.name });
      return questions.map(() => unknown('unavailable', 'the adapter failed'));
    }
  };

  const guarded =
    (ask: FareProvider['ask']): FareProvider['ask'] =>
    async (questions, context) => {
      const startedAt = clock.now();
      const answers = await call(ask, questions, context);
      health.note(provider.name, answers, { tookMs: clock.now() - startedAt, breaker: stateNames[breaker.state] });
      return answers;
    };
  const { calendar } = provider;
  return {
    ...provider,
    // Its date moves on with the time.
    get canary() {
      return provider.canary;
    },
    breakerState: () => stateNames[breaker.state],
    ask: guarded(provider.ask),
    ...(calendar && { calendar: { ...calendar, ask: guarded(calendar.ask) } }),
  };
}

/** Runs until the signal aborts at the latest; a provider may be slow to notice. */
async function unlessAborted<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw new Cancelled();
  const over = Promise.withResolvers<never>();
  const abort = () => over.reject(new Cancelled());
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([run(), over.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const stateNames = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Isolated]: 'open',
} as const;

const unknown = (reason: UnknownReason, detail: string): FareAnswer => ({
  outcome: 'unknown',
  reason,
  detail,
  retryAfterMs: 1_000,
});
