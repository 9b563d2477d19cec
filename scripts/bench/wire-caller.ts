import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import type { Socket } from 'node:net';

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

const [textFrame, closeFrame, pingFrame, pongFrame] = [0x1, 0x8, 0x9, 0xa];
/** Any mask will do where nobody stands between the two ends. */
const mask = Buffer.from([0x5a, 0xc3, 0x17, 0x8e]);
const nothing = Buffer.alloc(0);

/** A client's WebSocket without extensions, reduced to what a generator needs: whole texts in and out. */
class FrameSocket {
  onText: (data: Buffer) => void = () => undefined;
  readonly #socket: Socket;
  /** Bytes of a frame that has not come whole. */
  #rest: Buffer = nothing;
  #texts: string[] = [];
  #bytes = 0;

  private constructor(socket: Socket, head: Buffer) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    if (head.length > 0) socket.unshift(head);
  }

  static async open(url: string): Promise<FrameSocket> {
    const asked = request(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        // Proves that the answer is not a cached one, which a server of ours never sends.
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
      },
    });
    asked.end();
    asked.once('response', (response) => asked.destroy(new Error(`no WebSocket: ${response.statusCode}`)));
    const [, socket, head] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket, Buffer];
    return new FrameSocket(socket, head);
  }

  /** True for the first text since the last flush. All our texts are Latin-1. */
  gather(text: string): boolean {
    this.#bytes += text.length + (text.length < 126 ? 6 : 8);
    return this.#texts.push(text) === 1;
  }

  flush(): void {
    const frames = Buffer.allocUnsafe(this.#bytes);
    let at = 0;
    for (const text of this.#texts) at = writeFrame(frames, at, text);
    this.#texts = [];
    this.#bytes = 0;
    this.#socket.write(frames);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    while (data.length - at >= 2) {
      let from = at + 2;
      let length = (data[at + 1] as number) & 0x7f;
      if (length === 126) {
        if (data.length < from + 2) break;
        length = data.readUInt16BE(from);
        from += 2;
      } else if (length === 127) {
        if (data.length < from + 8) break;
        length = Number(data.readBigUInt64BE(from));
        from += 8;
      }
      if (data.length < from + length) break;
      this.#take((data[at] as number) & 0x0f, data.subarray(from, from + length));
      at = from + length;
    }
    this.#rest = at < data.length ? data.subarray(at) : nothing;
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === textFrame) this.onText(payload);
    else if (opcode === closeFrame) this.#socket.end();
    else if (opcode === pingFrame) {
      const pong = Buffer.allocUnsafe(payload.length + 6);
      writeFrame(pong, 0, payload.toString('latin1'), pongFrame);
      this.#socket.write(pong);
    }
  }
}

function writeFrame(into: Buffer, start: number, text: string, opcode = textFrame): number {
  let at = start;
  into[at++] = 0x80 | opcode;
  if (text.length < 126) into[at++] = 0x80 | text.length;
  else {
    if (text.length > 0xffff) throw new Error('a call is longer than a frame of the generator');
    into[at++] = 0x80 | 126;
    into[at++] = text.length >> 8;
    into[at++] = text.length & 0xff;
  }
  for (let n = 0; n < 4; n++) into[at++] = mask[n] as number;
  const end = at + text.length;
  into.write(text, at, 'latin1');
  for (let n = 0; at + n < end; n++) into[at + n] = (into[at + n] as number) ^ (mask[n & 3] as number);
  return end;
}
