import type pg from 'pg';

/** A buyer of one seat was told SOLD_OUT. */
export interface Refusal {
  sentAt: number;
  answeredAt: number;
  /** Seats that were free by the answer's own words, and the version of the cabin that it names. */
  available: number;
  version: number;
}

export interface JudgedRefusals {
  /** They name a version of the cabin at which a seat was free. */
  contradicted: number;
  /** A seat was free during the whole of the call, although the answer says none was. */
  false: number;
}

/** The ledger's times are of the beginning of a transaction, and its commit is later; a call must lie well inside. */
const marginMs = 100;

// A hold that ran out is free from its deadline on, whenever somebody wrote it down.
const movesSql = `
  select l.version, sum(l.d_held + l.d_sold)::int as taken,
    extract(epoch from case when l.kind = 'release' and b.status = 'expired' then b.hold_expires_at else l.at end)::float8 * 1000 as at
  from ledger l join cabin c on c.id = l.cabin_id join booking b on b.id = l.booking_id
  where c.flight_id = $1 group by 1, 3`;

/** Holds refusals of single seats against the ledger of the flight's one cabin. */
export async function judgeRefusals(
  db: pg.Pool,
  flightId: string,
  seats: number,
  refusals: readonly Refusal[],
): Promise<JudgedRefusals> {
  const { rows } = await db.query<{ version: number; taken: number; at: number }>(movesSql, [flightId]);
  const byVersion = running(rows.toSorted((a, b) => a.version - b.version).map((row) => [row.version, row.taken]));
  const byTime = running(rows.toSorted((a, b) => a.at - b.at).map((row) => [row.at, row.taken]));
  const judged = { contradicted: 0, false: 0 };
  for (const refusal of refusals) {
    const takenThen = byVersion[lastUpTo(byVersion, refusal.version)]?.[1] ?? 0;
    if (refusal.available > 0 || takenThen < seats) judged.contradicted++;
    let at = lastUpTo(byTime, refusal.sentAt - marginMs);
    let most = byTime[at]?.[1] ?? 0;
    while (++at < byTime.length && (byTime[at] as Step)[0] <= refusal.answeredAt) {
      most = Math.max(most, (byTime[at] as Step)[1]);
    }
    if (most < seats) judged.false++;
  }
  return judged;
}

/** [position, seats that are taken from there on] */
type Step = [at: number, taken: number];

function running(moves: Step[]): Step[] {
  let sum = 0;
  return moves.map(([at, taken]) => {
    sum += taken;
    return [at, sum];
  });
}

/** The place of the last step at or before `at`; -1 if there is none. */
function lastUpTo(steps: Step[], at: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] as Step)[0] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
