import type { TRPCClient } from '@trpc/client';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { LineInput, LineView, PlaceView } from '../../shared/waiting.ts';
import { isFailure } from './airside-error.ts';
import type { Calling, CallOptions } from './call.ts';
import { newestInbox, watch } from './watch.ts';

export interface WaitingOptions {
  /** Told of one's place whenever it changed. */
  onPlace?: (place: PlaceView) => void;
  /** Stays in line also while nothing is free; otherwise that ends it with SOLD_OUT. */
  stays?: boolean;
}

export interface Waiting {
  /** A place in the line of a cabin, the same however often it is asked for. Null: nobody needs to wait. */
  enter(line: LineInput & { token?: string }, options?: CallOptions): Promise<PlaceView | null>;
  /** "Now serving" of a line, the newest at once and then whenever it changed. */
  watch(line: LineInput, options?: { signal?: AbortSignal }): AsyncGenerator<LineView, void>;
}

/** Who is silent for a minute is passed over. */
const presentEveryMs = 20_000;
const turnPauseMs = 500;
const soldOutPauseMs = 1_000;

export function createWaiting(trpc: TRPCClient<AppRouter>, call: Calling, isOver: () => boolean): Waiting {
  return {
    enter: (line, options) => call((given) => trpc.waiting.enter.mutate(line, given), options),
    watch: (line, { signal } = {}) =>
      watch<LineView>({
        subscribe: (_, observer) => trpc.waiting.onServing.subscribe(line, observer),
        inbox: newestInbox(() => ''),
        isNews: () => true,
        isOver,
        signal,
      }),
  };
}

/**
 * Makes the attempt, and again whenever it is its turn, for as long as the answer is a place in line. Rejects with what
 * else the attempt ends with, or the signal's reason.
 */
export async function inTurn<T>(
  waiting: Waiting,
  attempt: (token: string | undefined) => Promise<T>,
  options: WaitingOptions & { signal: AbortSignal | undefined },
): Promise<T> {
  let token: string | undefined;
  let cause: unknown;
  for (;;) {
    try {
      return await attempt(token);
    } catch (error) {
      cause = error;
    }
    const place = await placeAfter(waiting, cause, options);
    if (!place) throw cause;
    // Its turn by the number, and not let in yet: the room says when to ask again.
    if (place.ticket !== null && place.ticket <= place.nowServing) await pauseFor(turnPauseMs, options.signal);
    token = await standInLine(waiting, place, options);
  }
}

/** Where one stands after a refusal. Undefined: it is no matter of waiting. */
async function placeAfter(
  waiting: Waiting,
  error: unknown,
  { stays, signal }: WaitingOptions & { signal: AbortSignal | undefined },
): Promise<PlaceView | undefined> {
  if (isFailure(error, 'BUSY')) return error.failure.details.line;
  if (!stays || !isFailure(error, 'SOLD_OUT')) return undefined;
  const { flightId, cabin } = error.failure.details;
  const place = await waiting.enter({ flightId, cabin: cabin as LineInput['cabin'] }, { signal });
  // Let in and nothing free: the seat that comes back first is for whoever asks then.
  if (place?.passUntil) await pauseFor(soldOutPauseMs, signal);
  return place ?? undefined;
}

/** Rejects with the signal's reason. */
const pauseFor = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const over = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', over);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(over, ms);
    signal?.addEventListener('abort', over, { once: true });
  });

/**
 * Stands in line until it is this one's turn, nobody need wait any more, or (unless it `stays`) nothing is free.
 * Answers the newest token of the place. Rejects with the signal's reason.
 */
async function standInLine(
  waiting: Waiting,
  place: PlaceView,
  { onPlace, stays = false, signal }: WaitingOptions & { signal: AbortSignal | undefined },
): Promise<string> {
  const line = { flightId: place.flightId, cabin: place.cabin as LineInput['cabin'] };
  const done = new AbortController();
  const leave = () => done.abort('left');
  signal?.throwIfAborted();
  signal?.addEventListener('abort', leave, { once: true });
  let own = place;
  const show = (next: PlaceView): void => {
    own = next;
    onPlace?.(own);
  };
  /** Says that somebody is still here; what it answers is newer than what the line told. */
  const ask = async (): Promise<void> => {
    const found = await waiting.enter({ ...line, token: own.token }, { signal: done.signal });
    if (found) show(found);
    if (!found || found.passUntil) leave();
  };
  const asking = setInterval(() => void ask().catch(() => {}), presentEveryMs);
  show(place);
  try {
    for await (const news of waiting.watch(line, { signal: done.signal })) {
      if (!news.open) break;
      // The lots are drawn: only the room knows which is ours.
      if (own.ticket === null && news.startsAt === null) await ask().catch(() => {});
      if (own.ticket !== null) show(placeAt(own, own.ticket, news));
      if (own.position === 0 || (news.soldOut && !stays)) break;
    }
  } finally {
    clearInterval(asking);
    signal?.removeEventListener('abort', leave);
    done.abort('over');
  }
  signal?.throwIfAborted();
  return own.token;
}

/** The same place, as the line has moved on. */
function placeAt(own: PlaceView, ticket: number, { nowServing, ratePerSecond, soldOut }: LineView): PlaceView {
  const position = own.passUntil ? 0 : Math.max(0, ticket - nowServing);
  const estimateSeconds = ratePerSecond > 0 ? Math.ceil(position / ratePerSecond) : null;
  return { ...own, nowServing, position, soldOut, startsAt: null, estimateSeconds };
}
