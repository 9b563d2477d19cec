import type { Unsubscribable } from '@trpc/server/observable';
import type { FailureView } from '../../shared/failure.ts';
import { AirsideError, airsideErrorOf, failureOf } from './airside-error.ts';
import { defaultRepeat, repeatDelayMs } from './repeat-link.ts';

/** Where events wait for a consumer that is slower than the server. */
export interface Inbox<E> {
  put(event: E): void;
  /** The oldest, or undefined. */
  take(): E | undefined;
}

/** Keeps every event. Only for what has few of them, such as the states of one booking. */
export function everyInbox<E>(): Inbox<E> {
  const events: E[] = [];
  return { put: (event) => void events.push(event), take: () => events.shift() };
}

/** Keeps the newest event of each key: never holds more than there are keys, however slow its consumer. */
export function newestInbox<E>(keyOf: (event: E) => string): Inbox<E> {
  const events = new Map<string, E>();
  return {
    put: (event) => void events.set(keyOf(event), event),
    take: () => {
      for (const [key, event] of events) {
        events.delete(key);
        return event;
      }
      return undefined;
    },
  };
}

/** What tRPC's `subscribe` takes, for events that the server sends `tracked`. */
export interface Observer<T> {
  onData(event: { id: string; data: T }): void;
  onError(error: unknown): void;
  onComplete(): void;
}

export interface Watch<T> {
  /** Starts the subscription after this event, or with the present state. */
  subscribe(lastEventId: string | undefined, observer: Observer<T>): Unsubscribable;
  inbox: Inbox<T>;
  /** False for an event that was seen before, or that is older than what was. */
  isNews(event: { id: string; data: T }): boolean;
  /** True once the client is closed: then nothing more will come. */
  isOver(): boolean;
  signal: AbortSignal | undefined;
}

/** Failed starts in a row after which the trouble is told. */
const startsMax = 8;
/** A subscription that lasted this long did not fail to start. */
const steadyMs = 30_000;

/**
 * A subscription as an async iterable. It starts with the first `next()`, ends with `break`, `signal` or the
 * client's closing, and throws what the server refuses. tRPC's client resumes it over lost sockets; a refused
 * or ended start is tried again here, after the last event that was seen.
 */
export async function* watch<T>({ subscribe, inbox, isNews, isOver, signal }: Watch<T>): AsyncGenerator<T, void> {
  let lastEventId: string | undefined;
  let failedStarts = 0;
  let startedAt = 0;
  let starts = 0;
  let fatal: { error: unknown } | undefined;
  let over = false;
  let wake = () => {};
  let retry: ReturnType<typeof setTimeout> | undefined;
  let subscription: Unsubscribable | undefined;
  const end = () => {
    over = true;
    wake();
  };

  function again(error?: unknown): void {
    if (over || fatal) return;
    if (isOver()) {
      end();
      return;
    }
    if (Date.now() - startedAt > steadyMs) failedStarts = 0;
    const failure = error === undefined ? undefined : failureOf(error);
    if ((failure && !failure.retryable) || ++failedStarts >= startsMax) {
      const unavailable: FailureView = { code: 'UNAVAILABLE', retryable: true, details: { errorId: 'no-answer' } };
      fatal = { error: failure ? airsideErrorOf(error) : new AirsideError(unavailable) };
      wake();
      return;
    }
    const pause = failure ? repeatDelayMs(failure, failedStarts, defaultRepeat) : Math.random() * 1_000;
    clearTimeout(retry);
    retry = setTimeout(start, pause);
  }

  function start(): void {
    startedAt = Date.now();
    const mine = ++starts;
    subscription?.unsubscribe();
    subscription = subscribe(lastEventId, {
      onData: (event) => {
        failedStarts = 0;
        if (mine !== starts || !isNews(event)) return;
        lastEventId = event.id;
        inbox.put(event.data);
        wake();
      },
      onError: (error) => {
        if (mine === starts) again(error);
      },
      // Nobody but the server ends a subscription whose consumer is still here; it is restarting, or so it seems.
      onComplete: () => {
        if (mine === starts) again();
      },
    });
  }

  if (signal?.aborted) return;
  signal?.addEventListener('abort', end, { once: true });
  start();
  try {
    while (!over) {
      // Armed before the look, as an event may come between the two.
      const waiting = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const event = inbox.take();
      if (event !== undefined) yield event;
      else if (fatal) throw fatal.error;
      else await waiting;
    }
  } finally {
    over = true;
    clearTimeout(retry);
    signal?.removeEventListener('abort', end);
    subscription?.unsubscribe();
  }
}
