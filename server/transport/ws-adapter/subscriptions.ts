import { isTrackedEnvelope, TRPCError } from '@trpc/server';
import { isObservable, observableToAsyncIterable } from '@trpc/server/observable';
import type { AdapterParts } from './adapter-parts.ts';
import { answerHead } from './answers.ts';
import type { Call, RequestId } from './call.ts';
import { LiveTopics } from './live-topics.ts';
import { type FrameTarget, LiveWatch } from './live-watch.ts';
import { pumpEvents } from './pump-events.ts';
import type { Replies } from './replies.ts';

type Stream = AsyncIterable<unknown> | Parameters<typeof observableToAsyncIterable>[0];

export const isStream = (value: unknown): value is Stream =>
  typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || isObservable(value));

/** Those of one socket. */
export class Subscriptions {
  readonly #parts: AdapterParts;
  readonly #replies: Replies;
  readonly #target: FrameTarget;
  /** What the hub feeds keeps nothing of its call: there are many of them. */
  readonly #running = new Map<RequestId, Call | LiveWatch>();
  /** Their procedures have not answered yet. */
  #beginning: Call[] = [];
  #isOver = false;

  constructor(parts: AdapterParts, replies: Replies, target: FrameTarget) {
    this.#parts = parts;
    this.#replies = replies;
    this.#target = target;
  }

  get count(): number {
    return this.#running.size + this.#beginning.length;
  }

  begin(call: Call): void {
    this.#beginning.push(call);
  }

  /** It runs by now, or it failed. */
  begun(call: Call): void {
    this.#beginning = this.#beginning.filter((each) => each !== call);
  }

  /** `result`: what its procedure answered. Throws what the caller is to be told. */
  start(call: Call, result: unknown): void {
    const { id, path } = call;
    if (!(result instanceof LiveTopics || isStream(result))) {
      const message = `Subscription ${path} did not return an observable or a AsyncGenerator`;
      throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message });
    }
    if (this.#running.has(id)) throw new TRPCError({ code: 'BAD_REQUEST', message: `Duplicate id ${id}` });
    this.#running.set(id, call);
    this.#parts.stats.subscriptions++;
    this.#replies.started(call);
    if (result instanceof LiveTopics) {
      const live = new LiveWatch(this.#target, answerHead(id, call.jsonrpc), this.#parts.frames, result);
      this.#running.set(id, live);
      if (this.#isOver || call.stopping?.signal.aborted) this.#stopLive(id, live);
    } else {
      const { signal } = call;
      void this.#pump(call, isObservable(result) ? observableToAsyncIterable(result, signal) : result, signal);
    }
  }

  /** tRPC's own adapter forgets a stop that comes before the start; then it would run for good. */
  stop(id: RequestId): void {
    const running = this.#running.get(id);
    if (running instanceof LiveWatch) this.#stopLive(id, running);
    else if (running) abort(running);
    else for (const call of this.#beginning) if (call.id === id) abort(call);
  }

  /** The socket is gone, or has no future. */
  close(): void {
    this.#isOver = true;
    for (const call of this.#beginning) abort(call);
    for (const [id, running] of this.#running) {
      if (running instanceof LiveWatch) this.#stopLive(id, running);
      else abort(running);
    }
  }

  #stopLive(id: RequestId, live: LiveWatch): void {
    live.stop();
    this.#replies.stopped(live.head);
    this.#ended(id);
  }

  async #pump(call: Call, events: AsyncIterable<unknown>, signal: AbortSignal): Promise<void> {
    try {
      await pumpEvents(events, signal, {
        take: (event) => {
          if (isTrackedEnvelope(event)) this.#replies.tracked(call, event[0], event[1]);
          else this.#replies.result(call, event);
        },
        fail: (error) => this.#replies.failure(call, error),
      });
      this.#replies.stopped(answerHead(call.id, call.jsonrpc));
    } catch (error) {
      this.#replies.failure(call, error);
      call.stopping?.abort();
    }
    this.#ended(call.id);
  }

  #ended(id: RequestId): void {
    this.#parts.stats.subscriptions--;
    this.#running.delete(id);
  }
}

function abort(call: Call): void {
  call.stopping ??= new AbortController();
  call.stopping.abort();
}
