import type { Clock } from '../runtime/clock.ts';
import { type Sink, Topic, type Update, Watch } from './topic.ts';

export interface HubOptions {
  clock: Clock;
  /** Reads the newest truth of topics; topics that do not exist are left out of the answer. */
  load: (topics: string[]) => Promise<Update[]>;
  /** Changes that are shown without waiting for the others of their window. */
  isUrgent?: (before: unknown, after: unknown) => boolean;
  onError: (error: unknown) => void;
}

/** Every watched topic is read again this often, so a lost message is healed within it. */
const antiEntropyMs = 1_000;
/** Whoever joins has it read again, but for what was read this shortly before: thousands join at once after a restart. */
const rereadMs = 100;
const topicsPerLoad = 500;
/** So many sinks are shown a topic before everything else has its turn: a call waits for less than a millisecond. */
const sinksPerTurn = 128;

/** Changes within this time are shown as one: the more look, the fewer frames each gets. */
function windowMs(watchers: number): number {
  if (watchers <= 1_000) return 100;
  return watchers <= 5_000 ? 200 : 500;
}

/**
 * The state channel inside one process: newest value wins, any number of times, in any order.
 *
 * A topic consists of named parts, each with a version that only rises. `offer` takes what arrived
 * (from a commit of our own, from another process, from a re-read) and keeps it where it is newer.
 * Only watched topics are kept, so memory is bounded by the number of watchers.
 */
export class Hub {
  readonly #topics = new Map<string, Topic>();
  readonly #options: HubOptions;
  readonly #stopping = new AbortController();
  readonly #healing: Promise<void>;
  /** To be read from the record; one reading at a time. */
  readonly #wanted = new Set<string>();
  #reading: Promise<void> | undefined;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#healing = this.#heal();
  }

  get topicCount(): number {
    return this.#topics.size;
  }

  /** Takes newer parts and shows them to whoever watches. Parts of unwatched topics are dropped. */
  offer(updates: Update[]): void {
    const { isUrgent } = this.#options;
    for (const { topic: name, parts } of updates) {
      const topic = this.#topics.get(name);
      if (!topic) continue;
      const change = topic.take(parts, isUrgent);
      if (change && topic.isComplete) this.#showSoon(topic, change === 'urgent');
    }
  }

  /**
   * Shows each topic's newest value at once, then again whenever it changed, conflated. A topic that
   * does not exist shows nothing. `shown`: the version that the sink has already; nothing older or
   * equal is shown.
   */
  join(names: readonly string[], sink: Sink, shown = 0): Watch {
    const now = this.#options.clock.now();
    const topics = [...new Set(names)].map((name) => {
      const topic = this.#topics.get(name) ?? new Topic(name, this.#topics);
      this.#topics.set(topic.name, topic);
      topic.watchers.set(sink, shown);
      if (topic.isComplete) topic.showTo(sink);
      // Known or not: what is known may have been overtaken somewhere else.
      if (!topic.isComplete || now - topic.readAt >= rereadMs) this.#wanted.add(topic.name);
      return topic;
    });
    if (this.#wanted.size > 0) this.#read();
    return new Watch(sink, topics);
  }

  /** The same as a generator, for a consumer that takes its time. Ends when the signal aborts. */
  async *watch(names: readonly string[], signal: AbortSignal, shown = 0): AsyncGenerator<Topic> {
    const changed = new Set<Topic>();
    let wake = () => {};
    const watch = this.join(
      names,
      {
        show: (topic) => {
          changed.add(topic);
          wake();
          return true;
        },
      },
      shown,
    );
    const wakeUp = () => wake();
    signal.addEventListener('abort', wakeUp, { once: true });
    try {
      while (!signal.aborted) {
        for (const topic of changed) {
          changed.delete(topic);
          if (signal.aborted) return;
          yield topic;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (signal.aborted || changed.size > 0) resolve();
        });
      }
    } finally {
      signal.removeEventListener('abort', wakeUp);
      watch.stop();
    }
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#healing, this.#reading]);
  }

  // ---- showing -------------------------------------------------------------------------------------------------------

  #showSoon(topic: Topic, isUrgent: boolean): void {
    const { clock } = this.#options;
    const now = clock.now();
    const window = windowMs(topic.watchers.size);
    const hasPassed = now - topic.shownAt >= window;
    if (hasPassed || (isUrgent && now - topic.urgentAt >= window)) {
      topic.shownAt = now;
      // What flaps is shown once more in each window, and not each time.
      if (!hasPassed) topic.urgentAt = now;
      this.#show(topic);
    } else if (!topic.isDue) {
      topic.isDue = true;
      void clock.sleep(topic.shownAt + window - now, this.#stopping.signal).then(() => {
        topic.isDue = false;
        topic.shownAt = clock.now();
        this.#show(topic);
      });
    }
  }

  /** After the answers of this turn; in slices, and anew for all when it changed on the way. */
  #show(topic: Topic): void {
    if (topic.showing !== undefined) return;
    topic.showing = topic.version;
    const sinks = topic.watchers.keys();
    const showSome = (): void => {
      for (let n = 0; n < sinksPerTurn; n++) {
        const { value: sink, done } = sinks.next();
        if (done) {
          const shown = topic.showing as number;
          topic.showing = undefined;
          if (topic.version > shown) this.#showSoon(topic, false);
          return;
        }
        topic.showTo(sink);
      }
      setImmediate(showSome);
    };
    setImmediate(showSome);
  }

  // ---- reading -------------------------------------------------------------------------------------------------------

  #read(): void {
    this.#reading ??= this.#readWanted().finally(() => {
      this.#reading = undefined;
      if (this.#wanted.size > 0 && !this.#stopping.signal.aborted) this.#read();
    });
  }

  async #readWanted(): Promise<void> {
    // Whoever joins in this turn is read in one go.
    await new Promise(setImmediate);
    while (this.#wanted.size > 0 && !this.#stopping.signal.aborted) {
      const names = [...this.#wanted].slice(0, topicsPerLoad);
      for (const name of names) this.#wanted.delete(name);
      const topics = names.flatMap((name) => this.#topics.get(name) ?? []);
      const now = this.#options.clock.now();
      for (const topic of topics) topic.readAt = now;
      try {
        this.#takeRead(await this.#options.load(topics.map(({ name }) => name)));
      } catch (error) {
        // The next look at everything makes up for it.
        this.#options.onError(error);
      }
    }
  }

  /** Only what was read is complete: a message tells of one part. */
  #takeRead(updates: Update[]): void {
    this.offer(updates);
    for (const { topic: name } of updates) {
      const topic = this.#topics.get(name);
      if (!topic || topic.isComplete) continue;
      topic.isComplete = true;
      this.#show(topic);
    }
  }

  async #heal(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#options.clock.sleep(antiEntropyMs, signal);
      for (const name of this.#topics.keys()) this.#wanted.add(name);
      if (this.#wanted.size > 0 && !signal.aborted) this.#read();
    }
  }
}
