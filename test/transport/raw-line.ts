import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A socket that is spoken to in frames, and what came over it, in its order. */
export class RawLine {
  readonly socket: WebSocket;
  /** The code that the socket was closed with. */
  readonly closed: Promise<number>;
  readonly #frames: string[] = [];
  #wake = () => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.on('message', (bytes) => {
      this.#frames.push(String(bytes));
      this.#wake();
    });
  }

  /** @param url `http://HOST:PORT/PATH` */
  static async open(url: string, first: unknown[] = []): Promise<RawLine> {
    const socket = new WebSocket(url.replace('http', 'ws'), { perMessageDeflate: false });
    const line = new RawLine(socket);
    await once(socket, 'open');
    for (const message of first) line.send(message);
    return line;
  }

  /** Text as it is, anything else as JSON. */
  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  async next(): Promise<string> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async take(count: number): Promise<string[]> {
    const frames: string[] = [];
    while (frames.length < count) frames.push(await this.next());
    return frames;
  }

  async json(): Promise<Record<string, unknown>> {
    return JSON.parse(await this.next()) as Record<string, unknown>;
  }

  /** Everything that comes before the answer to a `PING` that is sent now. */
  async rest(): Promise<string[]> {
    this.send('PING');
    const frames: string[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame === 'PONG') return frames;
      frames.push(frame);
    }
  }
}
