import type { IncomingMessage } from 'node:http';
import { callTRPCProcedure, getErrorShape, getTRPCErrorFromUnknown, isTrackedEnvelope, TRPCError } from '@trpc/server';
import { parseConnectionParamsFromUnknown, type TRPCRequestInfo } from '@trpc/server/http';
import { isObservable, observableToAsyncIterable } from '@trpc/server/observable';
import { parseTRPCMessage } from '@trpc/server/rpc';
import { type RawData, WebSocket } from 'ws';
import { refuse } from '../../platform/runtime/failure.ts';
import { trpcErrorOf } from '../failures.ts';
import type { AdapterParts } from './adapter-parts.ts';
import { answerHead, errorTail, resultTail, startedTail, stoppedTail, trackedTail } from './answers.ts';
import { Call, type RequestId } from './call.ts';
import { FrameWriter } from './frame-writer.ts';
import { pumpEvents } from './pump-events.ts';

type Message = ReturnType<typeof parseTRPCMessage>;

/** `expected`: the first message will tell who asks. */
type ContextState = { kind: 'expected' } | { kind: 'making' } | { kind: 'ready' } | { kind: 'failed'; error: unknown };

/** Between two looks of the watchdog. */
interface Watched {
  heard: boolean;
  /** When it was last known to be there, or was asked. */
  at: number;
  asked: boolean;
  buffered: number;
  fullSince: number;
}

/** RFC 6455's "try again later". */
const comeBack = 1013;
const busyRetryMs = 200;

/** One socket: its context, its calls in flight, its subscriptions, and what leaves over it. */
export class Connection {
  readonly #parts: AdapterParts;
  readonly #socket: WebSocket;
  readonly #request: IncomingMessage;
  readonly #writer: FrameWriter;
  readonly #subscriptions = new Map<RequestId, Call>();
  /** Subscriptions that have not been started yet. */
  readonly #beginning = new Set<Call>();
  /** Calls that wait for the context, or for their turn. */
  readonly #waiting: Call[] = [];
  #calls = 0;
  #queries = 0;
  #state: ContextState = { kind: 'expected' };
  #ctx: unknown;
  #gone: AbortController | undefined;
  #starting = false;
  #isDraining = false;
  /** For the watchdog: whether anything was heard since its last look, and what it saw then. */
  readonly watched: Watched;

  constructor(parts: AdapterParts, socket: WebSocket, request: IncomingMessage) {
    this.#parts = parts;
    this.#socket = socket;
    this.#request = request;
    this.watched = { heard: false, at: parts.clock.now(), asked: false, buffered: 0, fullSince: 0 };
    this.#writer = new FrameWriter(socket, request.socket, {
      bufferedMax: parts.limits.bufferedBytesPerSocket,
      onFull: () => this.#waitForDrain(),
      onOverflow: () => this.closeAsSlow(),
    });
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('error', (error) => this.#tellError(getTRPCErrorFromUnknown(error)));
    socket.once('close', () => this.#closed());
    if (new URL(request.url ?? '/', 'http://localhost').searchParams.get('connectionParams') !== '1') {
      void this.#makeContext(() => null);
    }
  }

  get buffered(): number {
    return this.#writer.buffered;
  }

  get isFull(): boolean {
    return this.#writer.isFull;
  }

  /** A text that belongs to no call. */
  tell(text: string): void {
    this.#writer.send(text);
  }

  /** The client is to come back: it did not read what it was sent. */
  closeAsSlow(): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#parts.stats.socketsClosedSlow++;
    // What it says is not heard any more, but for its own close frame.
    this.#socket.resume();
    this.#socket.close(comeBack, 'too slow, come back');
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #closed(): void {
    for (const call of this.#subscriptions.values()) call.stopping?.abort();
    this.#subscriptions.clear();
    this.#gone?.abort();
    for (const call of this.#waiting.splice(0)) this.#end(call);
  }

  // ---- reading -------------------------------------------------------------------------------------------------------

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.watched.heard = true;
    let text: string | undefined;
    if (!isBinary) {
      text = data.toString();
      if (text === 'PONG') return;
      if (text === 'PING') return void this.#writer.send('PONG');
    }
    if (this.#state.kind === 'expected') return void this.#makeContext(() => connectionParamsOf(text));
    let messages: Message[];
    try {
      const parsed: unknown = JSON.parse(textOf(text));
      const { transformer } = this.#parts.config;
      messages = Array.isArray(parsed)
        ? parsed.map((each) => parseTRPCMessage(each, transformer))
        : [parseTRPCMessage(parsed, transformer)];
    } catch (cause) {
      return void this.#sendError(null, undefined, new TRPCError({ code: 'PARSE_ERROR', cause }));
    }
    for (let index = 0; index < messages.length; index++) this.#handle(messages[index] as Message, index);
  }

  #handle(message: Message, batchIndex: number): void {
    const { id, jsonrpc } = message;
    if (id === null || id === undefined) {
      const error = new TRPCError({ code: 'PARSE_ERROR', message: '`id` is required' });
      this.#tellError(error);
      return void this.#sendError(null, jsonrpc, error);
    }
    if (message.method === 'subscription.stop') {
      return void this.#stop(id);
    }
    const { path, lastEventId } = message.params;
    const input = withLastEventId(message.params.input, lastEventId);
    const call = new Call({ id, jsonrpc, path, type: message.method, input }, batchIndex, this.#signalOf);
    const { limits, stats } = this.#parts;
    this.#calls++;
    stats.callsInFlight++;
    if (call.type === 'subscription') this.#beginning.add(call);
    const subscriptions = this.#subscriptions.size + this.#beginning.size;
    if (this.#calls > limits.callsPerSocket || subscriptions > limits.subscriptionsPerSocket) {
      stats.callsRefused++;
      this.#fail(call, trpcErrorOf(refuse('BUSY', { retryAfterMs: busyRetryMs })));
    } else if (this.#mayStart(call)) void this.#start(call);
    else this.#waiting.push(call);
  }

  // ---- the context ---------------------------------------------------------------------------------------------------

  async #makeContext(connectionParams: () => TRPCRequestInfo['connectionParams']): Promise<void> {
    this.#state = { kind: 'making' };
    try {
      this.#ctx = await this.#parts.createContext?.({
        req: this.#request,
        res: this.#socket,
        info: {
          connectionParams: connectionParams(),
          calls: [],
          isBatchCall: false,
          accept: null,
          type: 'unknown',
          signal: this.#goneSignal,
          url: null,
        },
      });
      this.#state = { kind: 'ready' };
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause);
      this.#state = { kind: 'failed', error };
      this.#tellError(error);
      this.#sendError(null, undefined, error);
      setImmediate(() => {
        this.#writer.flush();
        this.#socket.close();
      });
    }
    this.#startWaiting();
  }

  // ---- calls ---------------------------------------------------------------------------------------------------------

  #mayStart({ type }: Call): boolean {
    if (this.#state.kind === 'making') return false;
    if (type !== 'query') return true;
    return this.#queries < this.#parts.limits.queriesAtOncePerSocket && !this.#writer.isFull;
  }

  #startWaiting(): void {
    // One that fails at once ends at once, and would start the next from within.
    if (this.#starting) return;
    this.#starting = true;
    for (let call = this.#waiting[0]; call && this.#mayStart(call); call = this.#waiting[0]) {
      this.#waiting.shift();
      void this.#start(call);
    }
    this.#starting = false;
  }

  #start(call: Call): Promise<void> {
    call.isRunning = true;
    if (call.type === 'query') this.#queries++;
    const { observer } = this.#parts;
    return observer ? observer.scope(this.#run, call) : this.#run(call);
  }

  readonly #run = async (call: Call): Promise<void> => {
    const straight = this.#parts.straight.get(call.path);
    const observer = straight && this.#parts.observer;
    const startedAt = observer ? performance.now() : 0;
    try {
      if (this.#state.kind === 'failed') throw this.#state.error;
      call.ctx = this.#ctx;
      const result = await (straight && straight.type === call.type ? straight.run(call) : this.#callByTrpc(call));
      observer?.ended(call, startedAt);
      if (call.type === 'subscription') await this.#subscribe(call, result);
      else this.#answer(call, result);
    } catch (error) {
      observer?.ended(call, startedAt, error);
      this.#fail(call, error);
    }
  };

  #callByTrpc(call: Call): Promise<unknown> {
    return callTRPCProcedure({
      router: this.#parts.router,
      path: call.path,
      getRawInput: call.getRawInput,
      ctx: call.ctx,
      type: call.type,
      signal: call.signal,
      batchIndex: call.batchIndex,
    });
  }

  #answer(call: Call, result: unknown): void {
    if (isStream(result)) {
      throw new TRPCError({
        code: 'UNSUPPORTED_MEDIA_TYPE',
        message: `Cannot return an async iterable or observable from a ${call.type} procedure with WebSockets`,
      });
    }
    this.#send(call, resultTail(this.#parts.config.transformer.output, result));
    this.#end(call);
  }

  #fail(call: Call, error: unknown): void {
    this.#sendFailure(call, error);
    this.#end(call);
  }

  #end(call: Call): void {
    this.#calls--;
    this.#parts.stats.callsInFlight--;
    if (call.isRunning && call.type === 'query') this.#queries--;
    if (call.type === 'subscription') this.#beginning.delete(call);
    call.isRunning = false;
    if (this.#waiting.length > 0) this.#startWaiting();
  }

  // ---- subscriptions -------------------------------------------------------------------------------------------------

  async #subscribe(call: Call, result: unknown): Promise<void> {
    const { id, path } = call;
    if (!isStream(result)) {
      const message = `Subscription ${path} did not return an observable or a AsyncGenerator`;
      throw new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message });
    }
    const { signal } = call;
    const events = isObservable(result) ? observableToAsyncIterable(result, signal) : result;
    if (this.#socket.readyState !== WebSocket.OPEN) {
      // It was lost meanwhile; nobody would ever end this.
      await events[Symbol.asyncIterator]().return?.();
      return this.#end(call);
    }
    if (this.#subscriptions.has(id)) throw new TRPCError({ code: 'BAD_REQUEST', message: `Duplicate id ${id}` });
    this.#subscriptions.set(id, call);
    this.#parts.stats.subscriptions++;
    this.#end(call);
    this.#send(call, startedTail);
    const { output } = this.#parts.config.transformer;
    try {
      await pumpEvents(events, signal, {
        take: (event) =>
          this.#send(
            call,
            isTrackedEnvelope(event) ? trackedTail(output, event[0], event[1]) : resultTail(output, event),
          ),
        fail: (error) => this.#sendFailure(call, error),
      });
      this.#send(call, stoppedTail);
    } catch (error) {
      this.#sendFailure(call, error);
      call.stopping?.abort();
    }
    this.#parts.stats.subscriptions--;
    if (this.#subscriptions.get(id) === call) this.#subscriptions.delete(id);
  }

  #stop(id: RequestId): void {
    const call = this.#subscriptions.get(id) ?? this.#beginningOf(id);
    if (!call) return;
    call.stopping ??= new AbortController();
    call.stopping.abort();
  }

  #beginningOf(id: RequestId): Call | undefined {
    for (const call of this.#beginning) if (call.id === id) return call;
    return undefined;
  }

  readonly #signalOf = (call: Call): AbortSignal => {
    if (call.type === 'query') return this.#goneSignal;
    call.stopping ??= new AbortController();
    return call.stopping.signal;
  };

  /** Fires when the socket is gone. */
  get #goneSignal(): AbortSignal {
    this.#gone ??= new AbortController();
    if (this.#socket.readyState !== WebSocket.OPEN) this.#gone.abort();
    return this.#gone.signal;
  }

  // ---- writing -------------------------------------------------------------------------------------------------------

  #send(call: Call, tail: string): void {
    this.#parts.stats.answersSent++;
    this.#writer.send(answerHead(call.id, call.jsonrpc) + tail);
  }

  #sendFailure(call: Call, cause: unknown): void {
    const quick = this.#parts.observer?.shapeOf(cause, call);
    if (quick !== undefined) return void this.#send(call, errorTail(this.#parts.config.transformer.output, quick));
    const error = getTRPCErrorFromUnknown(cause);
    this.#tellError(error, call);
    this.#sendError(call.id, call.jsonrpc, error, call);
  }

  #sendError(id: RequestId | null, jsonrpc: '2.0' | undefined, error: TRPCError, call?: Call): void {
    const { config } = this.#parts;
    const shape = getErrorShape({
      config,
      error,
      type: call?.type ?? 'unknown',
      path: call?.path,
      input: call?.rawInput,
      ctx: this.#ctx,
    });
    this.#writer.send(answerHead(id, jsonrpc) + errorTail(config.transformer.output, shape));
  }

  #tellError(error: TRPCError, call?: Call): void {
    this.#parts.onError?.({
      error,
      type: call?.type ?? 'unknown',
      path: call?.path,
      input: call?.rawInput,
      ctx: this.#ctx,
      req: this.#request,
    });
  }

  /** Whoever does not read is not read from either, so that it cannot ask for more. */
  #waitForDrain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#socket.pause();
    this.#request.socket.once('drain', () => {
      this.#isDraining = false;
      this.#socket.resume();
      if (this.#waiting.length > 0) this.#startWaiting();
    });
  }
}

type Stream = AsyncIterable<unknown> | Parameters<typeof observableToAsyncIterable>[0];

const isStream = (value: unknown): value is Stream =>
  typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || isObservable(value));

function textOf(text: string | undefined): string {
  if (text === undefined) throw new Error('binary data, where text is spoken');
  return text;
}

function connectionParamsOf(text: string | undefined): TRPCRequestInfo['connectionParams'] {
  let message: unknown;
  try {
    message = JSON.parse(textOf(text));
    if (typeof message !== 'object' || message === null || Array.isArray(message)) throw new Error('not an object');
  } catch (cause) {
    throw new TRPCError({ code: 'PARSE_ERROR', message: 'Malformed TRPCConnectionParamsMessage', cause });
  }
  return parseConnectionParamsFromUnknown((message as { data?: unknown }).data);
}

function withLastEventId(input: unknown, lastEventId: string | undefined): unknown {
  if (lastEventId === undefined) return input;
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...input, lastEventId };
  return input ?? { lastEventId };
}
