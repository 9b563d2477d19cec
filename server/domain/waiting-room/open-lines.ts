import type { Part, Update } from '../../platform/live/topic.ts';
import type { LineName, LineState } from './redis-lines.ts';

/** What processes tell each other of a line: absolute, the newest version wins. */
export interface LineNews {
  state: LineState;
  isOpen: boolean;
}

export const topicOf = ({ flightId, cabin }: LineName): string => `${flightId} ${cabin}`;
/** The one part of a line's topic. */
export const linePartName = 'line';

/** Of a line that nobody has heard of; any real one is newer. */
const unknownVersion = 1;

/** The lines that are open as far as this process knows. A closed one is not kept. */
export class OpenLines {
  readonly #lines = new Map<string, LineState>();

  get size(): number {
    return this.#lines.size;
  }

  all(): IterableIterator<LineState> {
    return this.#lines.values();
  }

  counts(): { lines: number; waiting: number; shopping: number } {
    const sum = { lines: this.#lines.size, waiting: 0, shopping: 0 };
    for (const { waiting, shopping } of this.#lines.values()) {
      sum.waiting += waiting;
      sum.shopping += shopping;
    }
    return sum;
  }

  find(line: LineName): LineState | undefined {
    return this.#lines.size === 0 ? undefined : this.#lines.get(topicOf(line));
  }

  /** Takes what is not older than what is known. Numbers that only grow never go back. */
  take({ state, isOpen }: LineNews): void {
    const topic = topicOf(state);
    const known = this.#lines.get(topic);
    if (known && state.version < known.version) return;
    if (isOpen) this.#lines.set(topic, state);
    else this.#lines.delete(topic);
  }

  forget(line: LineName): void {
    this.#lines.delete(topicOf(line));
  }
}

export const updateOf = ({ state, isOpen }: LineNews): Update => ({
  topic: topicOf(state),
  parts: { [linePartName]: { version: state.version, body: isOpen ? state : null } satisfies Part },
});

/** The newest that this process knows; that nobody need wait is known of every line that is not open. */
export const readTopics = (lines: OpenLines, topics: string[]): Update[] =>
  topics.map((topic) => {
    const [flightId, cabin] = topic.split(' ') as [string, LineName['cabin']];
    const state = lines.find({ flightId, cabin });
    if (state) return updateOf({ state, isOpen: true });
    return { topic, parts: { [linePartName]: { version: unknownVersion, body: null } } };
  });
