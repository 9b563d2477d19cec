import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { callTRPCProcedure, getTRPCErrorFromUnknown, TRPCError } from '@trpc/server';
import { parseConnectionParamsFromUnknown, type TRPCRequestInfo } from '@trpc/server/http';
import { parseTRPCMessage } from '@trpc/server/rpc';
import { type RawData, WebSocket } from 'ws';
import { refuse } from '../../platform/runtime/failure.ts';
import { trpcErrorOf } from '../failures.ts';
import type { AdapterParts } from './adapter-parts.ts';
import { Call, type CallOwner, runCall } from './call.ts';
import { type FrameOwner, FrameWriter } from './frame-writer.ts';
import type { FrameTarget, LiveWatch } from './live-watch.ts';
import { Replies } from './replies.ts';
import { isStream, Subscriptions } from './subscriptions.ts';

type Message = ReturnType<typeof parseTRPCMessage>;

/** `expected`: the first message will tell who asks. */
type ContextState =
  | { kind: 'expected'; request: IncomingMessage }
  | { kind: 'making' }
  | { kind: 'ready' }
  | { kind: 'failed'; error: unknown };

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
/** So long may a socket whose context was refused wait for its first call. */
const refusedGraceMs = 1_000;

/** One socket: its context, its calls in flight, its subscriptions, and what leaves over it. */
export class Connection implements CallOwner, FrameOwner, FrameTarget {
  readonly #parts: AdapterParts;
  readonly #socket: WebSocket;
  /** Under the socket. */
  readonly #connection: Socket;
  readonly #writer: FrameWriter;
  readonly #replies: Replies;
  readonly #subscriptions: Subscriptions;
  /** Calls that wait for the context, or for their turn. */
  readonly #waiting: Call[] = [];
  #calls = 0;
  #queries = 0;
  #state: ContextState;
  #gone: AbortController | undefined;
  #starting = false;
  #isDraining = false;
  /** What could not be shown while the client did not read. */
  #late: Set<LiveWatch> | undefined;
  /** For the watchdog: whether anything was heard since its last look, and what it saw then. */
  readonly watched: Watched;

  constructor(parts: AdapterParts, socket: WebSocket, request: IncomingMessage) {
    this.#parts = parts;
    this.#socket = socket;
    this.#connection = request.socket;
    parts.connections.add(this);
    parts.stats.sockets++;
    this.watched = { heard: false, at: parts.clock.now(), asked: false, buffered: 0, fullSince: 0 };
    this.#writer = new FrameWriter(socket, request.socket, this);
    this.#replies = new Replies(parts, this.#writer);
    this.#subscriptions = new Subscriptions(parts, this.#replies, this);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('error', (error) => this.#replies.report(getTRPCErrorFromUnknown(error)));
    socket.on('close', () => this.#closed());
    // The request is dropped when it has been looked at: it is a third of what an idle socket would keep.
    this.#state = { kind: 'expected', request };
    if (!announcesParams(request.url)) {
      void this.#makeContext(request, () => null);
    }
  }

  get buffered(): number {
    return this.#writer.buffered;
  }

  get bufferedMax(): number {
    return this.#parts.limits.bufferedBytesPerSocket;
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
    // That frame may be long in coming; nothing is made for this client meanwhile.
    this.#abandon();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #closed(): void {
    this.#parts.connections.delete(this);
    this.#parts.stats.sockets--;
    this.#abandon();
  }

  /** Whatever runs for this client only. */
  #abandon(): void {
    this.#subscriptions.close();
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
    if (this.#state.kind === 'expected') {
      return void this.#makeContext(this.#state.request, () => connectionParamsOf(text));
    }
    let messages: Message[];
    try {
      const parsed: unknown = JSON.parse(textOf(text));
      const { transformer } = this.#parts.config;
      messages = Array.isArray(parsed)
        ? parsed.map((each) => parseTRPCMessage(each, transformer))
        : [parseTRPCMessage(parsed, transformer)];
    } catch (cause) {
      return void this.#replies.error(null, undefined, new TRPCError({ code: 'PARSE_ERROR', cause }));
    }
    // Before there is a context, the bound for calls of a socket has to do.
    const isReady = this.#state.kind === 'ready';
    const waitMs = isReady ? (this.#parts.waitMs?.(this.#replies.ctx, messages.length) ?? 0) : 0;
    const refusal = waitMs > 0 ? trpcErrorOf(refuse('RATE_LIMITED', { retryAfterMs: waitMs })) : undefined;
    for (let index = 0; index < messages.length; index++) this.#handle(messages[index] as Message, index, refusal);
    if (this.#state.kind === 'failed') this.#closeSoon();
  }

  #handle(message: Message, batchIndex: number, refusal: TRPCError | undefined): void {
    const { id, jsonrpc } = message;
    if (id === null || id === undefined) {
      const error = new TRPCError({ code: 'PARSE_ERROR', message: '`id` is required' });
      this.#replies.report(error);
      return void this.#replies.error(null, jsonrpc, error);
    }
    if (message.method === 'subscription.stop') {
      return void this.#subscriptions.stop(id);
    }
    const { path, lastEventId } = message.params;
    const input = withLastEventId(message.params.input, lastEventId);
    const call = new Call({ id, jsonrpc, path, type: message.method, input }, batchIndex, this);
    const { limits, stats } = this.#parts;
    this.#calls++;
    stats.callsInFlight++;
    if (call.type === 'subscription') this.#subscriptions.begin(call);
    const isFull = this.#calls > limits.callsPerSocket || this.#subscriptions.count > limits.subscriptionsPerSocket;
    if (refusal || isFull) {
      stats.callsRefused++;
      this.#fail(call, refusal ?? trpcErrorOf(refuse('BUSY', { retryAfterMs: busyRetryMs })));
    } else if (this.#mayStart(call)) void this.#start(call);
    else this.#waiting.push(call);
  }

  // ---- the context ---------------------------------------------------------------------------------------------------

  async #makeContext(req: IncomingMessage, connectionParams: () => TRPCRequestInfo['connectionParams']): Promise<void> {
    this.#state = { kind: 'making' };
    const goneSignal = () => this.#goneSignal;
    try {
      this.#replies.ctx = await this.#parts.createContext?.({
        req,
        res: this.#socket,
        info: {
          connectionParams: connectionParams(),
          calls: [],
          isBatchCall: false,
          accept: null,
          type: 'unknown',
          get signal() {
            return goneSignal();
          },
          url: null,
        },
      });
      this.#state = { kind: 'ready' };
    } catch (cause) {
      const error = getTRPCErrorFromUnknown(cause);
      this.#state = { kind: 'failed', error };
      this.#replies.report(error);
      this.#replies.error(null, undefined, error);
      // A client's first call may be on its way still, and is to be told why.
      if (this.#waiting.length > 0) this.#closeSoon();
      else void this.#parts.clock.sleep(refusedGraceMs, this.#goneSignal).then(() => this.#closeSoon());
    }
    this.#startWaiting();
  }

  /** When what is to be answered now has left. */
  #closeSoon(): void {
    setImmediate(() => {
      this.#writer.flush();
      this.#socket.close();
    });
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
    return observer ? observer.scope(runCall, call) : this.run(call);
  }

  async run(call: Call): Promise<void> {
    const known = this.#parts.straight.get(call.path);
    const straight = known?.type === call.type && this.#state.kind === 'ready' ? known : undefined;
    // What tRPC calls is observed around the procedure itself.
    let observer = straight && this.#parts.observer;
    const startedAt = observer ? performance.now() : 0;
    try {
      if (this.#state.kind === 'failed') throw this.#state.error;
      call.ctx = this.#replies.ctx;
      const result = await (straight ? straight.run(call) : this.#callByTrpc(call));
      observer?.ended(call, startedAt);
      observer = undefined;
      if (call.type !== 'subscription') this.#answer(call, result);
      // Lost meanwhile: what never started needs no end.
      else if (this.#socket.readyState === WebSocket.OPEN) this.#subscriptions.start(call, result);
    } catch (error) {
      observer?.ended(call, startedAt, error);
      this.#replies.failure(call, error);
    }
    this.#end(call);
  }

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
    this.#replies.result(call, result);
  }

  #fail(call: Call, error: unknown): void {
    this.#replies.failure(call, error);
    this.#end(call);
  }

  #end(call: Call): void {
    this.#calls--;
    this.#parts.stats.callsInFlight--;
    if (call.isRunning && call.type === 'query') this.#queries--;
    if (call.type === 'subscription') this.#subscriptions.begun(call);
    call.isRunning = false;
    if (this.#waiting.length > 0) this.#startWaiting();
  }

  signalOf(call: Call): AbortSignal {
    if (call.type === 'query') return this.#goneSignal;
    call.stopping ??= new AbortController();
    return call.stopping.signal;
  }

  /** Fires when the socket is gone. */
  get #goneSignal(): AbortSignal {
    this.#gone ??= new AbortController();
    if (this.#socket.readyState !== WebSocket.OPEN) this.#gone.abort();
    return this.#gone.signal;
  }

  // ---- writing -------------------------------------------------------------------------------------------------------

  /** For the hub: one frame, as soon as it can leave. */
  push(frame: Buffer): void {
    this.#parts.stats.framesPushed++;
    this.#writer.sendNow(frame);
  }

  whenRead(watch: LiveWatch): void {
    this.#parts.stats.framesSkipped++;
    this.#late ??= new Set();
    this.#late.add(watch);
  }

  /** Whoever does not read is not read from either, so that it cannot ask for more. */
  waitForDrain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#socket.pause();
    this.#connection.once('drain', () => {
      this.#isDraining = false;
      this.#socket.resume();
      const late = this.#late;
      this.#late = undefined;
      for (const watch of late ?? []) watch.catchUp();
      if (this.#waiting.length > 0) this.#startWaiting();
    });
  }
}

/** A URL is taken apart for those only that have something behind the path. */
const announcesParams = (url = '/'): boolean =>
  url.includes('?') && new URL(url, 'http://localhost').searchParams.get('connectionParams') === '1';

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
