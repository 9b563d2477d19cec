import { WebSocket } from 'ws';
import type { FailureView } from '../../shared/failure.ts';

/**
 * `done` and `refused` are the server's word. `lost`: no answer came, so it is unknown whether the call had its
 * effect (`sent`), or it surely had none (never sent).
 */
export type Answer<T> =
  | { kind: 'done'; value: T }
  | { kind: 'refused'; failure: FailureView }
  | { kind: 'lost'; sent: boolean };

export type Method = 'query' | 'mutation' | 'subscription';

interface Socket {
  ws: WebSocket;
  opened: Promise<boolean>;
  waiting: Map<number, Waiting>;
}
interface Waiting {
  settle: (answer: Answer<unknown>) => void;
  /** True: enough, the subscription is stopped. */
  onData?: (value: unknown) => boolean;
}

/** A socket that does not open within this is given up. */
const connectTimeoutMs = 3_000;

/**
 * The wire by hand, one frame a call, without anything that repeats or mends by itself: whoever checks the server
 * must see each answer, and each that is missing. Connects when there is something to send.
 */
export class WireClient {
  readonly #address: string;
  readonly #who: { token?: string; apiKey?: string };
  readonly #timeoutMs: number;
  #socket: Socket | undefined;
  #closed = false;
  #nextId = 1;

  /**
   * @param url `http://host:port`.
   * @param timeoutMs a call without an answer is lost after this, and its socket with it.
   */
  constructor(url: string, who: { token?: string; apiKey?: string } = {}, timeoutMs = 8_000) {
    this.#address = `${url.replace('http', 'ws')}/trpc?connectionParams=1`;
    this.#who = who;
    this.#timeoutMs = timeoutMs;
  }

  async call<T>(method: 'query' | 'mutation', path: string, input?: unknown): Promise<Answer<T>> {
    const socket = await this.#open();
    if (!socket) return { kind: 'lost', sent: false };
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.ws.terminate(), this.#timeoutMs);
      this.#send(socket, method, path, input, {
        settle: (answer) => {
          clearTimeout(timer);
          resolve(answer as Answer<T>);
        },
      });
    });
  }

  /** Delivers what a subscription says, until `onData` answers true, its socket ends or the server ends it. */
  async watch(path: string, input: unknown, onData: (value: unknown) => boolean): Promise<void> {
    const socket = await this.#open();
    if (!socket) return;
    await new Promise<void>((resolve) => {
      const id = this.#send(socket, 'subscription', path, input, {
        settle: () => resolve(),
        onData: (value) => {
          const enough = onData(value);
          if (enough) socket.ws.send(JSON.stringify({ id, method: 'subscription.stop' }));
          return enough;
        },
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#socket?.ws.terminate();
  }

  #send(socket: Socket, method: Method, path: string, input: unknown, waiting: Waiting): number {
    const id = this.#nextId++;
    socket.waiting.set(id, waiting);
    socket.ws.send(JSON.stringify({ id, method, params: { path, input: { json: input ?? null } } }));
    return id;
  }

  async #open(): Promise<Socket | undefined> {
    if (this.#closed) return undefined;
    this.#socket ??= this.#connect();
    const socket = this.#socket;
    return (await socket.opened) && socket.ws.readyState === WebSocket.OPEN ? socket : undefined;
  }

  #connect(): Socket {
    const ws = new WebSocket(this.#address, { perMessageDeflate: false, handshakeTimeout: connectTimeoutMs });
    const waiting = new Map<number, Waiting>();
    const opened = new Promise<boolean>((resolve) => {
      ws.once('open', () => {
        ws.send(JSON.stringify({ method: 'connectionParams', data: this.#who }));
        resolve(true);
      });
      ws.once('close', () => resolve(false));
    });
    const socket: Socket = { ws, opened, waiting };
    ws.on('error', () => ws.terminate());
    ws.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
      for (const { settle } of waiting.values()) settle({ kind: 'lost', sent: true });
      waiting.clear();
    });
    ws.on('message', (data) => {
      const text = String(data);
      // The protocol's own sign of life.
      if (text === 'PING') ws.send('PONG');
      else receive(waiting, JSON.parse(text));
    });
    return socket;
  }
}

interface Message {
  id: number | null;
  result?: { type: 'data' | 'started' | 'stopped'; data?: { json: unknown } };
  error?: { json: { data: { failure: FailureView } } };
}

function receive(waiting: Map<number, Waiting>, { id, result, error }: Message): void {
  // Without an id it is about the connection, whose end says enough.
  const call = id === null ? undefined : waiting.get(id);
  if (!call || id === null) return;
  if (result?.type === 'started') return;
  if (call.onData && result?.type === 'data') {
    if (!call.onData(result.data?.json)) return;
    call.settle({ kind: 'done', value: undefined });
  } else if (error) call.settle({ kind: 'refused', failure: error.json.data.failure });
  else call.settle({ kind: 'done', value: result?.data?.json });
  waiting.delete(id);
}
