import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../shared/ids.ts';
import { BookingIds, countIn } from './booking-ids.ts';
import { type Acknowledged, flightsOnSale, type LoadPlan, type RoundPlan, type RoundResult } from './load-plan.ts';
import { cpuSeconds } from './process-cpu.ts';
import { WebhookCourier } from './webhook-courier.ts';
import { WireCaller } from './wire-caller.ts';

/** Calls that an open loop may have in flight. */
const openLoopPlaces = 16_384;
const webhookConnectionsMax = 256;
const drainMs = 15_000;
const paymentKey = '"payment":{"id":"';

interface Place {
  /** Of the whole life, or of the one call; 0: free. */
  startedAt: number;
  bookingId: string;
  /** Which step of a life the call in flight is. */
  paying: boolean;
}

export interface Load {
  open(): Promise<void>;
  /** A run-up that is not counted, the window, and the end of every call in flight. */
  run(round: RoundPlan): Promise<RoundResult>;
  total(): Acknowledged;
}

/** Keeps a server under one kind of load, and counts what it answers. */
export class LoadGenerator implements Load {
  readonly #plan: LoadPlan;
  readonly #caller: WireCaller;
  readonly #ids = new BookingIds();
  readonly #places: Place[];
  readonly #latency = createHistogram();
  readonly #courier: WebhookCourier | undefined;
  #events: { body: string; slot: number }[] = [];
  #flightIds: string[] = [];
  #rounds = 0;
  #flight = 0;
  #inFlight = 0;
  /** Whether an answered place calls again. */
  #repeating = false;
  #counting = false;
  #ok = 0;
  #soldOut = 0;
  #errors: Record<string, number> = {};
  readonly #total: Acknowledged = { held: 0, heldIdSum: 0, sold: 0, soldIdSum: 0, soldOut: 0, unanswered: 0 };

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#caller = new WireCaller((slot, ok, data) => this.#answered(slot, ok, data));
    const { webhook } = plan.work;
    if (webhook) {
      // A provider has as many as it needs; each carries one event at a time.
      const connections = Math.min(webhookConnectionsMax, plan.sockets * plan.perSocket);
      this.#courier = new WebhookCourier(webhook.url, webhook.secret, connections);
    }
    this.#places = Array.from({ length: Math.max(openLoopPlaces, plan.sockets * plan.perSocket) }, () => ({
      startedAt: 0,
      bookingId: '',
      paying: false,
    }));
  }

  async open(): Promise<void> {
    const { url, tokens, sockets } = this.#plan;
    for (let n = 0; n < sockets; n++) await this.#caller.open(url, tokens[n]);
  }

  total(): Acknowledged {
    return { ...this.#total, unanswered: this.#inFlight };
  }

  async run(round: RoundPlan): Promise<RoundResult> {
    this.#flightIds = flightsOnSale(this.#plan.work, this.#rounds++);
    const stopOpenLoop = round.rate === undefined ? this.#startClosedLoop() : this.#startOpenLoop(round.rate);
    await sleep(runUpMs(round));
    this.#latency.reset();
    this.#ok = 0;
    this.#soldOut = 0;
    this.#errors = {};
    const before = cpuOf(round.watch);
    const startedAt = performance.now();
    const startedUs = monotonicUs();
    this.#counting = true;
    await sleep(round.seconds * 1_000);
    this.#counting = false;
    const seconds = (performance.now() - startedAt) / 1_000;
    const endedUs = monotonicUs();
    const after = cpuOf(round.watch);
    this.#repeating = false;
    const skipped = stopOpenLoop();
    await this.#drain();
    const ms = (percentile: number) => this.#latency.percentile(percentile) / 1_000;
    const counted = this.#latency.count > 0;
    return {
      seconds,
      ok: this.#ok,
      soldOut: this.#soldOut,
      errors: this.#errors,
      skipped,
      p50Ms: counted ? ms(50) : 0,
      p99Ms: counted ? ms(99) : 0,
      maxMs: counted ? this.#latency.max / 1_000 : 0,
      cpu: Object.fromEntries(
        Object.keys(after).map((name) => [name, (after[name] as number) - (before[name] as number)]),
      ),
      windowUs: [startedUs, endedUs],
    };
  }

  #startClosedLoop(): () => number {
    this.#repeating = true;
    const { sockets, perSocket } = this.#plan;
    for (let slot = 0; slot < sockets * perSocket; slot++) {
      // One that the last round left without an answer goes on when it gets it.
      if ((this.#places[slot] as Place).startedAt === 0) this.#begin(slot, performance.now());
    }
    return () => 0;
  }

  /** Sends what is due each millisecond; a call's time runs from the moment when it was due. */
  #startOpenLoop(rate: number): () => number {
    const startedAt = performance.now();
    let sent = 0;
    let slot = 0;
    let skipped = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      const due = Math.floor(((now - startedAt) * rate) / 1_000);
      // Everything of this tick is due now; what a late tick kept waiting was due earlier.
      for (; sent < due; sent++) {
        slot = (slot + 1) % openLoopPlaces;
        const dueAt = Math.min(now, startedAt + Math.ceil(((sent + 1) * 1_000) / rate));
        if ((this.#places[slot] as Place).startedAt !== 0) skipped++;
        else this.#begin(slot, dueAt);
      }
    }, 1);
    return () => {
      clearInterval(timer);
      return skipped;
    };
  }

  async #drain(): Promise<void> {
    const endsAt = performance.now() + drainMs;
    while (this.#inFlight > 0 && performance.now() < endsAt) await sleep(5);
  }

  #begin(slot: number, startedAt: number): void {
    const place = this.#places[slot] as Place;
    place.startedAt = startedAt;
    place.bookingId = this.#ids.next();
    place.paying = false;
    this.#inFlight++;
    const { method, path } = this.#plan.work;
    this.#caller.call(slot % this.#caller.sockets, slot, method, path, this.#inputOf(place.bookingId));
  }

  #inputOf(bookingId: string): string {
    const { legs } = this.#plan.work;
    let list = '';
    for (let leg = 0; leg < legs; leg++) {
      const flightId = this.#flightIds[this.#flight++ % this.#flightIds.length] as string;
      list += `${leg > 0 ? ',' : ''}{"flightId":"${flightId}","cabin":"economy"}`;
    }
    return `{"id":"${bookingId}","legs":[${list}],"seats":1}`;
  }

  #answered(slot: number, ok: boolean, data: Buffer): void {
    const place = this.#places[slot] as Place;
    if (place.startedAt === 0) throw new Error(`an answer that nobody waits for: ${data.toString().slice(0, 300)}`);
    if (!ok) {
      this.#refused(data);
      this.#end(slot, place);
      return;
    }
    const { kind } = this.#plan.work;
    if (kind === 'echo') {
      if (this.#counting) this.#ok++;
      this.#end(slot, place);
      return;
    }
    if (!place.paying) {
      this.#total.held++;
      this.#total.heldIdSum += countIn(place.bookingId);
      if (kind === 'life') {
        place.paying = true;
        this.#caller.call(slot % this.#caller.sockets, slot, 'mutation', 'booking.pay', `{"id":"${place.bookingId}"}`);
        return;
      }
      if (this.#counting) this.#ok++;
      this.#end(slot, place);
      return;
    }
    this.#confirm(slot, place, data);
  }

  /** Plays the provider: the payment of this booking has succeeded. */
  #confirm(slot: number, place: Place, data: Buffer): void {
    const { amount, currency } = this.#plan.work.webhook as { amount: number; currency: string };
    const at = data.indexOf(paymentKey) + paymentKey.length;
    const paymentId = data.toString('latin1', at, at + 36);
    const body = `{"id":"${newId()}","type":"payment.succeeded","paymentId":"${paymentId}","bookingId":"${place.bookingId}","amount":${amount},"currency":"${currency}","at":${Date.now()}}`;
    this.#events.push({ body, slot });
    // Whatever is ready in this turn of the event loop travels together, if the server takes several at once.
    if (this.#events.length === 1) setImmediate(() => this.#postEvents());
  }

  #postEvents(): void {
    const { eventsPerPost } = this.#plan.work.webhook as { eventsPerPost: number };
    const events = this.#events;
    this.#events = [];
    for (let at = 0; at < events.length; at += eventsPerPost) {
      const together = events.slice(at, at + eventsPerPost);
      const bodies = together.map((each) => each.body).join(',');
      this.#courier?.post(eventsPerPost > 1 ? `[${bodies}]` : bodies, (status) => {
        for (const { slot } of together) {
          const place = this.#places[slot] as Place;
          if (status === 200) {
            this.#total.sold++;
            this.#total.soldIdSum += countIn(place.bookingId);
            if (this.#counting) this.#ok++;
          } else this.#count(`webhook ${status}`);
          this.#end(slot, place);
        }
      });
    }
  }

  #refused(data: Buffer): void {
    if (data.includes('"SOLD_OUT"')) {
      this.#total.soldOut++;
      if (this.#counting) this.#soldOut++;
      return;
    }
    const { error } = JSON.parse(data.toString()) as {
      error?: { json?: { message?: string; data?: { failure?: { code: string } } } };
    };
    this.#count(error?.json?.data?.failure?.code ?? error?.json?.message ?? 'unreadable');
  }

  #count(code: string): void {
    if (this.#counting) this.#errors[code] = (this.#errors[code] ?? 0) + 1;
  }

  #end(slot: number, place: Place): void {
    const now = performance.now();
    if (this.#counting) this.#latency.record(Math.max(1, Math.round((now - place.startedAt) * 1_000)));
    place.startedAt = 0;
    this.#inFlight--;
    if (this.#repeating) this.#begin(slot, now);
  }
}

/** Whoever stood still while others had their turn begins cold: memory was given back, and all that is due comes at once. */
export const runUpMs = ({ seconds }: RoundPlan): number => Math.min(1_000, seconds * 500);

export const monotonicUs = (): number => Number(process.hrtime.bigint() / 1_000n);

export function cpuOf(watch: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries({ ...watch, load: process.pid }).map(([name, pid]) => [name, cpuSeconds(pid)]),
  );
}
