import { ConnectionLost } from './airside-error.ts';

/** What the client needs of a WebSocket: the browser's, Node's, or that of `ws`. */
export interface SocketLike {
  readonly readyState: number;
  binaryType: string;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: each implementation has event types of its own
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: any) => void): void;
}
export type SocketConstructor = new (url: string) => SocketLike;

export interface SocketHooks {
  connectTimeoutMs: number;
  opened(): void;
  /** Before tRPC sees it; false keeps it from tRPC. */
  received(text: string): boolean;
  /** Once for each socket, whether or not it ever opened. */
  gone(): void;
}

type Listener = (this: LiveSocket, event: unknown) => void;

/**
 * A WebSocket as tRPC's client needs it to be, since that one mistakes some of the real one's habits:
 *
 * - It is gone the moment it is closed. The real `close` event waits for the other side, up to minutes on a dead link;
 *   by then the next socket is in use, and would be taken for the one that died.
 * - It is never `CLOSING`. In that state tRPC would already open the next one, and drop it at the `close` event.
 * - It does not die while tRPC is still busy with opening it (connection parameters are sent after `open`): tRPC
 *   would not hear it, and never connect again. What is sent meanwhile is lost, as on any dead link.
 * - It gives up on a connection that does not open in time.
 */
export class LiveSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;

  readonly #socket: SocketLike;
  readonly #hooks: SocketHooks;
  readonly #listeners: Record<string, Set<Listener>> = {};
  readonly #patience: ReturnType<typeof setTimeout>;
  #gone: ConnectionLost | undefined;
  #opened = false;
  /** tRPC has done all that it does on opening. */
  #settled = false;
  #told = false;

  constructor(socket: SocketLike, hooks: SocketHooks) {
    this.#socket = socket;
    this.#hooks = hooks;
    this.#patience = setTimeout(() => this.#end('the server did not answer in time'), hooks.connectTimeoutMs);
    socket.addEventListener('open', () => {
      if (this.#gone) return;
      clearTimeout(this.#patience);
      this.#opened = true;
      hooks.opened();
      this.#tell('open', { type: 'open' });
    });
    socket.addEventListener('message', ({ data }: { data: unknown }) => {
      if (this.#gone || typeof data !== 'string') return;
      try {
        if (hooks.received(data)) this.#tell('message', { type: 'message', data });
      } catch {
        // An exception in an event listener would end a Node process.
        this.#end('the server sent what is no message');
      }
    });
    socket.addEventListener('error', ({ message }: { message?: string }) =>
      this.#end(message || 'the connection failed'),
    );
    socket.addEventListener('close', ({ code, reason }: { code?: number; reason?: string }) =>
      this.#end(reason || 'the connection was closed', code),
    );
  }

  get readyState(): number {
    if (this.#told) return LiveSocket.CLOSED;
    return this.#opened ? LiveSocket.OPEN : LiveSocket.CONNECTING;
  }

  set binaryType(type: string) {
    this.#socket.binaryType = type;
  }

  /** One frame a line: an encoder may ask for several, and JSON text holds no line break. */
  send(text: string): void {
    // The first frame is the last step of opening; a turn later tRPC is through with it.
    if (!this.#settled) setTimeout(() => this.#settle(), 0);
    if (this.#gone) return;
    if (text.includes('\n')) for (const frame of text.split('\n')) this.#socket.send(frame);
    else this.#socket.send(text);
  }

  close(): void {
    this.#end('closed by this client', 1000);
  }

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners[type] ?? new Set<Listener>();
    this.#listeners[type] = listeners.add(listener);
    // A forbidden address fails before anybody could listen, and nobody would ever hear of it.
    const reason = this.#gone;
    if (reason && (type === 'close' || (type === 'error' && !this.#opened))) {
      queueMicrotask(() => listener.call(this, reason));
    }
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners[type]?.delete(listener);
  }

  #end(message: string, code?: number): void {
    if (this.#gone) return;
    const reason = new ConnectionLost(message, code);
    this.#gone = reason;
    clearTimeout(this.#patience);
    this.#socket.close();
    this.#hooks.gone();
    if (!this.#opened || this.#settled) this.#tellEnd(reason);
  }

  #settle(): void {
    this.#settled = true;
    if (this.#gone && !this.#told) this.#tellEnd(this.#gone);
  }

  #tellEnd(reason: ConnectionLost): void {
    this.#told = true;
    // Whoever awaits the opening listens for errors only.
    if (!this.#opened) this.#tell('error', reason);
    this.#tell('close', reason);
  }

  #tell(type: string, event: unknown): void {
    for (const listener of [...(this.#listeners[type] ?? [])]) listener.call(this, event);
  }
}
