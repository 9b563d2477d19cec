import { whenAvailable } from '../postgres/when-available.ts';
import type { Clock } from '../runtime/clock.ts';
import type { LogRecord, LogRow } from './log-record.ts';
import type { LogStream } from './log-stream.ts';
import { LogTail } from './log-tail.ts';
import type { Position } from './position.ts';

/** An entry of the log as it is read. `position` orders all of them. */
export interface FeedEntry {
  position: Position;
  type: string;
  subject: string | null;
  version: number | null;
  data: Record<string, unknown>;
  at: string;
}

/** The log cannot be followed from there without a gap: too old, or of a record that went back in time. */
export class PositionLost extends Error {
  override readonly name = 'PositionLost';
}

const entryOf = ({ data, ...row }: LogRow): FeedEntry => ({ ...row, data: JSON.parse(data) as FeedEntry['data'] });

const pageSize = 500;
const subjectPageSize = 100;
/** A subject's follower that is slower than this reads the record instead. */
const queuedMax = 16;
/** A lost hint costs at most this long while Redis is away; of what is rare, always. */
const healMs = 1_000;
/** What a hint was about may stand behind a transaction that still runs: it is looked for again so soon, and ever less. */
const againLeastMs = 10;
/** While the stream is read, a subject's news comes with it; its followers are looked after every so many rounds. */
const roundsWhenLive = 5;
const subjectsPerLook = 1_000;

interface SubjectFollower {
  /** What it has delivered. */
  version: number;
  /** Entries that came with the tail; at most `queuedMax`. */
  queue: LogRow[];
  /** The record may have more than the queue. */
  mustRead: boolean;
  wake: () => void;
}

/**
 * The log channel: what happened, in an order that never skips. One reader a process feeds all
 * followers; none of them holds more than a page, and one that lags reads the record.
 *
 * Everything of everything is followed by position, one subject by version. Who cares only for what is rare reads the
 * record by itself: else each process would read everything for the sake of what changes now and then.
 */
export class Feed {
  /** Positions of another epoch say nothing: the record went back in time since, and has used them again. */
  readonly epoch: number;
  readonly #record: LogRecord;
  readonly #clock: Clock;
  readonly #tail: LogTail;
  readonly #subjects = new Map<string, Set<SubjectFollower>>();
  readonly #everything = new Set<(isHint: boolean) => void>();
  readonly #rare = new Set<(isHint: boolean) => void>();
  readonly #stopping = new AbortController();
  readonly #healing: Promise<void>;

  constructor(options: {
    epoch: number;
    record: LogRecord;
    stream: LogStream;
    clock: Clock;
    onError: (error: unknown) => void;
  }) {
    const { epoch, record, stream, clock, onError } = options;
    this.epoch = epoch;
    this.#record = record;
    this.#clock = clock;
    this.#tail = new LogTail({ record, stream, clock, onError, onRows: (rows) => this.#deliver(rows) });
    this.#healing = this.#heal(onError);
  }

  /** For tests and metrics: followers and entries that are held in memory. */
  get load(): { everything: number; subjects: number; entries: number } {
    return { everything: this.#everything.size, subjects: this.#subjects.size, entries: this.#tail.size };
  }

  /**
   * Something was committed about these subjects; without any, about what is rare. Only shortens the wait: what
   * it was is read.
   */
  hint(subjects: string[]): void {
    this.#tail.nudge();
    if (subjects.length === 0) for (const wake of this.#rare) wake(true);
    for (const subject of subjects) this.#readAgain(subject);
  }

  /** The newest entries, oldest first, and the position to follow from. */
  async readNewest(limit: number): Promise<{ entries: FeedEntry[]; position: Position }> {
    const rows = await this.#record.readNewest(limit);
    return {
      entries: rows.map(entryOf),
      position: rows.at(-1)?.position ?? (await this.#record.newestPosition()),
    };
  }

  /** Everything after `position`, until the signal aborts. Throws `PositionLost`, at the start or later. */
  async *follow(position: Position, signal: AbortSignal): AsyncGenerator<FeedEntry> {
    const leave = this.#tail.join();
    // A position that comes from outside, or from before the record went back, is checked against the record.
    let checked = -1;
    try {
      while (!signal.aborted) {
        // The wait is armed before the read: what comes between the two must not be slept over.
        const waiting = this.#wait(this.#everything, signal);
        const { generation } = this.#tail;
        let rows = checked === generation ? this.#tail.after(position, pageSize) : undefined;
        if (!rows) {
          const page = await whenAvailable(this.#clock, signal, () => this.#record.readAfter(position, pageSize));
          if (!page.isKept) throw new PositionLost();
          checked = generation;
          rows = page.rows;
        }
        for (const row of rows) {
          if (signal.aborted) break;
          position = row.position;
          yield entryOf(row);
        }
        if (rows.length > 0 || signal.aborted) waiting.cancel();
        await waiting.over;
      }
    } finally {
      leave();
    }
  }

  /**
   * Of these only what is rare (`writeLog`), which comes with a hint or a second late. Throws `PositionLost` as well.
   */
  async *followRare(position: Position, signal: AbortSignal): AsyncGenerator<FeedEntry> {
    let waitMs = healMs;
    while (!signal.aborted) {
      const waiting = this.#wait(this.#rare, signal, waitMs);
      const page = await whenAvailable(this.#clock, signal, () => this.#record.readRareAfter(position, pageSize));
      if (!page.isKept) throw new PositionLost();
      for (const row of page.rows) {
        if (signal.aborted) break;
        yield entryOf(row);
      }
      position = page.position;
      if (page.rows.length > 0 || signal.aborted) waiting.cancel();
      waitMs = (await waiting.over) ? againLeastMs : Math.min(2 * waitMs, healMs);
    }
  }

  /** One subject's entries after a version, in order and without a gap, until the signal aborts. */
  async *followSubject(subject: string, afterVersion: number, signal: AbortSignal): AsyncGenerator<FeedEntry> {
    const follower: SubjectFollower = { version: afterVersion, queue: [], mustRead: true, wake: () => {} };
    const followers = this.#subjects.get(subject) ?? new Set();
    this.#subjects.set(subject, followers.add(follower));
    const leave = this.#tail.join();
    const wakeUp = () => follower.wake();
    signal.addEventListener('abort', wakeUp, { once: true });
    try {
      while (!signal.aborted) {
        for (const row of await this.#newsOf(subject, follower, signal)) {
          if (signal.aborted) break;
          follower.version = row.version as number;
          yield entryOf(row);
        }
        if (signal.aborted || follower.mustRead || follower.queue.length > 0) continue;
        await new Promise<void>((resolve) => {
          follower.wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', wakeUp);
      leave();
      followers.delete(follower);
      if (followers.size === 0 && this.#subjects.get(subject) === followers) this.#subjects.delete(subject);
    }
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#tail.close(), this.#healing]);
  }

  async #newsOf(subject: string, follower: SubjectFollower, signal: AbortSignal): Promise<LogRow[]> {
    const queued = follower.queue.splice(0).filter((row) => (row.version as number) > follower.version);
    const isContiguous = queued.every((row, index) => row.version === follower.version + 1 + index);
    if (!follower.mustRead && isContiguous) return queued;
    // Put down before the read: what is said meanwhile is about what the read may have missed.
    follower.mustRead = false;
    const rows = await whenAvailable(this.#clock, signal, () =>
      this.#record.readSubject(subject, follower.version, subjectPageSize),
    );
    if (rows.length === subjectPageSize) follower.mustRead = true;
    return rows;
  }

  #deliver(rows: LogRow[]): void {
    for (const wake of this.#everything) wake(true);
    // The tail has begun behind what may have come since its followers read the record.
    if (rows.length === 0) for (const subject of this.#subjects.keys()) this.#readAgain(subject);
    for (const row of rows) {
      if (row.subject === null || row.version === null) continue;
      for (const follower of this.#subjects.get(row.subject) ?? []) {
        if (row.version <= follower.version) continue;
        if (follower.queue.length < queuedMax) follower.queue.push(row);
        else follower.mustRead = true;
        follower.wake();
      }
    }
  }

  #readAgain(subject: string): void {
    for (const follower of this.#subjects.get(subject) ?? []) {
      follower.mustRead = true;
      follower.wake();
    }
  }

  /**
   * Hints may be lost and the whole log may be held back by a transaction that runs long; one subject's entries need
   * not wait for it. So the record is asked now and then, once for all followed subjects together.
   */
  async #heal(onError: (error: unknown) => void): Promise<void> {
    const { signal } = this.#stopping;
    for (let round = 1; !signal.aborted; round++) {
      await this.#clock.sleep(healMs, signal);
      if (signal.aborted || (this.#tail.isLive && round % roundsWhenLive !== 0)) continue;
      const known = [...this.#subjects].map(([subject, followers]) => ({
        subject,
        version: Math.min(...[...followers].map((each) => each.version)),
      }));
      for (let from = 0; from < known.length && !signal.aborted; from += subjectsPerLook) {
        try {
          const news = await this.#record.subjectsWithNews(known.slice(from, from + subjectsPerLook));
          for (const subject of news) this.#readAgain(subject);
        } catch (error) {
          onError(error);
          break;
        }
      }
    }
  }

  /** Ends when it is woken, cancelled or has waited long enough. `over` tells whether a hint has ended it. */
  #wait(
    waiting: Set<(isHint: boolean) => void>,
    signal: AbortSignal,
    ms = healMs,
  ): { over: Promise<boolean>; cancel: () => void } {
    const cancelled = new AbortController();
    let isHinted = false;
    const wake = (isHint: boolean) => {
      isHinted ||= isHint;
      // With a reason of ours: without one the platform makes an error with a stack, each time.
      cancelled.abort('woken');
    };
    waiting.add(wake);
    const over = this.#clock.sleep(ms, AbortSignal.any([signal, cancelled.signal])).then(() => {
      waiting.delete(wake);
      return isHinted;
    });
    return { over, cancel: () => wake(false) };
  }
}
