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
  /** Each with the newest version that it was shown: an object for it would cost more than all else of a watcher. */
  readonly watchers = new Map<Sink, number>();
  /** Where it is kept while somebody looks. */
  readonly #kept: Map<string, Topic>;
  readonly #parts = new Map<string, Part>();
  #version = 0;
  /** It has been read, so that no part is missing. */
  isComplete = false;
  /** When its last reading began, and `shownAt` when it was last shown, `urgentAt` when last out of turn; by the hub's clock. */
  readAt = 0;
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

  leave(sink: Sink): void {
    this.watchers.delete(sink);
    if (this.watchers.size === 0 && this.#kept.get(this.name) === this) this.#kept.delete(this.name);
  }

  /** Never what is older than what was shown, nor the same again. */
  showTo(sink: Sink): void {
    const shown = this.watchers.get(sink);
    if (shown === undefined || this.#version <= shown) return;
    this.watchers.set(sink, this.#version);
    // It may have left meanwhile, and must not be back by this.
    if (!sink.show(this) && this.watchers.has(sink)) this.watchers.set(sink, shown);
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

/** All that one sink looks at. */
export class Watch {
  readonly #sink: Sink;
  readonly #topics: Topic[];

  constructor(sink: Sink, topics: Topic[]) {
    this.#sink = sink;
    this.#topics = topics;
  }

  /** Shows what the sink has not been shown yet. */
  catchUp(): void {
    for (const topic of this.#topics) if (topic.isComplete) topic.showTo(this.#sink);
  }

  stop(): void {
    for (const topic of this.#topics) topic.leave(this.#sink);
  }
}
