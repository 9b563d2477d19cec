import { createWSClient, type TRPCWebSocketClient } from '@trpc/client';
import type { FailureView } from '../../shared/failure.ts';
import { limits } from '../../shared/limits.ts';
import { ClientClosed } from './airside-error.ts';
import { LiveSocket, type SocketConstructor, type SocketLike } from './live-socket.ts';

/** Times are Unix milliseconds. */
export type ConnectionState =
  | { kind: 'connecting' }
  | { kind: 'open'; since: number }
  /** `attempt` counts from 1; the next one starts at `retryAt`. */
  | { kind: 'waiting'; attempt: number; retryAt: number; lastOpenAt: number | null }
  /** For good: closed by its owner, or the operator key was refused. */
  | { kind: 'closed' };

/** What an application may see and do. */
export interface ConnectionHandle {
  state(): ConnectionState;
  /** Calls back after each change. Returns how to stop it. */
  subscribe(listener: () => void): () => void;
  /** Tries now instead of waiting on; an open connection is replaced, after the calls in flight. */
  reconnect(): void;
}

export interface Connection extends ConnectionHandle {
  wsClient: TRPCWebSocketClient;
  /** Runs `enter` as soon as calls may be sent, `refuse` if that will never be. Returns how to stop waiting. */
  whenOpen(enter: () => void, refuse: (reason: ClientClosed) => void): () => void;
  /** A call is on the socket until the returned function runs. */
  countCall(): () => void;
  /** Reconnects with the credentials as they are now; done when the new socket is open. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

export interface Credentials {
  token?: string;
  apiKey?: string;
}

export interface ConnectionOptions {
  /** `http(s)://host:port` of the server, or the full `ws(s)://…/trpc`. */
  url: string;
  WebSocket?: SocketConstructor;
  /** Read at each connect. */
  credentials(): Credentials | Promise<Credentials>;
  /** The server refused the token. What `credentials` gives from now on decides the next attempt. */
  refused(failure: FailureView, given: Credentials): void | Promise<void>;
  /** Wait before the given attempt (1, 2 …) to connect again. Full jitter up to 10 s by default. */
  retryDelayMs?: (attempt: number) => number;
  keepAlive?: { intervalMs: number; pongTimeoutMs: number };
  connectTimeoutMs?: number;
}

/** Jitter from the first attempt on: when a server restarts, all its clients have lost it in the same moment. */
export const defaultRetryDelayMs = (attempt: number, random = Math.random()): number =>
  random * Math.min(10_000, 250 * 2 ** attempt);

/** A server that is about to restart still answers for about a second and a half. */
const noticeSpreadMs = 500;
const drainMs = 1_000;
/** An open socket counts as a success once the server said anything, or after this long. */
const provenAfterMs = 5_000;

/** `http://host:3000` → `ws://host:3000/trpc`; an address that has a path already keeps it. */
export function socketUrl(url: string): string {
  if (!URL.canParse(url)) throw new TypeError(`not an address like http://127.0.0.1:3000: ${url}`);
  const parsed = new URL(url);
  parsed.protocol = parsed.protocol === 'https:' || parsed.protocol === 'wss:' ? 'wss:' : 'ws:';
  if (parsed.pathname === '/') parsed.pathname = '/trpc';
  parsed.hash = '';
  return parsed.href;
}

/**
 * One WebSocket that comes back by itself. tRPC's client does the protocol; when to connect, how long to wait
 * and whether calls may pass are decided here, because its own retries start over with no delay whenever a socket
 * opened at all, and a call made meanwhile connects at once, past every back-off.
 */
export function createConnection(options: ConnectionOptions): Connection {
  const url = socketUrl(options.url);
  const Socket = options.WebSocket ?? (globalThis as unknown as { WebSocket?: SocketConstructor }).WebSocket;
  if (!Socket) throw new Error('there is no WebSocket in this runtime; give one as the option `WebSocket`');
  const delayOf = options.retryDelayMs ?? ((nth: number) => defaultRetryDelayMs(nth));

  let state: ConnectionState = { kind: 'connecting' };
  let socket: LiveSocket | undefined;
  let given: Credentials = {};
  let refusal: FailureView | undefined;
  let attempt = 0;
  let lastOpenAt: number | null = null;
  let waitOver: Promise<void> = Promise.resolve();
  let stopWaiting = () => {};
  let renewing: Promise<void> | undefined;
  let calls = 0;
  let whenIdle = () => {};
  let proof: ReturnType<typeof setTimeout> | undefined;
  let notice: ReturnType<typeof setTimeout> | undefined;
  const listeners = new Set<() => void>();
  const waiters = new Set<{ enter: () => void; refuse: (reason: ClientClosed) => void }>();

  const isClosed = () => state.kind === 'closed';
  const mayPass = () => state.kind === 'open' && renewing === undefined;

  function become(next: ConnectionState): void {
    if (isClosed() || (next.kind === 'connecting' && state.kind === 'connecting')) return;
    state = next;
    for (const listener of [...listeners]) listener();
    letPass();
  }

  function letPass(): void {
    for (const waiter of [...waiters]) {
      if (!isClosed() && !mayPass()) return;
      waiters.delete(waiter);
      if (isClosed()) waiter.refuse(new ClientClosed(refusal));
      else waiter.enter();
    }
  }

  function opened(): void {
    lastOpenAt = Date.now();
    proof = setTimeout(proven, provenAfterMs);
    become({ kind: 'open', since: lastOpenAt });
  }

  function proven(): void {
    attempt = 0;
    clearTimeout(proof);
    proof = undefined;
  }

  /** Everything comes through here first; only what concerns the connection itself is looked at. */
  function received(text: string): boolean {
    if (text.length < 2_000 && text.includes('"id":null')) return connectionMessage(text);
    if (proof) proven();
    return true;
  }

  function connectionMessage(text: string): boolean {
    const message = JSON.parse(text) as { id?: unknown; method?: string; error?: { json?: { data?: unknown } } };
    if (message.id !== null) return true;
    if (message.method === 'reconnect') {
      // Spread out, and not passed on: tRPC would cut the socket first and then look for another.
      clearTimeout(notice);
      notice = setTimeout(() => renew().catch(() => {}), Math.random() * noticeSpreadMs);
      return false;
    }
    const failure = (message.error?.json?.data as { failure?: FailureView } | undefined)?.failure;
    if (failure?.code === 'UNAUTHENTICATED') refuseCredentials(failure);
    return false;
  }

  function refuseCredentials(failure: FailureView): void {
    // A wrong operator key is a mistake in a configuration; without it nothing would work, and slowly.
    if (given.apiKey !== undefined) return void closeFor(failure);
    void options.refused(failure, given);
  }

  function gone(): void {
    socket = undefined;
    clearTimeout(proof);
    proof = undefined;
    clearTimeout(notice);
    if (isClosed()) return;
    // A socket that was cut in order to replace it is no failure.
    if (renewing) {
      become({ kind: 'connecting' });
      return;
    }
    const delay = Math.max(0, Math.round(delayOf(++attempt)));
    waitOver = new Promise((resolve) => {
      const timer = setTimeout(resolve, delay);
      stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    // Last, as whoever hears of it may want to try at once.
    become({ kind: 'waiting', attempt, retryAt: Date.now() + delay, lastOpenAt });
  }

  const hooks = { connectTimeoutMs: options.connectTimeoutMs ?? 10_000, opened, received, gone };

  class OurSocket extends LiveSocket {
    constructor(address: string) {
      super(connect(address), hooks);
      socket = this;
    }
  }

  function connect(address: string): SocketLike {
    try {
      return new (Socket as SocketConstructor)(address);
    } catch (error) {
      // A page may be forbidden this address: tRPC would ask again at once, for ever.
      gone();
      throw error;
    }
  }

  const wsClient = createWSClient({
    // tRPC asks for the address before each attempt, and everybody who wants the socket waits for the answer.
    url: async () => {
      await waitOver;
      if (isClosed()) throw new ClientClosed(refusal);
      become({ kind: 'connecting' });
      return url;
    },
    retryDelayMs: () => 0,
    connectionParams: async () => {
      given = await options.credentials();
      return { ...given };
    },
    keepAlive: { enabled: true, ...(options.keepAlive ?? { intervalMs: 15_000, pongTimeoutMs: 5_000 }) },
    WebSocket: OurSocket as unknown as typeof WebSocket,
    experimental_encoder: {
      encode: (message) =>
        Array.isArray(message) && message.length > limits.callsPerBatch
          ? inBatches(message).join('\n')
          : JSON.stringify(message),
      decode: (text) => JSON.parse(text as string),
    },
  });

  async function renew(): Promise<void> {
    if (state.kind === 'waiting') stopWaiting();
    else {
      // One that is still connecting may have read the old credentials.
      await new Promise<void>((resolve, reject) => whenOpen(resolve, reject));
      // A turn later, so that whoever hears of the old socket's end knows why it was.
      renewing ??= Promise.resolve()
        .then(replaceSocket)
        .finally(() => {
          renewing = undefined;
          letPass();
        });
      await renewing;
    }
    await new Promise<void>((resolve, reject) => whenOpen(resolve, reject));
  }

  async function replaceSocket(): Promise<void> {
    const old = socket;
    if (calls > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, drainMs);
        whenIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    old?.close();
  }

  function whenOpen(enter: () => void, refuse: (reason: ClientClosed) => void): () => void {
    const waiter = { enter, refuse };
    waiters.add(waiter);
    letPass();
    return () => void waiters.delete(waiter);
  }

  async function closeFor(failure?: FailureView): Promise<void> {
    if (isClosed()) return;
    refusal = failure;
    become({ kind: 'closed' });
    stopWaiting();
    // What is in flight will not be answered; tRPC would wait for it.
    socket?.close();
    await wsClient.close();
  }

  return {
    wsClient,
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reconnect: () => {
      if (state.kind === 'waiting' || state.kind === 'open') renew().catch(() => {});
    },
    whenOpen,
    countCall: () => {
      calls++;
      let over = false;
      return () => {
        if (over) return;
        over = true;
        if (--calls === 0) whenIdle();
      };
    },
    renew,
    close: () => closeFor(),
  };
}

/** tRPC puts all calls of one tick into one frame, and the server takes no more than so many in one. */
function inBatches(messages: unknown[]): string[] {
  const size = limits.callsPerBatch;
  return Array.from({ length: Math.ceil(messages.length / size) }, (_, index) =>
    JSON.stringify(messages.slice(index * size, (index + 1) * size)),
  );
}
