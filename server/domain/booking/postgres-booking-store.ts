import type { Pool } from 'pg';
import { arrayLiteral } from '../../platform/postgres/array-literal.ts';
import { type OwnConnection, ownConnection } from '../../platform/postgres/own-connection.ts';
import { readTogether } from '../../platform/postgres/read-together.ts';
import { inTransaction } from '../../platform/postgres/transaction.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import { mockProvider } from '../payments/payment-event.ts';
import { readBookings } from './booking-rows.ts';
import type { Batch, BookingStore, CancelMember, CancelOutcome, HoldMember, SettleOutcome } from './booking-store.ts';
import { type HoldAnswer, holdOutcomes, holdValues } from './hold-batch.ts';

const holdSql = `
  select codes, refused_leg as "refusedLeg", (extract(epoch from at) * 1000)::float8 as at, truths, leg_prices as "legPrices" from hold_seats(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)`;
const paySql = 'select versions from start_payments($1, $2, $3, $4, $5, $6, $7)';
const settleSql = 'select codes, truths from settle_payments($1, $2, $3, $4, $5, $6, $7, $8)';
const cancelSql = 'select codes, truths from cancel_bookings($1, $2, $3, $4)';
const expireSql = 'select moved, truths from expire_bookings($1, $2)';
const releaseSql = 'select moved, truths from release_bookings($1, $2)';
const refundedSql = 'select moved from complete_refunds($1, $2, $3)';
const sealSql = 'insert into batch (id) values ($1) on conflict do nothing';

const knownSql = 'select id from booking where id = any($1::uuid[])';
const dueSql = 'select unnest(due_bookings($1)) as id';
const strandedSql = `
  select distinct s.id from cabin c
  cross join lateral (
    select b.id from cabin_leg g join booking b on b.id = g.booking_id
    where g.cabin_id = c.id and b.status in ('held', 'confirmed')
      and not exists (select from payment y where y.booking_id = b.id and y.status = 'authorised')
    -- Whatever is thought of how many are cancelled, bookings are never read through.
    offset 0
  ) s
  where c.state = 'cancelled' and (c.held > 0 or c.sold > 0)
  limit $1`;
const hoursSql = `
  select (extract(epoch from min(f.departs_at_utc) - now()) / 3600)::float8 as hours
  from booking_leg l join flight f on f.id = l.flight_id where l.booking_id = $1`;
const saveQuoteSql = `
  insert into cancel_quote (booking_id, quote_id, refund_amount, penalty_amount, expires_at)
  values ($1, $2, $3, $4, now() + make_interval(secs => $5))
  on conflict (booking_id) do update set quote_id = excluded.quote_id, refund_amount = excluded.refund_amount,
    penalty_amount = excluded.penalty_amount, expires_at = excluded.expires_at
  returning to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "expiresAt"`;

const settleOutcomes: Record<string, SettleOutcome> = {
  S: { kind: 'applied', status: 'succeeded' },
  A: { kind: 'applied', status: 'authorised' },
  F: { kind: 'applied', status: 'failed' },
  k: { kind: 'known' },
  n: { kind: 'no_booking' },
  o: { kind: 'other_booking' },
  a: { kind: 'other_amount' },
};
const cancelOutcomes: Record<string, CancelOutcome> = {
  c: 'cancelled',
  u: 'unchanged',
  q: 'quote_missing',
  s: 'quote_stale',
  w: 'capturing',
  x: 'not_cancellable',
  n: 'not_found',
};

interface Coded {
  codes: string;
  truths: SeatTruth[];
}
interface Moved {
  moved: string[];
  truths: SeatTruth[];
}

const decoded = <Outcome>(row: Coded, outcomes: Record<string, Outcome>): Batch<Outcome> => ({
  outcomes: [...row.codes].map((code) => outcomes[code] as Outcome),
  truths: row.truths,
});

function whoMoved(ids: string[], { moved, truths }: Moved): Batch<boolean> {
  const set = new Set(moved);
  return { outcomes: ids.map((id) => set.has(id)), truths };
}

/**
 * The record itself. What a verb decides stands in migrations/0005_selling.sql (holding and moving seats: 0023_rows_of_a_hold.sql, paying:
 * 0017_lives.sql); here its members become arrays, and its letters outcomes. Each verb has a connection of its own, so
 * that a storm of reads does not hold up selling, and no verb another one.
 */
export function openBookingStore(pool: Pool, url: string): BookingStore & { close(): Promise<void> } {
  const connections: OwnConnection[] = [];
  const verb = (name: string, text: string) => {
    const connection = ownConnection(url, name);
    connections.push(connection);
    return async <Row extends object>(values: unknown[]): Promise<Row> =>
      (await connection.query<Row & Record<string, unknown>>({ name, text, values }))[0] as Row;
  };
  const calls = {
    hold: verb('hold', holdSql),
    pay: verb('pay', paySql),
    settle: verb('settle', settleSql),
    cancel: verb('cancel', cancelSql),
    expire: verb('expire', expireSql),
    release: verb('release', releaseSql),
    refunded: verb('refunded', refundedSql),
  };

  return {
    hold: async (batchId, members: HoldMember[], { skipLocked = false } = {}) =>
      holdOutcomes(members, await calls.hold<HoldAnswer>(holdValues(batchId, members, skipLocked))),
    pay: async (batchId, members) => {
      const { versions } = await calls.pay<{ versions: (number | null)[] }>([
        batchId,
        arrayLiteral(members.map((each) => each.id)),
        arrayLiteral(members.map((each) => each.actor)),
        arrayLiteral(members.map((each) => each.paymentId)),
        mockProvider,
        arrayLiteral(members.map((each) => each.locator)),
        members.map((each) => each.method),
      ]);
      return {
        outcomes: versions.map((version) => {
          if (version === null) return undefined;
          return version === 0 ? 'locator_taken' : { version };
        }),
        truths: [],
      };
    },
    settle: async (batchId, events) =>
      decoded(
        await calls.settle<Coded>([
          batchId,
          events.map((each) => each.provider),
          events.map((each) => each.id),
          arrayLiteral(events.map((each) => each.type)),
          arrayLiteral(events.map((each) => each.paymentId)),
          arrayLiteral(events.map((each) => each.bookingId)),
          arrayLiteral(events.map((each) => each.amount)),
          arrayLiteral(events.map((each) => each.currency)),
        ]),
        settleOutcomes,
      ),
    cancel: async (batchId, members: CancelMember[]) =>
      decoded(
        await calls.cancel<Coded>([
          batchId,
          arrayLiteral(members.map((each) => each.id)),
          arrayLiteral(members.map((each) => each.actor)),
          arrayLiteral(members.map((each) => each.quoteId ?? null)),
        ]),
        cancelOutcomes,
      ),
    expire: async (batchId, ids) => whoMoved(ids, await calls.expire<Moved>([batchId, arrayLiteral(ids)])),
    release: async (batchId, ids) => whoMoved(ids, await calls.release<Moved>([batchId, arrayLiteral(ids)])),
    refunded: async (batchId, refunds) => {
      const bookingIds = refunds.map((each) => each.bookingId);
      const { moved } = await calls.refunded<Moved>([
        batchId,
        arrayLiteral(refunds.map((each) => each.id)),
        arrayLiteral(bookingIds),
      ]);
      return whoMoved(bookingIds, { moved, truths: [] });
    },

    seal: async (batchId) => (await pool.query(sealSql, [batchId])).rowCount === 1,

    // After a restart everybody who waits for a booking asks for it at once.
    read: readTogether(async (ids: string[]) => {
      const found = new Map((await readBookings(pool, ids)).map((row) => [row.id, row]));
      return ids.map((id) => found.get(id));
    }),
    untilDecided: async (id) => {
      await inTransaction(pool, (tx) => tx.query('select from booking where id = $1 for share', [id]));
    },
    known: async (ids) => {
      const { rows } = await pool.query<{ id: string }>({ name: 'known', text: knownSql, values: [arrayLiteral(ids)] });
      const known = new Set(rows.map((row) => row.id));
      return ids.map((id) => known.has(id));
    },
    due: async (limit) => (await pool.query<{ id: string }>(dueSql, [limit])).rows.map((row) => row.id),
    stranded: async (limit) => (await pool.query<{ id: string }>(strandedSql, [limit])).rows.map((row) => row.id),
    hoursToDeparture: async (id) => (await pool.query<{ hours: number }>(hoursSql, [id])).rows[0]?.hours ?? 0,
    saveQuote: async ({ bookingId, quoteId, refund, penalty, lifeSeconds }) => {
      const values = [bookingId, quoteId, refund, penalty, lifeSeconds];
      const { rows } = await pool.query<{ expiresAt: string }>(saveQuoteSql, values);
      return (rows[0] as { expiresAt: string }).expiresAt;
    },
    close: async () => {
      await Promise.all(connections.map((each) => each.close()));
    },
  };
}
