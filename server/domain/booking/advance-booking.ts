import type { BookingStatus, BookingView } from '../../../shared/booking.ts';
import { writeLog } from '../../platform/feed/write-log.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import { arrows, eventNames } from './booking-lifecycle.ts';

/** What the log keeps of a booking's state; personal data stays out of it. */
export interface BookingLogData {
  status: BookingStatus;
  reason: string | null;
  locator: string | null;
  payment: BookingView['payment'];
  refund: BookingView['refund'];
}

interface Advanced {
  id: string;
  version: number;
  locator: string | null;
  payment: BookingView['payment'];
  refund: BookingView['refund'];
}

const advanceSql = `
  update booking b set status = $2, version = b.version + 1, reason = $4, locator = coalesce(b.locator, $5)
  where b.id = any($1::uuid[]) and b.status = any($3::text[])
  returning b.id, b.version, b.locator,
    (select jsonb_build_object('id', y.id, 'status', y.status,
       'amount', jsonb_build_object('amount', y.amount, 'currency', y.currency))
       from payment y where y.booking_id = b.id order by y.created_at desc, y.id desc limit 1) as payment,
    (select jsonb_build_object('status', r.status,
       'amount', jsonb_build_object('amount', r.amount, 'currency', r.currency))
       from refund r where r.booking_id = b.id order by r.created_at desc, r.id desc limit 1) as refund`;

/**
 * One arrow of the life cycle for some bookings: those still in a state the arrow starts from are
 * moved, raised by one version and logged. Answers the ids that moved; a missing id lost its race.
 */
export async function advanceBookings(
  tx: Queryable,
  ids: string[],
  to: keyof typeof arrows,
  options: { reason?: string; from?: readonly BookingStatus[]; locator?: string } = {},
): Promise<string[]> {
  const { rows } = await tx.query<Advanced>({
    name: 'advance-bookings',
    text: advanceSql,
    values: [ids, to, options.from ?? arrows[to], options.reason ?? null, options.locator ?? null],
  });
  await writeLog(
    tx,
    rows.map((row) => ({
      type: eventNames[to],
      subject: row.id,
      version: row.version,
      data: {
        status: to,
        reason: options.reason ?? null,
        locator: row.locator,
        payment: row.payment,
        refund: row.refund,
      } satisfies BookingLogData,
    })),
  );
  return rows.map((row) => row.id);
}
