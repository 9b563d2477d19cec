import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { BookingIds } from './booking-ids.ts';
import { WireCaller } from './wire-caller.ts';

/** Calls of one kind, as the parent of the generator tells them. Plain JSON: it travels between processes. */
export interface CallPlan {
  url: string;
  /** One socket each. */
  tokens: string[];
  method: 'query' | 'mutation';
  path: string;
  /** JSON texts, taken in turn; `$ID` in them is a new booking's id each time. */
  inputs: string[];
}

export type ToCalls = { open: CallPlan } | { run: { perSecond: number; seconds: number } };
export type FromCalls = { opened: true } | { ran: CallResult } | { ready: string } | { failed: string };

export interface CallResult {
  answered: number;
  refused: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** One of the answers, in bytes. */
  bytes: number;
}

const runUpMs = 500;
const drainMs = 15_000;

/** An open loop: calls are sent when they are due, and a call's time runs from the moment when it was due. */
export class TimedCalls {
  readonly #plan: CallPlan;
  readonly #caller: WireCaller;
  readonly #ids = new BookingIds();
  readonly #latency = createHistogram();
  readonly #dueAt = new Map<number, number>();
  #slot = 0;
  #refused = 0;
  #bytes = 0;

  constructor(plan: CallPlan) {
    this.#plan = plan;
    this.#caller = new WireCaller((slot, ok, data) => this.#answered(slot, ok, data));
  }

  async open(): Promise<void> {
    for (const token of this.#plan.tokens) await this.#caller.open(this.#plan.url, token);
  }

  async run({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<CallResult> {
    const startedAt = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000);
      for (; sent < due; sent++) this.#call(startedAt + ((sent + 1) * 1_000) / perSecond);
    }, 1);
    await sleep(runUpMs);
    this.#latency.reset();
    this.#refused = 0;
    await sleep(seconds * 1_000);
    clearInterval(timer);
    const endsAt = performance.now() + drainMs;
    while (this.#dueAt.size > 0 && performance.now() < endsAt) await sleep(5);
    const ms = (percentile: number) => (this.#latency.count > 0 ? this.#latency.percentile(percentile) / 1_000 : 0);
    return {
      answered: this.#latency.count,
      refused: this.#refused + this.#dueAt.size,
      p50Ms: ms(50),
      p95Ms: ms(95),
      p99Ms: ms(99),
      bytes: this.#bytes,
    };
  }

  #call(dueAt: number): void {
    const { inputs, method, path } = this.#plan;
    const slot = this.#slot++;
    const input = (inputs[slot % inputs.length] as string).replace('$ID', () => this.#ids.next());
    this.#dueAt.set(slot, dueAt);
    this.#caller.call(slot % this.#caller.sockets, slot, method, path, input);
  }

  #answered(slot: number, ok: boolean, data: Buffer): void {
    const dueAt = this.#dueAt.get(slot);
    if (dueAt === undefined) return;
    this.#dueAt.delete(slot);
    if (ok) this.#latency.record(Math.max(1, Math.round((performance.now() - dueAt) * 1_000)));
    else this.#refused++;
    this.#bytes = data.length;
  }
}
