import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';

const [textFrame, closeFrame, pingFrame, pongFrame] = [0x1, 0x8, 0x9, 0xa];
/** Any mask will do where nobody stands between the two ends. */
const mask = Buffer.from([0x5a, 0xc3, 0x17, 0x8e]);
const nothing = Buffer.alloc(0);

/** A client's WebSocket without extensions, reduced to what a generator needs: whole texts in and out. */
export class FrameSocket {
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
