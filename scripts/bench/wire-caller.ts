import { once } from 'node:events';
import { WebSocket } from 'ws';

/** What came back: the answer's bytes, or undefined when the connection was lost. */
export type OnAnswer = (slot: number, ok: boolean, data: Buffer) => void;

const [brace, colon, comma, letterR, letterP, zero, nine] = [0x7b, 0x3a, 0x2c, 0x72, 0x50, 0x30, 0x39];

/**
 * Sockets that speak tRPC in raw frames. An answer is told by its first bytes, `{"id":SLOT,"r…` or `{"id":SLOT,"e…`;
 * nothing is parsed, so that a call costs the generator as little as the protocol allows.
 */
export class WireCaller {
  readonly #sockets: WebSocket[] = [];
  readonly #onAnswer: OnAnswer;

  constructor(onAnswer: OnAnswer) {
    this.#onAnswer = onAnswer;
  }

  get sockets(): number {
    return this.#sockets.length;
  }

  /** Opens one socket; with a token it says first who it is, as the contract asks for. */
  async open(url: string, token: string | undefined): Promise<void> {
    const address = `${url.replace('http', 'ws')}/trpc${token ? '?connectionParams=1' : ''}`;
    const socket = new WebSocket(address, { perMessageDeflate: false, skipUTF8Validation: true });
    await once(socket, 'open');
    socket.on('message', (data: Buffer) => this.#receive(socket, data));
    socket.on('error', () => undefined);
    if (token) socket.send(JSON.stringify({ method: 'connectionParams', data: { token } }));
    this.#sockets.push(socket);
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  /** `input` is the JSON text of the procedure's input. */
  call(socket: number, slot: number, method: string, path: string, input: string): void {
    (this.#sockets[socket] as WebSocket).send(
      `{"id":${slot},"method":"${method}","params":{"path":"${path}","input":{"json":${input}}}}`,
    );
  }

  #receive(socket: WebSocket, data: Buffer): void {
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
      if (data.toString() === 'PING') socket.send('PONG');
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
