import type { Clock } from '../../server/platform/runtime/clock.ts';
import type { Random } from './random.ts';

/**
 * What happens at one moment. A promise is waited for before anything else happens; `quiet` says that
 * nobody was told anything yet.
 */
export type Task = () => void | 'quiet' | Promise<void>;

/**
 * After each moment promises get so many turns to tell each other what follows from it. It need not
 * be enough: whatever is left goes on beside the next moment, the same way each time.
 */
const turns = 32;

interface Timer {
  at: number;
  task: Task;
}

/**
 * Time and chance of one history. Whatever could happen now happens in an order that the seed
 * decides; only when nothing is left to happen now does the clock go on, to the next timer.
 */
export class Scheduler {
  now: number;
  /** Moments that have happened. */
  steps = 0;
  readonly #random: Random;
  #ready: Task[] = [];
  /** A heap by time. */
  readonly #timers: Timer[] = [];

  constructor(random: Random, beginMs: number) {
    this.#random = random;
    this.now = beginMs;
  }

  after(ms: number, task: Task): void {
    if (ms <= 0) this.#ready.push(task);
    else this.#addTimer({ at: this.now + Math.ceil(ms), task });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** A clock for one process: once it is dead, nobody in it wakes up any more. */
  clock(isAlive: () => boolean): Clock {
    return {
      now: () => this.now,
      sleep: (ms) =>
        new Promise((resolve) =>
          this.after(ms, () => {
            if (isAlive()) resolve();
          }),
        ),
    };
  }

  /**
   * Goes on until nothing can happen any more, or `isOver`.
   *
   * @param pending what the world must wait for, however long that takes outside of it.
   */
  async run(isOver: () => boolean, pending: () => Promise<unknown> | undefined): Promise<void> {
    let isQuiet = false;
    for (;;) {
      if (!isQuiet) for (let turn = 0; turn < turns; turn++) await undefined;
      if (isOver()) return;
      const waiting = pending();
      if (waiting) {
        await waiting.catch(() => undefined);
        isQuiet = false;
        continue;
      }
      if (this.#ready.length === 0) {
        const first = this.#timers[0];
        if (!first) return;
        this.now = first.at;
        while (this.#timers[0] && this.#timers[0].at <= this.now) this.#ready.push((this.#takeTimer() as Timer).task);
      }
      const place = this.#ready.length === 1 ? 0 : this.#random.below(this.#ready.length);
      const task = this.#ready[place] as Task;
      const last = this.#ready.pop() as Task;
      if (last !== task) this.#ready[place] = last;
      this.steps += 1;
      const going = task();
      isQuiet = going === 'quiet';
      if (going && going !== 'quiet') await going;
    }
  }

  #addTimer(timer: Timer): void {
    const heap = this.#timers;
    let place = heap.push(timer) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((heap[parent] as Timer).at <= timer.at) break;
      heap[place] = heap[parent] as Timer;
      place = parent;
    }
    heap[place] = timer;
  }

  #takeTimer(): Timer | undefined {
    const heap = this.#timers;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Timer).at < (heap[child] as Timer).at) child += 1;
      if ((heap[child] as Timer).at >= last.at) break;
      heap[place] = heap[child] as Timer;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}
