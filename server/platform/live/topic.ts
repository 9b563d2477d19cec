export interface Part {
  version: number;
  body: unknown;
}
export interface Update {
  topic: string;
  parts: Record<string, Part>;
}

/** Who is shown topics. */
export interface Sink {
  /** False: nothing can be shown now. Whoever says so asks for it later. */
  show(topic: Topic): boolean;
}

/** One watched thing: its newest parts, and who looks at them. */
export class Topic {
  readonly name: string;
  readonly watchers = new Set<Watcher>();
  /** Where it is kept while somebody looks. */
  readonly #kept: Map<string, Topic>;
  readonly #parts = new Map<string, Part>();
  #version = 0;
  /** It has been read, so that no part is missing. */
  isComplete = false;
  /** When it was last shown, and when last out of turn; by the hub's clock. */
  shownAt = 0;
  urgentAt = 0;
  /** It will be shown at the end of its window. */
  isDue = false;
  /** The version with which the round over its watchers began that is on its way. */
  showing: number | undefined;

  constructor(name: string, kept: Map<string, Topic>) {
    this.name = name;
    this.#kept = kept;
  }

  get parts(): ReadonlyMap<string, Part> {
    return this.#parts;
  }

  /** Each part's version only rises, so their sum rises with every change of any of them. */
  get version(): number {
    return this.#version;
  }

  leave(watcher: Watcher): void {
    this.watchers.delete(watcher);
    if (this.watchers.size === 0 && this.#kept.get(this.name) === this) this.#kept.delete(this.name);
  }

  /** Keeps what is newer. */
  take(
    parts: Record<string, Part>,
    isUrgent: ((before: unknown, after: unknown) => boolean) | undefined,
  ): 'urgent' | 'changed' | undefined {
    let change: 'urgent' | 'changed' | undefined;
    for (const name in parts) {
      const part = parts[name] as Part;
      const known = this.#parts.get(name);
      if (known && known.version >= part.version) continue;
      this.#parts.set(name, part);
      this.#version += part.version - (known?.version ?? 0);
      if (known && isUrgent?.(known.body, part.body)) change = 'urgent';
      else change ??= 'changed';
    }
    return change;
  }
}

/** One sink that looks at one topic. */
export class Watcher {
  readonly topic: Topic;
  readonly #sink: Sink;
  /** The newest version that it was shown. */
  #shown: number;

  constructor(topic: Topic, sink: Sink, shown: number) {
    this.topic = topic;
    this.#sink = sink;
    this.#shown = shown;
  }

  /** Never what is older than what was shown, nor the same again. */
  show(): void {
    const { version } = this.topic;
    if (version > this.#shown && this.#sink.show(this.topic)) this.#shown = version;
  }
}

/** All that one sink looks at. */
export class Watch {
  readonly #watchers: Watcher[];

  constructor(watchers: Watcher[]) {
    this.#watchers = watchers;
  }

  /** Shows what the sink has not been shown yet. */
  catchUp(): void {
    for (const watcher of this.#watchers) if (watcher.topic.isComplete) watcher.show();
  }

  stop(): void {
    for (const watcher of this.#watchers) watcher.topic.leave(watcher);
  }
}
