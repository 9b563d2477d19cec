import { FrameSocket } from './frame-socket.ts';

/** What came back: the answer's bytes, or undefined when the connection was lost. */
export type OnAnswer = (slot: number, ok: boolean, data: Buffer) => void;

const [brace, colon, comma, letterR, letterP, zero, nine] = [0x7b, 0x3a, 0x2c, 0x72, 0x50, 0x30, 0x39];

/**
 * Sockets that speak tRPC in raw frames. An answer is told by its first bytes, `{"id":SLOT,"r…` or `{"id":SLOT,"e…`;
 * nothing is parsed, so that a call costs the generator as little as the protocol allows. What a turn of the event
 * loop has to say to one socket is written at once; tRPC's own client sends it as one message.
 */
export class WireCaller {
  readonly #sockets: FrameSocket[] = [];
  readonly #onAnswer: OnAnswer;
  #dirty: FrameSocket[] = [];

  constructor(onAnswer: OnAnswer) {
    this.#onAnswer = onAnswer;
  }

  get sockets(): number {
    return this.#sockets.length;
  }

  /** Opens one socket; with a token it says first who it is, as the contract asks for. */
  async open(url: string, token: string | undefined): Promise<void> {
    const socket = await FrameSocket.open(`${url}/trpc${token ? '?connectionParams=1' : ''}`);
    socket.onText = (data) => this.#receive(socket, data);
    if (token) this.#send(socket, JSON.stringify({ method: 'connectionParams', data: { token } }));
    this.#sockets.push(socket);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** `input` is the JSON text of the procedure's input. */
  call(socket: number, slot: number, method: string, path: string, input: string): void {
    this.#send(
      this.#sockets[socket] as FrameSocket,
      `{"id":${slot},"method":"${method}","params":{"path":"${path}","input":{"json":${input}}}}`,
    );
  }

  #send(socket: FrameSocket, text: string): void {
    if (socket.gather(text)) {
      if (this.#dirty.length === 0) setImmediate(() => this.#flush());
      this.#dirty.push(socket);
    }
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const socket of dirty) socket.flush();
  }

  #receive(socket: FrameSocket, data: Buffer): void {
    if (data[0] === brace && data[5] === colon) {
      let slot = 0;
      let at = 6;
      for (;;) {
        const byte = data[at] as number;
        if (byte < zero || byte > nine) break;
        slot = slot * 10 + byte - zero;
        at++;
      }
      if (at > 6 && data[at] === comma) {
        this.#onAnswer(slot, data[at + 2] === letterR, data);
        return;
      }
    }
    if (data[0] === letterP) {
      if (data.toString() === 'PING') this.#send(socket, 'PONG');
      return;
    }
    // Not in the order that the stock adapter writes: read it properly.
    const message = JSON.parse(data.toString()) as { id: number | null; result?: unknown; method?: string };
    if (message.id === null) {
      if (message.method) return;
      throw new Error(`the server refused the socket: ${data.toString().slice(0, 500)}`);
    }
    this.#onAnswer(message.id, message.result !== undefined, data);
  }
}
