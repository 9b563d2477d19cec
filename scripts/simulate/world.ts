import type { SellingRoom } from '../../server/domain/booking/booking-room.ts';
import type { PaymentEvent } from '../../server/domain/payments/payment-event.ts';
import { Failure } from '../../server/platform/runtime/failure.ts';
import type { Bug } from './bugs.ts';
import type { Cabin } from './model-record.ts';
import type { Verbs } from './model-store.ts';
import { Names } from './names.ts';
import { Process } from './process.ts';
import { Provider } from './provider.ts';
import { createRandom, type Random } from './random.ts';
import { Recorder, type Twin } from './recorder.ts';
import { RedisModel } from './redis-model.ts';
import { Scheduler } from './scheduler.ts';
import { Violation } from './violation.ts';
import { drawWeather, type Fault, slowestWithGateMs, travelMs, type Weather } from './weather.ts';

/** How a call ended, as far as the caller can tell. */
export type Reply<T> =
  | { kind: 'done'; value: T }
  | { kind: 'refused'; failure: Failure }
  /** An answer did not come, or came as an error that says nothing: it may have happened or not. */
  | { kind: 'unknown' };

const beginMs = Date.UTC(2026, 0, 1);
const patienceMs = 30_000;

/** Everything that one history consists of. */
export class World {
  readonly random: Random;
  readonly weather: Weather;
  readonly scheduler: Scheduler;
  readonly recorder: Recorder;
  readonly provider: Provider;
  readonly cabins: Cabin[] = [];
  readonly flightIds: string[];
  /** Undefined where everybody is let through to the record. */
  readonly gate: RedisModel | undefined;
  processes: Process[] = [];
  /** Nothing goes wrong any more. */
  isCalm = false;
  /** Calls of commands that living processes have not answered yet. */
  openCalls = 0;
  /** Events that nobody has confirmed. */
  readonly untold = new Map<string, PaymentEvent>();
  violation: Violation | undefined;
  readonly names = new Names();
  readonly #trace: ((line: string) => void) | undefined;
  readonly #deliver: (event: PaymentEvent) => void;
  #born = 0;

  constructor(options: {
    seed: number;
    bug?: Bug;
    twin?: Twin;
    trace?: (line: string) => void;
    deliver: (world: World, event: PaymentEvent) => void;
  }) {
    this.random = createRandom(options.seed);
    this.#trace = options.trace;
    this.weather = drawWeather(this.random);
    this.scheduler = new Scheduler(this.random, beginMs);
    this.recorder = new Recorder({ now: () => this.scheduler.now, bug: options.bug, twin: options.twin });
    this.#deliver = (event) => options.deliver(this, event);
    this.provider = new Provider(this.random, this.weather.temper, (event) => {
      this.untold.set(event.id, event);
      this.#deliver(event);
    });
    this.flightIds = [this.random.uuid(), this.random.uuid()];
    // It gathers by turns of the event loop, which are the world's own only where nothing else is waited for.
    this.gate = this.weather.hasGate && !options.twin ? new RedisModel(this) : undefined;
  }

  async open(cabinIdFrom: number): Promise<void> {
    const classes = ['economy', 'business', 'first'] as const;
    for (const [place, plan] of this.weather.cabins.entries()) {
      this.cabins.push(
        await this.recorder.addCabin({
          id: cabinIdFrom + place,
          flightId: this.flightIds[plan.flight] as string,
          cabin: classes[place] as (typeof classes)[number],
          target: plan.capacity,
          price: plan.price,
          currency: plan.currency,
          departsAt: beginMs + plan.departsAfterMs,
        }),
      );
    }
    for (let count = 0; count < this.weather.processes; count++) this.spawn();
  }

  /** A line of the history; `line` is not even made when nobody reads. */
  say(line: () => string): void {
    if (!this.#trace) return;
    const seconds = ((this.scheduler.now - beginMs) / 1_000).toFixed(3).padStart(9);
    this.#trace(`${seconds}  ${this.names.shorten(line())}`);
  }

  spawn(): void {
    this.#born += 1;
    this.processes.push(new Process(this, `P${this.#born}`));
  }

  replace(dead: Process): void {
    this.processes = this.processes.filter((each) => each !== dead);
    this.spawn();
  }

  /** How likely a message is late just now. */
  get slowRate(): number {
    return this.isCalm ? 0 : this.weather.slowRate;
  }

  /** How long a message travels just now. */
  travelMs(slowRate = this.slowRate): number {
    return travelMs(this.random, slowRate, this.gate ? slowestWithGateMs : undefined);
  }

  drawFault(): Fault | undefined {
    const { random, weather } = this;
    if (this.isCalm || weather.faultRate === 0 || !random.chance(weather.faultRate)) return undefined;
    return random.pick(weather.faults);
  }

  /** A promise broke, and whoever finds out first keeps the reason; the history ends there. */
  fail(error: unknown): void {
    this.violation ??=
      error instanceof Violation
        ? error
        : new Violation('nothing fails for no reason', String((error as Error).stack ?? error));
  }

  perform<V extends keyof Verbs>(
    verb: V,
    given: Parameters<Verbs[V]>,
    done: (result: ReturnType<Verbs[V]>) => void,
    failed: (error: unknown) => void,
    who: string,
  ): void | Promise<void> {
    const ok = (result: ReturnType<Verbs[V]>) => {
      this.say(() => `${who} ${verb} ${this.names.given(verb, given)} → ${this.names.outcome(result)}`);
      done(result);
    };
    const bad = (error: unknown) => {
      if (error instanceof Violation || !(error as { code?: string }).code) return this.fail(error);
      this.say(() => `${who} ${verb} ${this.names.given(verb, given)} → ${(error as Error).message}`);
      failed(error);
    };
    try {
      const result = this.recorder.perform(verb, given);
      if (result instanceof Promise) return result.then(ok, bad);
      ok(result);
    } catch (error) {
      bad(error);
    }
  }

  /**
   * Calls a command at some process and waits, but not for ever. `seen` is told of what the process
   * answers, whether or not the caller still listens.
   */
  request<T>(
    what: string,
    run: (room: SellingRoom) => Promise<T>,
    seen: (reply: Reply<T>, calledAt: { seq: number; ms: number }) => void = () => undefined,
  ): Promise<Reply<T>> {
    const { random, scheduler } = this;
    const process = random.pick(this.processes);
    const calledAt = { seq: this.recorder.moment(), ms: scheduler.now };
    return new Promise((resolve) => {
      let isWaiting = true;
      const tell = (reply: Reply<T>) => {
        if (!isWaiting) return 'quiet' as const;
        isWaiting = false;
        return resolve(reply);
      };
      const giveUp = () => tell({ kind: 'unknown' });
      const dies = () => scheduler.after(this.travelMs(0), giveUp);
      process.onDeath.add(dies);
      scheduler.after(patienceMs, giveUp);
      scheduler.after(this.travelMs(), () => {
        if (!process.isAlive) return giveUp();
        this.say(() => `${process.name} is asked to ${what}`);
        this.openCalls += 1;
        let isOpen = true;
        const close = () => {
          if (isOpen) this.openCalls -= 1;
          isOpen = false;
        };
        process.onDeath.add(close);
        const answer = (reply: Reply<T>) => {
          if (!process.isAlive) return;
          close();
          process.onDeath.delete(close);
          process.onDeath.delete(dies);
          this.say(() => `${process.name} answers ${what}: ${this.names.reply(reply)}`);
          try {
            seen(reply, calledAt);
          } catch (error) {
            this.fail(error);
          }
          scheduler.after(this.travelMs(), () => tell(reply));
        };
        run(process.room).then(
          (value) => answer({ kind: 'done', value }),
          (error) => {
            if (error instanceof Failure) answer({ kind: 'refused', failure: error });
            else if (isFromRecord(error)) answer({ kind: 'unknown' });
            else this.fail(error);
          },
        );
      });
    });
  }
}

/** An error that a record may answer with; any other is a mistake of ours. */
const isFromRecord = (error: unknown): boolean =>
  error instanceof Error &&
  !(error instanceof Violation) &&
  ('code' in error || /connection terminated/i.test(error.message));
