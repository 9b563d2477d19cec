import type { RedisConnections } from '../redis/redis.ts';
import type { Clock } from '../runtime/clock.ts';
import type { LogRow } from './log-record.ts';
import { isPosition, type Position } from './position.ts';

/**
 * An entry in the stream names the one before it in the log. So whoever reads sees by itself whether anything is
 * missing in between, whatever Redis has lost, trimmed or forgotten.
 */
export interface StreamRow extends LogRow {
  previous: Position;
}

/** Older entries are dropped by and by. */
export const streamLength = 10_000;

const answerMs = 2_000;

/** The log as a Redis stream. Entries have their position as id, so it only ever rises and takes none twice. */
export class LogStream {
  readonly #redis: RedisConnections;
  readonly #key: string;
  readonly #clock: Clock;

  constructor(redis: RedisConnections, key: string, clock: Clock) {
    this.#redis = redis;
    this.#key = key;
    this.#clock = clock;
  }

  get isReachable(): boolean {
    return this.#redis.commands.status === 'ready';
  }

  /** The greatest id that it ever took; undefined when there is no stream. */
  async lastPosition(): Promise<Position | undefined> {
    let info: unknown[];
    try {
      info = (await this.#redis.commands.xinfo('STREAM', this.#key)) as unknown[];
    } catch (error) {
      if (error instanceof Error && /no such key/i.test(error.message)) return undefined;
      throw error;
    }
    return String(info[info.indexOf('last-generated-id') + 1]);
  }

  /**
   * Adds rows in order. `previous` is the position that they follow in the record. What the stream has already, or has
   * gone past, it refuses by itself: so two that append at once do no harm.
   */
  async append(rows: LogRow[], previous: Position): Promise<void> {
    const pipeline = this.#redis.commands.pipeline();
    for (const row of rows) {
      const fields = ['previous', previous, 'type', row.type, 'data', row.data, 'at', row.at];
      if (row.subject !== null) fields.push('subject', row.subject);
      if (row.version !== null) fields.push('version', String(row.version));
      pipeline.xadd(this.#key, 'MAXLEN', '~', streamLength, row.position, ...fields);
      previous = row.position;
    }
    for (const [error] of (await pipeline.exec()) ?? []) {
      if (error && !/equal or smaller/i.test(error.message)) throw error;
    }
  }

  /**
   * Entries after a position; waits for the first of them, at most `waitMs`, or until the signal aborts. Rejects when
   * Redis does not answer. For one caller a process: the connection is busy while it waits.
   */
  async read(after: Position, limit: number, waitMs: number, signal: AbortSignal): Promise<StreamRow[]> {
    const { blocking } = this.#redis;
    const answered = new AbortController();
    const over = AbortSignal.any([answered.signal, signal]);
    const late = this.#clock.sleep(waitMs + answerMs, over).then(() => {
      if (over.aborted) return null;
      // Frozen, or the network swallows everything: only a new connection will tell.
      blocking.disconnect(true);
      throw new Error('the stream does not answer');
    });
    try {
      const asked = blocking.xread('COUNT', limit, 'BLOCK', waitMs, 'STREAMS', this.#key, after);
      const reply = await Promise.race([asked, late]);
      return (reply?.[0]?.[1] ?? []).map(([id, fields]) => rowOf(id, fields));
    } finally {
      answered.abort('answered');
    }
  }

  /** Forgets everything; it can be made again from the record. */
  async drop(): Promise<void> {
    await this.#redis.commands.unlink(this.#key);
  }
}

function rowOf(position: Position, fields: string[]): StreamRow {
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) found.set(fields[at] as string, fields[at + 1] as string);
  const [previous, type, data, at] = ['previous', 'type', 'data', 'at'].map((name) => found.get(name));
  if (!type || !data || !at || !previous || !isPosition(previous)) throw new Error('the stream has a foreign entry');
  const version = found.get('version');
  return {
    position,
    previous,
    type,
    data,
    at,
    subject: found.get('subject') ?? null,
    version: version === undefined ? null : Number(version),
  };
}
