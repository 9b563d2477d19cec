import type { Pool } from 'pg';
import { cabinClasses } from '../../../shared/flight.ts';
import type { TimetableDigestView } from '../../../shared/operations.ts';
import { type Feed, type FeedEntry, PositionLost } from '../../platform/feed/feed.ts';
import type { LogRecord } from '../../platform/feed/log-record.ts';
import type { Update } from '../../platform/live/topic.ts';
import { whenAvailable } from '../../platform/postgres/when-available.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { type Chore, startChore } from '../../platform/runtime/periodic.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import { type CabinPart, type FlightPart, flightPartName } from '../inventory/seat-truth.ts';
import { dateOfDay } from '../places/zoned-time.ts';
import { digestAside } from './digest-aside.ts';
import { idOf } from './flight-index.ts';
import type { AirportFact, FlightRecord } from './flight-record.ts';
import {
  countFlights,
  readAllRecords,
  readDateDigest,
  readDates,
  readRecords,
  readRecordsOfDate,
} from './read-records.ts';
import { rearrangeAside } from './rearrange-aside.ts';
import type { Timetable } from './timetable.ts';
import { dateDigest, daysOf, rowsOfDate, sameDigest } from './timetable-digest.ts';
import { TimetableWriter } from './timetable-writer.ts';

interface Options {
  pool: Pool;
  clock: Clock;
  report: ErrorReporter;
  airport: (code: string) => AirportFact | undefined;
  /** Asked before the record is read, and when rules for connections were imported. */
  learnRules: () => Promise<void>;
  onProgress?: ((what: string, done: number, of: number) => void) | undefined;
}

/** Flights that are read again in one statement. */
const idsPerRead = 500;
/** Dates are compared one after the other, and for this much longer than a comparison took nothing is. */
const restFactor = 20;
const restMinMs = 500;
const restMaxMs = 30_000;
/** Those who search while the record is read for the first time. */
const comeBackMs = 1_000;

/**
 * The timetable of this process and who keeps it true. Postgres is the truth; three things tell of its changes:
 *
 * - State: seats, prices and states come with the commit and are stored at once (`offer`).
 * - Log: flights that were made, edited or taken away are read again (`follow`).
 * - Anti-entropy: local departure dates are compared with the record by sums of versions, one after the other for
 *   ever, and a date that differs is read again. It heals what was missed; an import is told that way, too.
 */
export class LiveTimetable {
  readonly #options: Options;
  readonly #writer: TimetableWriter;
  readonly #listeners = new Set<(timetable: Timetable) => void>();
  readonly #wanted = new Set<string>();
  /** Being read now: what is said of these meanwhile may be newer than the answer. */
  #reading = new Set<string>();
  #readingNow: Promise<void> | undefined;
  #isBuilt = false;
  #version: number;
  /** Since when something waits to be read. */
  #behindSince: number | undefined;
  readonly #stopping = new AbortController();
  #chore: Chore | undefined;
  #building: Promise<void> = Promise.resolve();
  #following: Promise<void> = Promise.resolve();
  /** Dates that are yet to be compared in this round. */
  #dates: string[] = [];
  #sweeps = 0;
  #healed = 0;
  #hurry = false;
  #restUntil = 0;
  #digesting: Promise<TimetableDigestView> | undefined;
  #tidying: Promise<void> | undefined;

  private constructor(options: Options, flights: number) {
    this.#options = options;
    this.#version = options.clock.now();
    this.#writer = new TimetableWriter({
      airport: options.airport,
      flights,
      onSwap: (timetable) => {
        for (const listener of this.#listeners) listener(timetable);
      },
    });
  }

  /** Empty; `offer` may be called from now on. */
  static async open(options: Options): Promise<LiveTimetable> {
    return new LiveTimetable(options, Math.ceil((await countFlights(options.pool)) * 1.1));
  }

  get timetable(): Timetable {
    return this.#writer.timetable;
  }
  /** False while the record is read for the first time. */
  get isBuilt(): boolean {
    return this.#isBuilt;
  }
  get names() {
    return this.#writer.names;
  }
  /** Rises with every change that is taken in, also over restarts. */
  get version(): number {
    return this.#version;
  }
  get flights(): number {
    return this.#writer.count('rows');
  }
  /** How long what is known to have changed has been waiting to be read, in milliseconds. */
  get lagMs(): number {
    return this.#behindSince === undefined ? 0 : Math.max(0, this.#options.clock.now() - this.#behindSince);
  }
  /** Dates compared, and dates of those that differed. */
  get sweeps(): { compared: number; healed: number } {
    return { compared: this.#sweeps, healed: this.#healed };
  }

  rowOf(flightId: string): number {
    return this.#writer.rowOf(flightId);
  }

  /** Calls with the columns now, and with new ones whenever they replace these. */
  onSwap(listener: (timetable: Timetable) => void): () => void {
    this.#listeners.add(listener);
    listener(this.timetable);
    return () => this.#listeners.delete(listener);
  }

  /** Reads everything. The log's position is taken first, so that nothing falls between the two. */
  build(feed: Feed, record: LogRecord): Promise<void> {
    this.#building = this.#build(feed, record);
    return this.#building;
  }

  async #build(feed: Feed, record: LogRecord): Promise<void> {
    const from = await record.newestPosition();
    await this.#options.learnRules();
    await this.readAll();
    await this.readWanted();
    if (this.#stopping.signal.aborted) return;
    this.#following = this.#follow(feed, record, from);
    this.#chore = startChore({
      name: 'compare timetable',
      everyMs: restMinMs,
      clock: this.#options.clock,
      report: this.#options.report,
      run: () => this.#sweepOne(),
    });
  }

  /** The whole record, as it is now. */
  async readAll(): Promise<void> {
    const { pool, onProgress } = this.#options;
    const expected = await countFlights(pool);
    let done = 0;
    for await (const page of readAllRecords(pool)) {
      this.#writer.load(page);
      done += page.length;
      onProgress?.('timetable', Math.min(done, expected), Math.max(done, expected));
    }
    this.#writer.rearrange();
    this.#isBuilt = true;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#building.catch(() => undefined);
    await Promise.all([this.#chore?.stop(), this.#following, this.#tidying]);
  }

  /** State: absolute values, any number of times, in any order. Never fails, and touches nothing but memory. */
  offer(updates: Update[]): void {
    for (const { topic, parts } of updates) {
      if (!this.#isBuilt || this.#reading.has(topic)) {
        this.#want(topic);
        if (!this.#isBuilt) continue;
      }
      const row = this.#writer.rowOf(topic);
      const flight = parts[flightPartName];
      if (flight) this.#offerFlight(topic, row, flight.version, flight.body as FlightPart);
      if (row < 0) continue;
      for (const cabin of cabinClasses) {
        const part = parts[cabin];
        if (!part) continue;
        const { view, state } = part.body as CabinPart;
        const { available, capacity, price, version } = view;
        // Looked up anew: what was stored before may have moved the rows.
        const stored = this.#writer.setCabin(this.#writer.rowOf(topic), cabin, {
          available,
          capacity,
          price: price.amount,
          currency: price.currency,
          version,
          state,
        });
        if (stored) this.#version++;
      }
    }
  }

  #offerFlight(id: string, row: number, version: number, { state }: FlightPart): void {
    if (row >= 0 && version <= (this.timetable.version[row] as number)) return;
    if (row >= 0 && this.#writer.setState(row, version, state)) this.#version++;
    // Times do not travel with the state.
    this.#want(id);
  }

  /** These were made, edited or taken away. */
  #want(id: string): void {
    this.#wanted.add(id);
    this.#behindSince ??= this.#options.clock.now();
    if (this.#isBuilt) this.readWanted().catch((error) => this.#options.report(error));
  }

  /** At once where nothing waits to be read; else when it has been, or after `ms`. Fails: BUSY until it is built. */
  async caughtUp(ms: number): Promise<void> {
    if (!this.#isBuilt) throw refuse('BUSY', { retryAfterMs: comeBackMs });
    if (this.#wanted.size === 0 && !this.#readingNow) return;
    const done = new AbortController();
    const read = this.readWanted().catch(() => undefined);
    await Promise.race([read, this.#options.clock.sleep(ms, done.signal)]);
    done.abort('read');
  }

  /** Reads what is wanted until nothing is. Postgres being away only delays it. */
  readWanted(): Promise<void> {
    if (this.#wanted.size === 0) return this.#readingNow ?? Promise.resolve();
    this.#readingNow ??= this.#readThem().finally(() => {
      this.#readingNow = undefined;
    });
    return this.#readingNow;
  }

  async #readThem(): Promise<void> {
    const { clock, pool } = this.#options;
    const { signal } = this.#stopping;
    try {
      while (this.#wanted.size > 0 && !signal.aborted) {
        const ids = [...this.#wanted].slice(0, idsPerRead);
        for (const id of ids) this.#wanted.delete(id);
        this.#reading = new Set(ids);
        const records = await whenAvailable(clock, signal, () => readRecords(pool, ids));
        if (signal.aborted) return;
        const found = new Set(records.map((each) => each.id));
        for (const id of ids) if (!found.has(id) && this.#writer.remove(id)) this.#version++;
        this.#put(records);
        this.#reading = new Set();
      }
      this.#behindSince = undefined;
    } finally {
      this.#reading = new Set();
    }
  }

  #put(records: FlightRecord[]): number {
    const changed = this.#writer.put(records);
    this.#version += changed;
    if (this.#writer.isCrowded) this.#tidying ??= this.#tidy().finally(() => (this.#tidying = undefined));
    return changed;
  }

  /** Makes room again, in another thread. */
  async #tidy(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await this.#writer.rearrangeAside((timetable) => rearrangeAside(timetable, signal));
    } catch (error) {
      if (!signal.aborted) this.#options.report(error as Error);
    }
  }

  async #follow(feed: Feed, record: LogRecord, from: string): Promise<void> {
    const { signal } = this.#stopping;
    let position = from;
    while (!signal.aborted) {
      try {
        for await (const entry of feed.followRare(position, signal)) {
          this.#hear(entry);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof PositionLost)) this.#options.report(error as Error);
        position = await whenAvailable(this.#options.clock, signal, () => record.newestPosition());
        this.compareAll();
      }
    }
  }

  #hear({ type, subject, data }: FeedEntry): void {
    const ids = subject ? [subject] : ((data.ids ?? []) as string[]);
    switch (type) {
      case 'timetable.imported':
        this.compareAll();
        return;
      case 'flight.deleted':
      case 'flights.deleted':
        for (const id of ids) if (this.#writer.remove(id)) this.#version++;
        break;
      case 'flight.created':
      case 'flight.updated':
      case 'flight.cancelled':
      case 'flights.created':
        break;
      case 'connections.imported':
        this.#options.learnRules().catch((error) => this.#options.report(error));
        return;
      default:
        return;
    }
    // Also what was deleted may have been made again since.
    for (const id of ids) this.#want(id);
  }

  /** Something changed that nobody names: every date is compared with the record, without rest. */
  compareAll(): void {
    this.#behindSince ??= this.#options.clock.now();
    this.#dates = [];
    this.#hurry = true;
    this.#chore?.nudge();
  }

  async #sweepOne(): Promise<boolean> {
    const { pool, clock } = this.#options;
    if (!this.#hurry && clock.now() < this.#restUntil) return false;
    if (this.#dates.length === 0) {
      const known = new Set(await readDates(pool));
      for (const day of daysOf(this.timetable)) known.add(dateOfDay(day));
      this.#dates = [...known].sort();
      if (this.#dates.length === 0) return this.#endOfRound();
    }
    const date = this.#dates.shift() as string;
    const startedAt = performance.now();
    await this.compareDate(date);
    this.#restUntil = clock.now() + Math.min(restMaxMs, (performance.now() - startedAt) * restFactor);
    return this.#dates.length === 0 ? this.#endOfRound() : this.#hurry;
  }

  #endOfRound(): boolean {
    this.#hurry = false;
    if (this.#wanted.size === 0) this.#behindSince = undefined;
    return false;
  }

  /** Compares one local departure date with the record, and reads it again if it differs. */
  async compareDate(date: string): Promise<boolean> {
    const { pool } = this.#options;
    const theirs = await readDateDigest(pool, date);
    this.#sweeps++;
    if (sameDigest(theirs, dateDigest(this.timetable, date))) return false;
    const before = new Set(rowsOfDate(this.timetable, date).map((row) => idOf(this.timetable, row)));
    const records = await readRecordsOfDate(pool, date);
    for (const { id } of records) before.delete(id);
    // What the record has no more on that date may have moved to another one: it is read by itself.
    for (const id of before) this.#want(id);
    const changed = this.#put(records);
    if (changed > 0) this.#healed++;
    return changed > 0 || before.size > 0;
  }

  /**
   * One line for the whole content: the same flights, seats and prices make the same one in any process. It is read
   * beside the work of this thread, once for all who ask meanwhile.
   */
  digest(): Promise<TimetableDigestView> {
    this.#digesting ??= this.#readDigest().finally(() => {
      this.#digesting = undefined;
    });
    return this.#digesting;
  }

  async #readDigest(): Promise<TimetableDigestView> {
    const indexVersion = this.#version;
    const { flights, digest } = await digestAside(this.timetable, this.names, this.#stopping.signal);
    return { digest, flights, indexVersion, isOfOneMoment: this.#version === indexVersion };
  }
}
