import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { defaultRetryDelayMs } from '../../client/sdk/connection.ts';
import { BookingIds } from './booking-ids.ts';
import { cpuOf } from './load-generator.ts';
import type { FromWatchers, News, StormResult, ToWatchers, WatchPlan } from './watch-plan.ts';
import { WireCaller } from './wire-caller.ts';

const openingAtOnce = 100;
const patienceMs = 60_000;
const versionKey = Buffer.from('"version":');

/**
 * Thousands of sockets that cost next to nothing: bytes are counted as frames by their heads, and a frame is looked into
 * only while something in it is waited for.
 */
export class Watchers {
  #plan: WatchPlan | undefined;
  #watchers: Watcher[] = [];
  #ids = new BookingIds();

  async obey(order: ToWatchers): Promise<FromWatchers> {
    if ('open' in order) {
      this.#plan = order.open;
      this.#watchers = Array.from({ length: order.open.sockets }, () => new Watcher(order.open));
      const startedAt = performance.now();
      await this.#openAll();
      return { opened: { seconds: (performance.now() - startedAt) / 1_000 } };
    }
    if ('count' in order) {
      const total = () => ({
        frames: this.#watchers.reduce((sum, { frames }) => sum + frames, 0),
        bytes: this.#watchers.reduce((sum, { bytes }) => sum + bytes, 0),
      });
      const startedAt = performance.now();
      const before = { ...total(), cpu: cpuOf(order.count.watch) };
      await sleep(order.count.seconds * 1_000);
      const after = total();
      return {
        counted: {
          seconds: (performance.now() - startedAt) / 1_000,
          frames: after.frames - before.frames,
          bytes: after.bytes - before.bytes,
          cpu: cpuSince(before.cpu, order.count.watch),
        },
      };
    }
    if ('follow' in order) return { followed: await this.#follow(order.follow) };
    if ('followNews' in order) return { followed: await this.#followNews(order.followNews) };
    if ('storm' in order) return { stormed: await this.#storm(order.storm.watch) };
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
    return { closed: true };
  }

  async #openAll(): Promise<void> {
    for (let at = 0; at < this.#watchers.length; at += openingAtOnce) {
      await Promise.all(this.#watchers.slice(at, at + openingAtOnce).map((watcher) => watcher.open()));
    }
  }

  async #follow(plan: { token: string; flightId: string; holds: number; pauseMs: number }): Promise<number[]> {
    let answered = () => {};
    const caller = new WireCaller((_slot, ok, data) => {
      if (!ok) throw new Error(`a hold was refused: ${data.toString().slice(0, 300)}`);
      answered();
    });
    await caller.open((this.#plan as WatchPlan).url, plan.token);
    const took: number[] = [];
    for (let n = 0; n < plan.holds; n++) {
      await sleep(spread(plan.pauseMs));
      const seen = this.#allSee(Math.max(...this.#watchers.map(({ version }) => version)) + 1);
      const held = new Promise<void>((resolve) => {
        answered = resolve;
      });
      const sentAt = performance.now();
      caller.call(
        0,
        n + 1,
        'mutation',
        'booking.hold',
        `{"id":"${this.#ids.next()}","legs":[{"flightId":"${plan.flightId}","cabin":"economy"}],"seats":1}`,
      );
      await seen;
      took.push(performance.now() - sentAt);
      await held;
    }
    caller.close();
    return took;
  }

  async #followNews(plan: { redisUrl: string; channel: string; news: News[]; pauseMs: number }): Promise<number[]> {
    const redis = new Redis(plan.redisUrl);
    const took: number[] = [];
    for (const { text, version } of plan.news) {
      await sleep(spread(plan.pauseMs));
      const seen = this.#allSee(version);
      const sentAt = performance.now();
      await redis.publish(plan.channel, text);
      await seen;
      took.push(performance.now() - sentAt);
    }
    redis.disconnect();
    return took;
  }

  async #allSee(version: number): Promise<void> {
    const seen = Promise.all(this.#watchers.map((watcher) => watcher.sees(version)));
    await Promise.race([seen, sleep(patienceMs).then(() => Promise.reject(new Error('a watcher never saw it')))]);
  }

  async #storm(watch: Record<string, number>): Promise<StormResult> {
    const startedAt = performance.now();
    const before = cpuOf(watch);
    const back: number[] = [];
    for (const watcher of this.#watchers) watcher.close();
    await Promise.all(
      this.#watchers.map(async (watcher) => {
        for (let attempt = 1; ; attempt++) {
          await sleep(defaultRetryDelayMs(attempt));
          try {
            await watcher.open();
            back.push(performance.now() - startedAt);
            return;
          } catch {
            // It comes back later.
            if (performance.now() - startedAt > patienceMs) throw new Error('a watcher never came back');
          }
        }
      }),
    );
    return { lastMs: Math.max(...back), halfMs: back[back.length >> 1] as number, cpu: cpuSince(before, watch) };
  }
}

class Watcher {
  readonly #plan: WatchPlan;
  #socket: Socket | undefined;
  #rest: Buffer | undefined;
  #isOpen = false;
  #until: { what: Buffer | undefined; done: () => void } | undefined;
  #waitsFor: { version: number; done: () => void } | undefined;
  frames = 0;
  bytes = 0;
  /** The newest that it has seen of its flight. */
  version = 0;

  constructor(plan: WatchPlan) {
    this.#plan = plan;
  }

  open(): Promise<void> {
    const { hostname, port } = new URL(this.#plan.url);
    const socket = connect(Number(port), hostname);
    this.#socket = socket;
    this.#rest = undefined;
    this.#isOpen = false;
    socket.setNoDelay(true);
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('closed before it was there')));
      this.#until = { what: this.#plan.until ? Buffer.from(this.#plan.until) : undefined, done: resolve };
      socket.on('data', (chunk) => this.#receive(socket, chunk));
      socket.write(
        'GET /trpc HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
    });
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  sees(version: number): Promise<void> {
    if (this.version >= version) return Promise.resolve();
    return new Promise((done) => {
      this.#waitsFor = { version, done };
    });
  }

  #receive(socket: Socket, chunk: Buffer): void {
    this.bytes += chunk.length;
    let data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    if (!this.#isOpen) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#rest = data;
        return;
      }
      if (!data.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) {
        socket.destroy();
        return;
      }
      this.#isOpen = true;
      for (const text of this.#plan.hello) socket.write(masked(text));
      if (!this.#until?.what) this.#arrived();
      data = data.subarray(end + 4);
    }
    let at = 0;
    while (at + 2 <= data.length) {
      const short = (data[at + 1] as number) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (at + head > data.length) break;
      const length = short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : data.readUInt32BE(at + 6);
      if (at + head + length > data.length) break;
      this.#take(socket, data, at + head, length);
      at += head + length;
    }
    // A copy: the chunk would keep 64 KB alive for a few bytes.
    if (at < data.length) this.#rest = Buffer.from(data.subarray(at));
  }

  #take(socket: Socket, data: Buffer, from: number, length: number): void {
    if (length === 4 && data.toString('latin1', from, from + 4) === 'PING') {
      socket.write(masked('PONG'));
      return;
    }
    this.frames++;
    if (!this.#until && !this.#waitsFor) return;
    const payload = data.subarray(from, from + length);
    const at = payload.lastIndexOf(versionKey);
    if (at >= 0) {
      this.version = Math.max(this.version, Number.parseInt(payload.toString('latin1', at + 10, at + 30), 10));
      if (this.#waitsFor && this.version >= this.#waitsFor.version) {
        this.#waitsFor.done();
        this.#waitsFor = undefined;
      }
    }
    if (this.#until?.what && payload.includes(this.#until.what)) this.#arrived();
  }

  #arrived(): void {
    this.#until?.done();
    this.#until = undefined;
  }
}

const cpuSince = (before: Record<string, number>, watch: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(cpuOf(watch)).map(([name, cpu]) => [name, cpu - (before[name] as number)]));

/** So that no change meets the others' rhythm. */
const spread = (ms: number): number => ms * (0.8 + 0.4 * Math.random());

/** A client's frame; the mask is zero, which is as good as any. */
function masked(text: string): Buffer {
  const body = Buffer.from(text);
  const head =
    body.length < 126
      ? Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0])
      : Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 0xff, 0, 0, 0, 0]);
  return Buffer.concat([head, body]);
}
