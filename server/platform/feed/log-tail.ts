import type { Clock } from '../runtime/clock.ts';
import type { LogRecord, LogRow } from './log-record.ts';
import type { LogStream } from './log-stream.ts';
import { isAfter, type Position } from './position.ts';

/** Kept for followers that lag a little; whoever lags more reads the record. */
const keptMax = 2_000;
const pageSize = 500;
/** When the stream says nothing for so long, the record is asked whether there is really nothing. */
const quietMs = 1_000;

/** A reason of its own, for an abort without one collects a stack. */
const nudged = 'nudged';

/**
 * The newest entries of the log inside one process, contiguous and in order, for all followers together.
 *
 * They come from the stream by one blocking read. An entry whose predecessor we do not have reveals a gap, and the gap
 * is read from the record; so is everything while Redis is away or nobody relays. Where an entry came from makes no
 * difference to whoever follows.
 */
export class LogTail {
  readonly #record: LogRecord;
  readonly #stream: LogStream;
  readonly #clock: Clock;
  readonly #onRows: (rows: LogRow[]) => void;
  readonly #onError: (error: unknown) => void;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #rows: LogRow[] = [];
  /** Everything after `start`, up to `end`, is in `rows`. Undefined: nobody follows, so nothing is kept. */
  #start: Position | undefined;
  #end: Position | undefined;
  #generation = 0;
  #followers = 0;
  #nudge = new AbortController();
  #fromStream = false;

  /** @param options.onRows told of new entries, and with an empty list when the tail begins anew. */
  constructor(options: {
    record: LogRecord;
    stream: LogStream;
    clock: Clock;
    onRows: (rows: LogRow[]) => void;
    onError: (error: unknown) => void;
  }) {
    this.#record = options.record;
    this.#stream = options.stream;
    this.#clock = options.clock;
    this.#onRows = options.onRows;
    this.#onError = options.onError;
    this.#running = this.#run();
  }

  /** Changes when the record went back in time: positions from before must be checked against it. */
  get generation(): number {
    return this.#generation;
  }

  /** False while what is here comes from the record, once a second, because Redis is away. */
  get isLive(): boolean {
    return this.#fromStream;
  }

  /** How many entries are kept. */
  get size(): number {
    return this.#rows.length;
  }

  /** Whoever follows says so, and calls the answer when it is over. Without followers the stream is not read. */
  join(): () => void {
    this.#followers += 1;
    if (this.#followers === 1) this.nudge();
    let left = false;
    return () => {
      if (!left) this.#followers -= 1;
      left = true;
    };
  }

  /** Something was committed: while Redis is away this is how we know. */
  nudge(): void {
    if (this.#followers > 0) this.#nudge.abort(nudged);
  }

  /** Entries after a position as far as they are here; undefined when some before them are not. */
  after(position: Position, limit: number): LogRow[] | undefined {
    if (this.#start === undefined || isAfter(this.#start, position)) return undefined;
    let [low, high] = [0, this.#rows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAfter((this.#rows[middle] as LogRow).position, position)) high = middle;
      else low = middle + 1;
    }
    return this.#rows.slice(low, low + limit);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.#followers === 0) await this.#rest();
        else await this.#round();
      } catch (error) {
        if (signal.aborted) return;
        this.#onError(error);
        await this.#clock.sleep(quietMs, signal);
      }
    }
  }

  async #rest(): Promise<void> {
    this.#rows = [];
    this.#start = this.#end = undefined;
    await this.#pause();
  }

  async #round(): Promise<void> {
    if (this.#end === undefined) await this.#begin();
    const end = this.#end as Position;
    const fromStream = await this.#readStream(end);
    if (this.#stopping.signal.aborted) return;
    this.#fromStream = fromStream !== undefined;
    if (fromStream && fromStream.length > 0) {
      this.#push(fromStream);
      return;
    }
    const found = await this.#catchUp(end);
    if (found === 0 && fromStream === undefined) await this.#pause();
  }

  /** Everything that the record has after a position. Answers how many entries that were. */
  async #catchUp(end: Position): Promise<number> {
    let found = 0;
    for (;;) {
      const { rows, isKept } = await this.#record.readAfter(end, pageSize);
      if (!isKept) {
        this.#generation += 1;
        await this.#begin();
        return found;
      }
      this.#push(rows);
      found += rows.length;
      if (rows.length < pageSize || this.#stopping.signal.aborted) return found;
      end = (rows.at(-1) as LogRow).position;
    }
  }

  async #begin(): Promise<void> {
    this.#rows = [];
    this.#start = this.#end = await this.#record.newestPosition();
    this.#onRows([]);
  }

  /** What follows `end` without a gap, maybe nothing. Undefined: the stream cannot tell. */
  async #readStream(end: Position): Promise<LogRow[] | undefined> {
    if (!this.#stream.isReachable) return undefined;
    let last = end;
    const contiguous: LogRow[] = [];
    try {
      for (const { previous, ...row } of await this.#stream.read(end, pageSize, quietMs, this.#stopping.signal)) {
        if (isAfter(previous, last)) return contiguous.length > 0 ? contiguous : undefined;
        contiguous.push(row);
        last = row.position;
      }
      return contiguous;
    } catch {
      return undefined;
    }
  }

  #push(rows: LogRow[]): void {
    const last = rows.at(-1);
    if (!last) return;
    this.#rows.push(...rows);
    this.#end = last.position;
    const surplus = this.#rows.length - keptMax;
    // Cut by halves, not by single entries.
    if (surplus > keptMax) {
      this.#start = (this.#rows[surplus - 1] as LogRow).position;
      this.#rows = this.#rows.slice(surplus);
    }
    this.#onRows(rows);
  }

  async #pause(): Promise<void> {
    await this.#clock.sleep(quietMs, AbortSignal.any([this.#stopping.signal, this.#nudge.signal]));
    if (this.#nudge.signal.aborted) this.#nudge = new AbortController();
  }
}
