import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { FailureView } from '../../shared/failure.ts';
import { type CallRecord, ClientClosed, ConnectionLost, failureOf, isLost, leavesDoubt } from './airside-error.ts';

/** How long and how often a call is sent again before its caller hears of the trouble. */
export interface RepeatSettings {
  /** Sent at most so often, the first time included. */
  attempts: number;
  /** From the first sending to the last answer. */
  totalMs: number;
  /** The wait after attempt n is random below `baseMs · 2^n`, at most `capMs`, on top of what the server asks for. */
  baseMs: number;
  capMs: number;
}
export const defaultRepeat: RepeatSettings = { attempts: 8, totalMs: 30_000, baseMs: 50, capMs: 5_000 };

/** One repeat, for those who count or log them. */
export interface Repeat {
  path: string;
  /** The one that failed, from 1. */
  attempt: number;
  failure: FailureView;
  delayMs: number;
}

/** What a call may carry in tRPC's `context`. `repeat: false` sends it once. */
export interface CallContext extends Record<string, unknown> {
  repeat?: false | Partial<RepeatSettings>;
  /** Counts how often the call was put on a socket. */
  trace?: CallTrace;
  /** The caller stands in line by itself where buyers do, so BUSY with a place is its answer. */
  waits?: true;
}
export interface CallTrace {
  sends: number;
}

/**
 * Whether sending a call twice has the effect of sending it once. Queries have none; what carries the `id` that
 * its sender minted is known by it. An operator's edit by `expectedVersion` has one effect, too, but its second
 * answer would be a conflict with its own first.
 */
export function isSafeToRepeat({ type, path, input }: { type: string; path: string; input: unknown }): boolean {
  if (type === 'query') return true;
  if (path === 'auth.guest' || path === 'admin.flights.import') return true;
  // One place a user, however often it is asked for.
  if (path === 'waiting.enter') return true;
  return typeof input === 'object' && input !== null && 'id' in input && typeof input.id === 'string';
}

/** Full jitter, and never sooner than the server asked for. */
export function repeatDelayMs(failure: FailureView, attempt: number, settings: RepeatSettings): number {
  const asked = 'retryAfterMs' in failure.details ? Number(failure.details.retryAfterMs) : 0;
  return asked + Math.random() * Math.min(settings.capMs, settings.baseMs * 2 ** attempt);
}

/**
 * Sends a call again when its socket died under it (tRPC's client rejects it and does not), and when the answer
 * says that it may be repeated, until the bounds are reached.
 */
export const repeatLink =
  (defaults: RepeatSettings, onRepeat?: (repeat: Repeat) => void): TRPCLink<AppRouter> =>
  () =>
  ({ op, next }) => {
    if (op.type === 'subscription') return next(op);
    const { repeat, trace = { sends: 0 }, waits } = op.context as CallContext;
    const settings = repeat === false ? { ...defaults, attempts: 1 } : { ...defaults, ...repeat };
    const idempotent = isSafeToRepeat(op);

    return observable((observer) => {
      let current: Unsubscribable | undefined;
      let pause: ReturnType<typeof setTimeout> | undefined;
      let attempt = 0;
      // Once an attempt may have had its effect, later refusals no longer prove that there is none.
      let inDoubt = false;
      let sendsBefore = trace.sends;
      const endsAt = Date.now() + settings.totalMs;
      const deadline = setTimeout(() => {
        inDoubt ||= trace.sends > sendsBefore;
        fail(TRPCClientError.from(new ConnectionLost('no answer in time')));
      }, settings.totalMs);

      const stop = () => {
        clearTimeout(deadline);
        clearTimeout(pause);
        op.signal?.removeEventListener('abort', complete);
      };
      // The outcome is told before the attempt is taken back, as that completes it.
      const complete = () => {
        stop();
        observer.complete();
        current?.unsubscribe();
      };
      const fail = (error: TRPCClientError<AppRouter>) => {
        stop();
        const record: CallRecord = { attempts: trace.sends, outcome: inDoubt ? 'unknown' : 'refused' };
        observer.error(TRPCClientError.from(error, { meta: record }));
        current?.unsubscribe();
      };

      function send(): void {
        attempt++;
        sendsBefore = trace.sends;
        current = next({ ...op, context: { ...op.context, trace } }).subscribe({
          next: (envelope) => observer.next(envelope),
          complete,
          error: judge,
        });
      }

      function judge(error: TRPCClientError<AppRouter>): void {
        const failure = failureOf(error);
        const answered = !isLost(error) && !leavesDoubt(failure);
        // A definite "no" ends every doubt; "busy" speaks of this attempt alone.
        if (answered && !failure.retryable) inDoubt = false;
        else if (!answered) inDoubt ||= trace.sends > sendsBefore;

        const delayMs = repeatDelayMs(failure, attempt, settings);
        const isPlace = waits && failure.code === 'BUSY' && failure.details.line !== undefined;
        const repeatable =
          failure.retryable && !isPlace && (idempotent || answered) && !(error.cause instanceof ClientClosed);
        if (!repeatable || attempt >= settings.attempts || Date.now() + delayMs > endsAt) {
          fail(error);
          return;
        }
        onRepeat?.({ path: op.path, attempt, failure, delayMs });
        pause = setTimeout(send, delayMs);
      }

      op.signal?.addEventListener('abort', complete, { once: true });
      send();
      return () => {
        stop();
        current?.unsubscribe();
      };
    });
  };
