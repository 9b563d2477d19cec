import type { Pool } from 'pg';
import { readTogether } from '../postgres/read-together.ts';
import { lastBefore, type Position, partsOf } from './position.ts';

/** An entry as it is stored; `data` is JSON that nobody has parsed yet. */
export interface LogRow {
  position: Position;
  type: string;
  subject: string | null;
  version: number | null;
  data: string;
  /** ISO instant. */
  at: string;
}

interface SubjectRead {
  subject: string;
  afterVersion: number;
  limit: number;
}

export interface LogPage {
  rows: LogRow[];
  /**
   * False: the log cannot be read on from that position without a gap. What followed it was pruned, or it lies ahead of
   * everything that the record has (which went back in time).
   */
  isKept: boolean;
  /** Committed entries wait behind a transaction that still runs. */
  heldBack: boolean;
}

// As they stand there: putting texts together cost Postgres three times what finding the rows does.
const columns = `o.xid, o.id, o.type, o.subject, o.version, o.data::text as data, date_part('epoch', o.at) as seconds`;

interface RecordRow extends Omit<LogRow, 'position' | 'at'> {
  /** Null where a page has no rows. */
  xid: string | null;
  id: string;
  seconds: number;
}

/** Most of a page is of the same few milliseconds. */
let lastInstant = { seconds: 0, text: '' };
function instantOf(seconds: number): string {
  if (lastInstant.seconds !== seconds) {
    lastInstant = { seconds, text: new Date(Math.round(seconds * 1_000)).toISOString() };
  }
  return lastInstant.text;
}

const rowOf = ({ xid, id, type, subject, version, data, seconds }: RecordRow): LogRow => ({
  position: `${xid}-${id}`,
  type,
  subject,
  version,
  data,
  at: instantOf(seconds),
});

// Ids are drawn before commit: a row may appear behind one that was read already. What a running transaction may still
// add lies at or above xmin, so reading stops below it and never skips.
const settled = 'o.xid < pg_snapshot_xmin(pg_current_snapshot())';
// Nothing behind the position was pruned, and the record has not gone back in time since.
const kept = '($1::xid8, $2::int8) >= (h.xid, h.id) and $1::xid8 < pg_snapshot_xmin(pg_current_snapshot())';

// One statement, so one snapshot: what it says of the horizon is true of the rows beside it.
const pageSql = (also: string, only: string): string => `
  select b.kept, b.also, e.*
  from (select ${kept} as kept, ${also} as also from log_horizon h) b
  left join lateral (
    select ${columns} from outbox o where ${only} and (o.xid, o.id) > ($1::xid8, $2::int8) and ${settled}
    order by o.xid, o.id limit $3
  ) e on b.kept`;

// The newest entry tells whether any is held back: asked for "any at or above xmin", Postgres reads the whole log from
// its start.
const readAfterSql = pageSql(
  `coalesce((select n.xid from outbox n order by n.xid desc, n.id desc limit 1)
    >= pg_snapshot_xmin(pg_current_snapshot()), false)`,
  'true',
);

// A small part of the log: all below the horizon has been looked at with it.
const readRareSql = pageSql('pg_snapshot_xmin(pg_current_snapshot())::text', 'o.rare');

const waitsSql = `
  select (extract(epoch from clock_timestamp() - o.at))::float8 as seconds from outbox o
  where (o.xid, o.id) > ($1::xid8, $2::int8) order by o.xid, o.id limit 1`;

const readNewestSql = `
  select ${columns} from outbox o, log_horizon h where ${settled} and (o.xid, o.id) > (h.xid, h.id)
  order by o.xid desc, o.id desc limit $1`;

const countedBackSql = `
  select coalesce(
    (select o.xid::text || '-' || o.id from outbox o
     where ${settled} and (o.xid, o.id) > (h.xid, h.id) order by o.xid desc, o.id desc offset $1 limit 1),
    h.xid::text || '-' || h.id) as position
  from log_horizon h`;

// The entries of one subject are ordered by the lock of its row, so their versions have no gap to wait for.
const readSubjectsSql = `
  select a.place::int4 as place, e.*
  from unnest($1::uuid[], $2::int4[], $3::int4[]) with ordinality a (subject, version, most, place)
  cross join lateral (
    select ${columns} from outbox o where o.subject = a.subject and o.version > a.version
    order by o.version limit a.most
  ) e
  order by a.place, e.version`;

const newsSql = `
  select f.subject from unnest($1::uuid[], $2::int4[]) f (subject, version)
  where exists (select from outbox o where o.subject = f.subject and o.version > f.version)`;

/** The log as Postgres has it: the truth that every other copy is taken from. */
export class LogRecord {
  readonly #pool: Pool;
  readonly #readSubjectTogether = readTogether((asked: SubjectRead[]) => this.#readSubjects(asked));

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Entries after a position, oldest first. Throws RangeError for what is no position. */
  async readAfter(position: Position, limit: number): Promise<LogPage> {
    const { rows, isKept, also } = await this.#readPage<boolean>('read-log', readAfterSql, position, limit);
    return { rows, isKept, heldBack: also ?? false };
  }

  /**
   * Of these only those that are rare. `position` is where to go on: everything up to
   * there has been looked at.
   */
  async readRareAfter(from: Position, limit: number): Promise<Omit<LogPage, 'heldBack'> & { position: Position }> {
    const { rows, isKept, also: until = '1' } = await this.#readPage<string>('read-log-rare', readRareSql, from, limit);
    return { rows, isKept, position: rows.length < limit ? lastBefore(until) : (rows.at(-1) as LogRow).position };
  }

  async #readPage<Also>(name: string, text: string, from: Position, limit: number) {
    const values = [...partsOf(from), limit];
    const { rows } = await this.#pool.query<RecordRow & { kept: boolean; also: Also }>({ name, text, values });
    const [first] = rows;
    return { rows: first?.xid == null ? [] : rows.map(rowOf), isKept: first?.kept ?? false, also: first?.also };
  }

  /** For how long the first entry after a position has been there (s); 0 without one. */
  async waitsAfter(position: Position): Promise<number> {
    const { rows } = await this.#pool.query<{ seconds: number }>(waitsSql, partsOf(position));
    return Math.max(0, rows[0]?.seconds ?? 0);
  }

  /** The newest entries, oldest first. */
  async readNewest(limit: number): Promise<LogRow[]> {
    const { rows } = await this.#pool.query<RecordRow>(readNewestSql, [limit]);
    return rows.map(rowOf).reverse();
  }

  /** The position of the newest entry, or of the one that so many have come after; at the least the horizon. */
  async newestPosition(back = 0): Promise<Position> {
    const { rows } = await this.#pool.query<{ position: Position }>(countedBackSql, [back]);
    return (rows[0] as { position: Position }).position;
  }

  readSubject(subject: string, afterVersion: number, limit: number): Promise<LogRow[]> {
    return this.#readSubjectTogether({ subject, afterVersion, limit });
  }

  async #readSubjects(asked: SubjectRead[]): Promise<LogRow[][]> {
    const { rows } = await this.#pool.query<RecordRow & { place: number }>({
      name: 'read-log-subjects',
      text: readSubjectsSql,
      values: [
        asked.map(({ subject }) => subject),
        asked.map(({ afterVersion }) => afterVersion),
        asked.map(({ limit }) => limit),
      ],
    });
    const found = asked.map((): LogRow[] => []);
    for (const row of rows) found[row.place - 1]?.push(rowOf(row));
    return found;
  }

  /** Which of these subjects have an entry with a greater version than the given one. */
  async subjectsWithNews(known: { subject: string; version: number }[]): Promise<string[]> {
    const { rows } = await this.#pool.query<{ subject: string }>(newsSql, [
      known.map((each) => each.subject),
      known.map((each) => each.version),
    ]);
    return rows.map((row) => row.subject);
  }
}
