import type { Pool } from 'pg';
import { whenAvailable } from '../postgres/when-available.ts';
import type { Clock } from '../runtime/clock.ts';

/** An entry of the log as it is read. `position` orders all of them. */
export interface FeedEntry {
  position: string;
  type: string;
  subject: string | null;
  version: number | null;
  data: Record<string, unknown>;
  at: string;
}

interface Row {
  id: string;
  xid: string;
  type: string;
  subject: string | null;
  version: number | null;
  data: Record<string, unknown>;
  at: string;
}

const columns = `id::text, xid::text, type, subject, version, data,
  to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`;

// Ids are drawn before commit: a row may appear behind one that was read already. What a running
// transaction may still add lies at or above xmin, so reading stops below it and never skips.
const readAllSql = `
  select ${columns} from outbox
  where (xid, id) > ($1::xid8, $2::int8) and xid < pg_snapshot_xmin(pg_current_snapshot())
  order by xid, id limit $3`;

const readNewestSql = `
  select ${columns} from outbox
  where xid < pg_snapshot_xmin(pg_current_snapshot())
  order by xid desc, id desc limit $1`;

// One subject's entries are ordered by its row lock, so their versions have no gap to wait for.
const readSubjectSql = `
  select ${columns} from outbox where subject = $1 and version > $2 order by version limit 100`;

const entryOf = (row: Row): FeedEntry => ({
  position: `${row.xid}-${row.id}`,
  type: row.type,
  subject: row.subject,
  version: row.version,
  data: row.data,
  at: row.at,
});

/** Position before everything. */
export const feedStart = '0-0';

/** A lost hint costs at most this long. */
const healMs = 1_000;

/**
 * The log channel: reads the outbox in an order that never skips, and wakes whoever follows.
 * Hints only shorten the wait; truth is always read from Postgres.
 */
export class Feed {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** Something new was committed about these subjects; with none named, about anything. */
  hint(subjects: string[]): void {
    for (const topic of ['*', ...subjects]) for (const wake of this.#waiting.get(topic) ?? []) wake();
  }

  /** Entries after `position`, oldest first. Throws RangeError for a position that is none. */
  async readAfter(position: string, limit: number): Promise<FeedEntry[]> {
    const match = /^(\d{1,19})-(\d{1,18})$/.exec(position);
    if (!match) throw new RangeError('not a position of the log');
    const { rows } = await this.#pool.query<Row>(readAllSql, [match[1], match[2], limit]);
    return rows.map(entryOf);
  }

  /** The newest entries, oldest first. */
  async readNewest(limit: number): Promise<FeedEntry[]> {
    const { rows } = await this.#pool.query<Row>(readNewestSql, [limit]);
    return rows.map(entryOf).reverse();
  }

  async readSubject(subject: string, afterVersion: number): Promise<FeedEntry[]> {
    const { rows } = await this.#pool.query<Row>(readSubjectSql, [subject, afterVersion]);
    return rows.map(entryOf);
  }

  /** Everything after `position`, for ever, until the signal aborts. */
  async *follow(position: string, signal: AbortSignal): AsyncGenerator<FeedEntry> {
    yield* this.#follow('*', signal, async () => {
      const entries = await this.readAfter(position, 500);
      position = entries.at(-1)?.position ?? position;
      return entries;
    });
  }

  /** One subject's entries after a version, in order and without a gap, until the signal aborts. */
  async *followSubject(subject: string, afterVersion: number, signal: AbortSignal): AsyncGenerator<FeedEntry> {
    yield* this.#follow(subject, signal, async () => {
      const entries = await this.readSubject(subject, afterVersion);
      afterVersion = entries.at(-1)?.version ?? afterVersion;
      return entries;
    });
  }

  async *#follow(topic: string, signal: AbortSignal, read: () => Promise<FeedEntry[]>): AsyncGenerator<FeedEntry> {
    while (!signal.aborted) {
      // The wait is armed before the read: a commit between the two must not be slept over.
      const waiting = this.#wait(topic, signal);
      const entries = await whenAvailable(this.#clock, signal, read);
      for (const entry of entries) {
        if (signal.aborted) break;
        yield entry;
      }
      if (entries.length > 0 || signal.aborted) waiting.cancel();
      else await waiting.over;
    }
  }

  #wait(topic: string, signal: AbortSignal): { over: Promise<void>; cancel: () => void } {
    const cancelled = new AbortController();
    const wake = () => cancelled.abort();
    const set = this.#waiting.get(topic) ?? new Set();
    this.#waiting.set(topic, set.add(wake));
    const over = this.#clock.sleep(healMs, AbortSignal.any([signal, cancelled.signal])).finally(() => {
      set.delete(wake);
      if (set.size === 0 && this.#waiting.get(topic) === set) this.#waiting.delete(topic);
    });
    return { over, cancel: wake };
  }
}
