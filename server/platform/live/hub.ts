import type { Clock } from '../runtime/clock.ts';

/**
 * The state channel inside one process: newest value wins, any number of times, in any order.
 *
 * A topic consists of named parts, each with a version that only rises. `offer` takes what arrived
 * (from a commit of our own, from another process, from a re-read) and keeps it where it is newer.
 * Only watched topics are kept, so memory is bounded by the number of watchers.
 */
export interface Part {
  version: number;
  body: unknown;
}
export interface Update {
  topic: string;
  parts: Record<string, Part>;
}

interface Topic {
  parts: Map<string, Part>;
  watchers: Set<Watcher>;
}

interface Watcher {
  dirty: Set<string>;
  wake: (() => void) | undefined;
}

/** Changes within this time reach a watcher as one. */
const conflationMs = 50;
/** Every watched topic is read again this often, so a lost message is healed within it. */
const antiEntropyMs = 1_000;
const topicsPerLoad = 500;

export class Hub {
  readonly #topics = new Map<string, Topic>();
  readonly #clock: Clock;
  readonly #load: (topics: string[]) => Promise<Update[]>;
  readonly #stopping = new AbortController();
  readonly #healing: Promise<void>;

  /** @param load reads the newest truth of topics; topics that do not exist are left out of the answer. */
  constructor(options: {
    clock: Clock;
    load: (topics: string[]) => Promise<Update[]>;
    onError: (error: unknown) => void;
  }) {
    this.#clock = options.clock;
    this.#load = options.load;
    this.#healing = this.#heal(options.onError);
  }

  get topicCount(): number {
    return this.#topics.size;
  }

  /** Takes newer parts and wakes whoever watches. Parts of unwatched topics are dropped. */
  offer(updates: Update[]): void {
    for (const { topic: name, parts } of updates) {
      const topic = this.#topics.get(name);
      if (!topic) continue;
      let changed = false;
      for (const [part, value] of Object.entries(parts)) {
        const known = topic.parts.get(part);
        if (known && known.version >= value.version) continue;
        topic.parts.set(part, value);
        changed = true;
      }
      if (!changed) continue;
      for (const watcher of topic.watchers) {
        watcher.dirty.add(name);
        watcher.wake?.();
      }
    }
  }

  /**
   * Yields (topic, its parts): each topic's newest value at once, then again whenever it changed,
   * conflated. Ends when the signal aborts. A topic that does not exist yields nothing.
   */
  async *watch(topics: string[], signal: AbortSignal): AsyncGenerator<{ topic: string; parts: Map<string, Part> }> {
    const watcher: Watcher = { dirty: new Set(), wake: undefined };
    const names = [...new Set(topics)];
    // Registered before the read, so that nothing between the two is missed.
    for (const name of names) this.#topicOf(name).watchers.add(watcher);
    const wakeUp = () => watcher.wake?.();
    signal.addEventListener('abort', wakeUp, { once: true });
    try {
      this.offer(await this.#load(names));
      for (const name of names) {
        const topic = this.#topics.get(name);
        if (topic && topic.parts.size > 0) watcher.dirty.add(name);
      }
      while (!signal.aborted) {
        if (watcher.dirty.size === 0) {
          await new Promise<void>((resolve) => {
            watcher.wake = resolve;
            if (signal.aborted || watcher.dirty.size > 0) resolve();
          });
          watcher.wake = undefined;
          continue;
        }
        const changed = [...watcher.dirty];
        watcher.dirty.clear();
        for (const name of changed) {
          const topic = this.#topics.get(name);
          if (topic && !signal.aborted) yield { topic: name, parts: topic.parts };
        }
        await this.#clock.sleep(conflationMs, signal);
      }
    } finally {
      signal.removeEventListener('abort', wakeUp);
      for (const name of names) {
        const topic = this.#topics.get(name);
        topic?.watchers.delete(watcher);
        if (topic?.watchers.size === 0) this.#topics.delete(name);
      }
    }
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#healing;
  }

  #topicOf(name: string): Topic {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = { parts: new Map(), watchers: new Set() };
      this.#topics.set(name, topic);
    }
    return topic;
  }

  async #heal(onError: (error: unknown) => void): Promise<void> {
    const signal = this.#stopping.signal;
    while (!signal.aborted) {
      await this.#clock.sleep(antiEntropyMs, signal);
      const names = [...this.#topics.keys()];
      for (let from = 0; from < names.length && !signal.aborted; from += topicsPerLoad) {
        try {
          this.offer(await this.#load(names.slice(from, from + topicsPerLoad)));
        } catch (error) {
          onError(error);
          break;
        }
      }
    }
  }
}
