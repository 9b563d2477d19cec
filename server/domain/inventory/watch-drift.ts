import type { Pool } from 'pg';
import { leastId } from '../../../shared/ids.ts';
import type { AuditStatusView } from '../../../shared/operations.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { auditCabins, type BookingsFrom, type CabinDrift, namedMax, publicOf } from './audit-seats.ts';
import type { DriftBook } from './drift-book.ts';
import { findUntoldLegs } from './untold-legs.ts';

export interface DriftWatch {
  /** One look. Answers what was not known before, and the bookings that keep seats though their hold is long over. */
  round(): Promise<{ status: AuditStatusView; news: CabinDrift[]; overdue: string[] }>;
}

/** Each cabin is looked at within this time, whether or not it changed. */
const sweepMs = 600_000;
const changedPage = 500;
/**
 * More changed cabins than that in one round are left to the sweep: each page reads through all that changed, so whoever
 * would work off an import of 400,000 cabins page by page would be at it for minutes.
 */
const changedPagesMax = 4;
const sweepPageMax = 2_000;
/**
 * `updated_at` is when a transaction began, and it shows when it commits: the cursor stays behind
 * now by more than a sale may take. What takes longer still is met by the sweep.
 */
const overlapSeconds = 15;
const rememberedMax = 10_000;
/** Of one round, for what the ledger may not know. */
const bookingsPage = 2_000;

// The index knows of ranges of pages when something in them was last written, so that a sale keeps its HOT update
// (Postgres 16 or newer). Read through, 400,000 cabins take half a second of both cores.
const changedSql = `
  select id, version, to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
  from cabin where updated_at >= $1::timestamptz and (updated_at, id) > ($1::timestamptz, $2::int4)
  order by updated_at, id limit ${changedPage}`;

interface Changed {
  id: number;
  version: number;
  at: string;
}

const beforeNowSql = `
  select to_char((now() - interval '${overlapSeconds} seconds') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`;

/**
 * Audits what changed since the last look, and walks through all other cabins and through all bookings beside it. It
 * keeps a cursor for each and the versions it saw within the overlap; nothing grows with the record.
 *
 * @param everyMs how often a round is meant to come; the sweep's pages are cut to it.
 */
export function createDriftWatch(
  room: { pool: Pool; clock: Clock; drift: DriftBook },
  { everyMs, pageMin = 1 }: { everyMs: number; pageMin?: number },
): DriftWatch {
  let changedAfter: { at: string; id: number } | undefined;
  /** Versions that were compared: in the last pass over what changed, and in the one under way. */
  let lastPass = new Map<number, number>();
  let thisPass = new Map<number, number>();
  let sweepAfter = 0;
  let bookingsAfter = leastId;
  let sweep: AuditStatusView['sweep'] | undefined;

  /** In the present round. */
  const lookedAt = new Set<number>();
  /** Found in the present round. */
  const overdue = new Set<string>();

  const look = async (
    cabinIds: number[],
    from: BookingsFrom = 'ledger',
  ): Promise<{ checked: number; news: CabinDrift[] }> => {
    // What another look has found out with more care stands.
    const ids = cabinIds.filter((id) => !lookedAt.has(id));
    if (ids.length === 0) return { checked: 0, news: [] };
    const audit = await auditCabins(room.pool, ids, from);
    if (from === 'ledger' && audit.adrift.length > 0) {
      // Also after a repair, the ledger names no booking that it did not know.
      const doubtful = audit.adrift.map(({ cabinId }) => cabinId);
      audit.adrift = (await auditCabins(room.pool, doubtful, 'bookings')).adrift;
    }
    for (const id of ids) lookedAt.add(id);
    for (const id of audit.overdue) overdue.add(id);
    return { checked: audit.checked, news: room.drift.seen(ids, audit.adrift) };
  };

  const wasCompared = (id: number, version: number): boolean =>
    lastPass.get(id) === version || thisPass.get(id) === version;

  async function lookAtChanged(): Promise<{ changed: number; news: CabinDrift[] }> {
    const { rows: now } = await room.pool.query<{ at: string }>(beforeNowSql);
    const behind = { at: (now[0] as { at: string }).at, id: 0 };
    changedAfter ??= behind;
    const news: CabinDrift[] = [];
    let changed = 0;
    for (let page = 0; page < changedPagesMax; page++) {
      const rows: Changed[] = (await room.pool.query<Changed>(changedSql, [changedAfter.at, changedAfter.id])).rows;
      const fresh = rows.filter((row) => !wasCompared(row.id, row.version));
      const seen = await look(fresh.map((row) => row.id));
      // The comparison came after the reading of versions, so it saw these or newer ones.
      // Beyond the bound a cabin is compared once more, which is no harm.
      for (const row of rows) if (thisPass.size < rememberedMax) thisPass.set(row.id, row.version);
      changed += seen.checked;
      news.push(...seen.news);
      const last = rows.at(-1);
      if (rows.length < changedPage || !last) break;
      changedAfter = { at: last.at, id: last.id };
    }
    changedAfter = behind;
    lastPass = thisPass;
    thisPass = new Map();
    return { changed, news };
  }

  async function lookAtBookings(): Promise<CabinDrift[]> {
    const { legs, last } = await findUntoldLegs(room.pool, bookingsAfter, bookingsPage);
    bookingsAfter = last ?? leastId;
    const cabinIds = [...new Set(legs.map((leg) => leg.cabinId))];
    return (await look(cabinIds, 'bookings')).news;
  }

  async function lookAround(): Promise<CabinDrift[]> {
    if (!sweep || sweepAfter === 0) {
      const { rows } = await room.pool.query<{ n: number }>('select count(*)::int as n from cabin');
      const lastFinishedAt = sweep?.lastFinishedAt ?? null;
      sweep = { done: 0, of: rows[0]?.n ?? 0, startedAt: isoNow(room.clock), lastFinishedAt };
    }
    const share = Math.ceil((sweep.of * everyMs) / sweepMs);
    const page = Math.max(pageMin, Math.min(sweepPageMax, share));
    const { rows } = await room.pool.query<{ id: number }>('select id from cabin where id > $1 order by id limit $2', [
      sweepAfter,
      page,
    ]);
    // What changed was compared a moment ago.
    const others = rows.filter(({ id }) => !lookedAt.has(id));
    const { checked, news } = await look(others.map((row) => row.id));
    sweep.done += rows.length - others.length + checked;
    sweepAfter = rows.length === page ? (rows.at(-1)?.id as number) : 0;
    if (sweepAfter === 0) sweep.lastFinishedAt = isoNow(room.clock);
    return news;
  }

  return {
    round: async () => {
      overdue.clear();
      lookedAt.clear();
      // What is known to disagree is looked at each time, so that a repair shows at once.
      const again = await look(
        room.drift.known().map((each) => each.cabinId),
        'bookings',
      );
      const untold = await lookAtBookings();
      const { changed, news } = await lookAtChanged();
      const around = await lookAround();
      const known = room.drift.known();
      return {
        news: [...again.news, ...untold, ...news, ...around],
        overdue: [...overdue],
        status: {
          at: isoNow(room.clock),
          changed,
          sweep: { ...(sweep as AuditStatusView['sweep']) },
          drift: known.length,
          disagreements: known.slice(0, namedMax).map(publicOf),
        },
      };
    },
  };
}
