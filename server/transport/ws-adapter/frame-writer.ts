import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { textFrames } from './text-frame.ts';

/** So many bytes leave without waiting for the end of the turn, so that it shows whether the network takes them. */
const turnBytes = 64 * 1024;

/** Whoever answers for a client that does not read. */
export interface FrameOwner {
  /** Bytes that may wait for the network. */
  readonly bufferedMax: number;
  /** `isFull` became true; the connection's `drain` event says when it no longer is. */
  waitForDrain(): void;
  /** More than `bufferedMax` wait. */
  closeAsSlow(): void;
}

/**
 * What leaves over one socket. Texts of one turn of the event loop leave in one write: answers come
 * in bursts, when a batch has committed, and a write each is the dearest thing in answering. Nothing
 * waits: the turn's end is when the first of them could have left anyway.
 */
export class FrameWriter {
  readonly #socket: WebSocket;
  /** Under the socket. Whole frames may be written to it, as nothing is compressed. */
  readonly #connection: Duplex;
  readonly #owner: FrameOwner;
  #waiting: (string | Buffer)[] = [];
  #waitingBytes = 0;

  constructor(socket: WebSocket, connection: Duplex, owner: FrameOwner) {
    this.#socket = socket;
    this.#connection = connection;
    this.#owner = owner;
  }

  /** The network takes nothing at present: more than Node's 64 KB wait for it. */
  get isFull(): boolean {
    return this.#connection.writableLength >= this.#connection.writableHighWaterMark;
  }

  /** Bytes that the network has not taken. */
  get buffered(): number {
    return this.#connection.writableLength;
  }

  /** Nothing follows a close frame, whichever side began, nor goes to a side that has hung up. */
  get #isOpen(): boolean {
    const { readableEnded, destroyed } = this.#connection;
    return this.#socket.readyState === WebSocket.OPEN && !readableEnded && !destroyed;
  }

  /** A text, or a frame that is whole already, by the end of this turn. */
  send(what: string | Buffer): void {
    if (!this.#isOpen) return;
    if (this.#connection.writableLength > this.#owner.bufferedMax) return void this.#owner.closeAsSlow();
    this.#waitingBytes += what.length;
    // Behind the promises of this turn, whose continuations are what sends.
    if (this.#waiting.push(what) === 1) process.nextTick(flush, this);
    else if (this.#waitingBytes >= turnBytes) this.flush();
  }

  /** A frame at once, or in its turn behind what waits. */
  sendNow(frame: Buffer): void {
    if (this.#waiting.length > 0) this.send(frame);
    else if (this.#isOpen) this.#write(frame);
  }

  flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#isOpen) textFrames(waiting, (buffer) => this.#write(buffer));
  }

  #write(buffer: Buffer): void {
    const connection = this.#connection;
    if (!connection.write(buffer) && this.isFull) this.#owner.waitForDrain();
  }
}

const flush = (writer: FrameWriter): void => writer.flush();
