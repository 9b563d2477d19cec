import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { appRouter } from '../../server/transport/app.router.ts';
import { newId } from '../../shared/ids.ts';
import { memoryInUse } from '../bench/memory-in-use.ts';
import { createRandom, type Random } from '../stage/random.ts';
import { drawNoise, type Noise, type Vocabulary } from './draw-noise.ts';
import { judgeFrame } from './judge-frame.ts';

export interface FuzzOptions {
  /** `http://HOST:PORT` of the server under fire. */
  url: string;
  messages: number;
  seed: number;
  /** Sockets that shout at the same time. */
  sockets: number;
  flightIds: string[];
  /** A `collecting` process, whose memory is watched; undefined: nobody's. */
  pid?: number | undefined;
  onProgress?: (sent: number) => void;
}

export interface FuzzReport {
  seed: number;
  messages: number;
  seconds: number;
  /** By kind of noise. */
  sent: Record<string, number>;
  /** Frames that came back. */
  answers: number;
  events: number;
  /** By code of the catalogue. */
  failures: Record<string, number>;
  /** Sockets that the server ended, by close code. */
  closed: Record<string, number>;
  /** Calls of a well-behaved client meanwhile, and the longest that one took (ms). */
  healthy: { calls: number; slowestMs: number };
  /** Memory of the server in MB without its garbage, after a fifth of the run and at the end; null where nobody's was watched. */
  memory: { atFifth: number; atEnd: number; perHundredThousand: number } | null;
  /** What must not be, in words; empty is good. */
  faults: string[];
}

/** How far ahead of the server a socket may be. */
const aheadMaxBytes = 256 * 1024;
const faultsMax = 20;
const pauseEvery = 64;
const healthyEvery = 500;
const patienceMs = 20_000;
/** The close code of a socket whose token is no longer good. */
const signedOut = 4401;

/**
 * Throws seeded noise at a server over many sockets, and looks at everything that comes back. Meanwhile and at the end a
 * well-behaved client must be served. What is sent is a function of the seed; what it meets is up to the clock.
 */
export async function fuzzWire(options: FuzzOptions): Promise<FuzzReport> {
  return new Fuzzer(options).run();
}

class Fuzzer {
  readonly #options: FuzzOptions;
  readonly #random: Random;
  readonly #words: Vocabulary;
  readonly #report: FuzzReport;
  readonly #memory: { at: number; mb: number }[] = [];
  readonly #sockets: (WebSocket | undefined)[];
  readonly #wires: Set<Socket> = new Set();
  /** Of those who shout; somebody of them may sign everybody out, then there is a new one. */
  #token = '';
  #healthyToken = '';
  #sent = 0;

  constructor(options: FuzzOptions) {
    this.#options = options;
    this.#random = createRandom(String(options.seed));
    this.#sockets = Array.from({ length: options.sockets });
    this.#words = {
      paths: Object.entries(appRouter._def.procedures as unknown as Record<string, { _def: { type: 'query' } }>).map(
        ([path, { _def }]) => ({ path, method: _def.type }),
      ),
      flightIds: [...options.flightIds, newId(), 'no-id'],
      bookingIds: [...Array.from({ length: 30 }, newId), 'no-id'],
    };
    this.#report = {
      seed: options.seed,
      messages: 0,
      seconds: 0,
      sent: {},
      answers: 0,
      events: 0,
      failures: {},
      closed: {},
      healthy: { calls: 0, slowestMs: 0 },
      memory: null,
      faults: [],
    };
  }

  async run(): Promise<FuzzReport> {
    const startedAt = performance.now();
    const report = this.#report;
    this.#token = await this.#guest();
    this.#healthyToken = await this.#guest();
    while (this.#sent < this.#options.messages && report.faults.length < faultsMax) {
      const noise = drawNoise(this.#random, this.#words);
      report.sent[noise.kind] = (report.sent[noise.kind] ?? 0) + 1;
      this.#sent += noise.over === 'socket' ? Math.max(1, noise.frames.length) : 1;
      await this.#throw(noise);
      if (this.#sent % pauseEvery < 2) await new Promise(setImmediate);
      if (this.#sent % healthyEvery < 2) {
        if (this.#memory.length === 0 && this.#sent > this.#options.messages / 5) await this.#look();
        this.#options.onProgress?.(this.#sent);
        if (!(await this.#isServed())) break;
      }
    }
    await this.#end();
    report.messages = this.#sent;
    report.seconds = (performance.now() - startedAt) / 1_000;
    report.memory = this.#memoryReport();
    return report;
  }

  // ---- throwing ------------------------------------------------------------------------------------------------------

  async #throw(noise: Noise): Promise<void> {
    if (noise.over === 'tcp') return this.#throwBytes(noise.bytes, noise.shakesHands);
    const place = this.#random.between(0, this.#sockets.length - 1);
    const socket = await this.#socketAt(place);
    if (!socket) return;
    for (const frame of noise.frames) socket.send(frame);
    // Now and then one goes in the middle of it, or reads nothing for a while.
    const fate = this.#random.next();
    if (fate < 0.002) socket.terminate();
    else if (fate < 0.004) socket.close();
    else if (fate < 0.008) {
      socket.pause();
      setTimeout(() => socket.resume(), 200);
    }
    const endsAt = performance.now() + patienceMs;
    while (socket.bufferedAmount > aheadMaxBytes && socket.readyState === WebSocket.OPEN) {
      if (performance.now() > endsAt) return socket.terminate();
      await sleep(1);
    }
  }

  async #socketAt(place: number): Promise<WebSocket | undefined> {
    const present = this.#sockets[place];
    if (present?.readyState === WebSocket.OPEN) return present;
    // A third each: nobody, a traveller, and somebody who says nonsense.
    const who = place % 3;
    const socket = new WebSocket(
      `${this.#options.url.replace('http', 'ws')}/trpc${who === 0 ? '' : '?connectionParams=1'}`,
      {
        perMessageDeflate: false,
      },
    );
    socket.on('error', () => undefined);
    socket.on('message', (data) => this.#judge(String(data)));
    socket.on('close', (code) => {
      this.#report.closed[code] = (this.#report.closed[code] ?? 0) + 1;
      if (code === signedOut) this.#token = '';
    });
    try {
      await once(socket, 'open', { signal: AbortSignal.timeout(patienceMs) });
    } catch {
      this.#fault('the server takes no socket any more');
      return undefined;
    }
    this.#token ||= await this.#guest();
    if (who === 1) socket.send(JSON.stringify({ method: 'connectionParams', data: { token: this.#token } }));
    if (who === 2 && this.#random.next() < 0.9) socket.send('{"method":"connectionParams","data":null}');
    this.#sockets[place] = socket;
    return socket;
  }

  async #throwBytes(bytes: Buffer, shakesHands: boolean): Promise<void> {
    const { hostname, port } = new URL(this.#options.url);
    const wire = connect(Number(port), hostname);
    wire.on('error', () => undefined);
    wire.on('close', () => this.#wires.delete(wire));
    wire.resume();
    this.#wires.add(wire);
    if (shakesHands) {
      wire.write(
        'GET /trpc HTTP/1.1\r\nHost: fuzz\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
    }
    wire.write(bytes);
    // Some hang about with their half of a frame; at most so many.
    if (this.#wires.size > 64) for (const each of this.#wires) each.destroy();
    else if (this.#random.next() < 0.5) setTimeout(() => wire.destroy(), 50);
  }

  // ---- looking -------------------------------------------------------------------------------------------------------

  #judge(text: string): void {
    const verdict = judgeFrame(text);
    switch (verdict.kind) {
      case 'answer':
        this.#report.answers++;
        return;
      case 'event':
      case 'notice':
        this.#report.events++;
        return;
      case 'failure':
        this.#report.failures[verdict.code] = (this.#report.failures[verdict.code] ?? 0) + 1;
        return;
      case 'fault':
        this.#fault(verdict.what);
    }
  }

  #fault(what: string): void {
    if (this.#report.faults.length < faultsMax) this.#report.faults.push(what);
  }

  async #look(): Promise<void> {
    const { pid } = this.#options;
    if (pid !== undefined) this.#memory.push({ at: this.#sent, mb: await memoryInUse(pid) });
  }

  /** A client that does everything right gets its answers, whatever others do. */
  async #isServed(): Promise<boolean> {
    const startedAt = performance.now();
    let step = 'connecting';
    try {
      const [flightId] = this.#options.flightIds as [string];
      const id = newId();
      const socket = new WebSocket(`${this.#options.url.replace('http', 'ws')}/trpc?connectionParams=1`);
      const signal = AbortSignal.timeout(patienceMs);
      await once(socket, 'open', { signal });
      socket.send(JSON.stringify({ method: 'connectionParams', data: { token: this.#healthyToken } }));
      const ask = async (path: string, method: string, json: unknown): Promise<string> => {
        step = path;
        socket.send(JSON.stringify({ id: 1, method, params: { path, input: { json } } }));
        const closed = once(socket, 'close', { signal }).then(([code]) =>
          Promise.reject(new Error(`closed with ${code}`)),
        );
        closed.catch(() => undefined);
        const [data] = (await Promise.race([once(socket, 'message', { signal }), closed])) as [Buffer];
        return String(data);
      };
      const held = await ask('booking.hold', 'mutation', { id, legs: [{ flightId, cabin: 'economy' }], seats: 1 });
      const cancelled = await ask('booking.cancel', 'mutation', { id });
      socket.terminate();
      if (!held.includes('"status":"held"') || !cancelled.includes('"status":"cancelled"'))
        this.#fault(`a proper hold was answered ${held.slice(0, 300)}, its cancellation ${cancelled.slice(0, 300)}`);
    } catch (error) {
      this.#fault(
        `a proper client was not served (${step}, after ${this.#sent} messages): ${(error as Error).message}`,
      );
      return false;
    }
    this.#report.healthy.calls += 2;
    this.#report.healthy.slowestMs = Math.max(this.#report.healthy.slowestMs, performance.now() - startedAt);
    return true;
  }

  async #end(): Promise<void> {
    // What was thrown last is still being answered.
    await sleep(300);
    for (const wire of this.#wires) wire.destroy();
    for (const socket of this.#sockets) socket?.terminate();
    await this.#isServed();
    const left = await this.#socketsLeft();
    if (left > 0) this.#fault(`${left} sockets are left although all were closed`);
    await this.#look();
    if ((Object.prototype as { polluted?: unknown }).polluted !== undefined) this.#fault('prototypes are polluted');
  }

  async #socketsLeft(): Promise<number> {
    const endsAt = performance.now() + patienceMs;
    for (;;) {
      const metrics = await (await fetch(`${this.#options.url}/metrics`)).text();
      const open = Number(/^websocket_connections (\d+)$/m.exec(metrics)?.[1]);
      if (open === 0 || performance.now() > endsAt) return open;
      await sleep(50);
    }
  }

  #memoryReport(): FuzzReport['memory'] {
    const [fifth, end] = this.#memory;
    if (!fifth || !end) return null;
    return {
      atFifth: fifth.mb,
      atEnd: end.mb,
      perHundredThousand: ((end.mb - fifth.mb) / (end.at - fifth.at)) * 100_000,
    };
  }

  async #guest(): Promise<string> {
    const response = await fetch(`${this.#options.url}/trpc/auth.guest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    const body = (await response.json()) as { result: { data: { json: { token: string } } } };
    return body.result.data.json.token;
  }
}
