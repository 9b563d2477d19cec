import type { Pool } from 'pg';
import type { BookingStatus, TimelineEntry, TimelineView } from '../../../shared/booking.ts';
import type { CabinClass } from '../../../shared/flight.ts';
import type { Money } from '../../../shared/money.ts';
import type { PriceReason } from '../../../shared/offer.ts';
import type { Instant, WallTime } from '../../../shared/times.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { MovementKind } from '../inventory/ledger.entity.ts';
import type { BookingLogData } from './booking-log.ts';
import type { BookingRoom } from './booking-room.ts';
import { readOwnBooking } from './get-booking.ts';

interface Sources {
  createdAt: Instant;
  seats: number;
  status: BookingStatus;
  log: { at: Instant; type: string; version: number; data: BookingLogData }[];
  payments: { at: Instant; amount: Money; method: string | null }[];
  paymentEvents: { at: Instant; type: string; amount: Money }[];
  refunds: { at: Instant; doneAt: Instant | null; amount: Money }[];
  prices: { at: Instant; stage: 'offer' | 'hold'; reason: PriceReason; was: Money; now: Money }[];
  moves: { at: Instant; kind: MovementKind; seats: number; cabin: CabinClass; flightId: string }[];
  changes: { at: Instant; type: string; flightId: string; data: ScheduleChange }[];
  flights: { id: string; carrier: string; number: string; origin: string; destination: string }[];
}

interface ScheduleChange {
  departsAt?: WallTime;
  arrivesAt?: WallTime;
  state?: 'open' | 'closed' | 'cancelled';
}

const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
const money = (row: string) => `jsonb_build_object('amount', ${row}.amount, 'currency', ${row}.currency)`;
const list = (item: string, from: string, order: string) =>
  `coalesce((select jsonb_agg(jsonb_build_object(${item}) order by ${order}) from ${from}), '[]')`;

// One statement, so one snapshot: money and seats that moved together are here together.
const sourcesSql = `
  select ${instant('b.created_at')} as "createdAt", b.seats, b.status,
    ${list(
      `'at', ${instant('o.at')}, 'type', o.type, 'version', o.version, 'data', o.data`,
      'outbox o where o.subject = b.id',
      'o.version',
    )} as log,
    ${list(
      `'at', ${instant('y.created_at')}, 'amount', ${money('y')}, 'method', y.method`,
      'payment y where y.booking_id = b.id',
      'y.created_at, y.id',
    )} as payments,
    ${list(
      `'at', ${instant('e.received_at')}, 'type', e.type, 'amount', ${money('y')}`,
      'payment y join payment_event e on e.payment_id = y.id where y.booking_id = b.id',
      'e.received_at, e.event_id',
    )} as "paymentEvents",
    ${list(
      `'at', ${instant('r.created_at')}, 'amount', ${money('r')},
       'doneAt', case when r.status = 'succeeded' then ${instant('r.updated_at')} end`,
      'refund r where r.booking_id = b.id',
      'r.created_at, r.id',
    )} as refunds,
    ${list(
      `'at', ${instant('d.at')}, 'stage', d.stage, 'reason', d.reason,
       'was', jsonb_build_object('amount', d.was_amount, 'currency', d.currency),
       'now', jsonb_build_object('amount', d.now_amount, 'currency', d.currency)`,
      'price_difference d where d.booking_id = b.id',
      // What was shown comes before what was held.
      'd.stage desc',
    )} as prices,
    ${list(
      `'at', ${instant('g.at')}, 'kind', g.kind, 'seats', greatest(abs(g.d_held), abs(g.d_sold)), 'cabin', c.cabin,
       'flightId', c.flight_id`,
      // By the keys of both parts of the ledger.
      `(
         select h.at, 'hold' as kind, b.seats * count(*) as d_held, 0 as d_sold, h.cabin_id, h.version
         from unnest(b.leg_cabins, b.leg_versions) l (cabin_id, version)
         join ledger_hold h on h.cabin_id = l.cabin_id and h.version = l.version
         where b.id = any(h.bookings) group by h.cabin_id, h.version
         union all select m.at, m.kind, m.d_held, m.d_sold, m.cabin_id, m.version from ledger_move m
         where m.booking_id = b.id and m.cabin_id = any(b.leg_cabins)
       ) g join cabin c on c.id = g.cabin_id`,
      'g.at, (select min(l.position) from booking_leg l where l.booking_id = b.id and l.cabin_id = g.cabin_id), g.version',
    )} as moves,
    ${list(
      `'at', ${instant('o.at')}, 'type', o.type, 'flightId', o.subject, 'data', o.data`,
      `outbox o where o.subject in (select l.flight_id from booking_leg l where l.booking_id = b.id)
         and o.at >= b.created_at and o.type in ('flight.updated', 'flight.cancelled')`,
      'o.at',
    )} as changes,
    ${list(
      `'id', f.id, 'carrier', f.carrier, 'number', f.number, 'origin', f.origin, 'destination', f.destination`,
      'flight f where f.id in (select l.flight_id from booking_leg l where l.booking_id = b.id)',
      'f.id',
    )} as flights
  from booking b where b.id = $1`;

/** What happened to the caller's own booking: states, money, seats, changes of its flights. Fails: NOT_FOUND. */
export async function readOwnTimeline(room: BookingRoom, actor: string, id: string): Promise<TimelineView> {
  await readOwnBooking(room, actor, id);
  return readTimeline(room.pool, id);
}

/** The same of anybody's booking, for operators. Fails: NOT_FOUND. */
export async function readTimeline(pool: Pool, id: string): Promise<TimelineView> {
  const { rows } = await pool.query<Sources>({ name: 'read-timeline', text: sourcesSql, values: [id] });
  if (!rows[0]) throw refuse('NOT_FOUND', { reason: 'no such booking', bookingId: id });
  return { entries: entriesOf(rows[0]) };
}

/**
 * What led to a state stands before it: the entries of one transaction bear its beginning, the state itself the moment
 * in which it was written.
 */
function entriesOf(sources: Sources): TimelineEntry[] {
  // The booking's own moment is cut to the millisecond and those of its seats are rounded, so theirs may seem later.
  const heldAt = sources.moves.reduce(
    (last, { at, kind }) => (kind === 'hold' && at > last ? at : last),
    sources.createdAt,
  );
  const held: TimelineEntry = {
    at: heldAt,
    kind: 'state',
    title: 'Held for you',
    detail: `${seatCount(sources.seats)}, not paid for yet.`,
    status: 'held',
    version: 1,
  };
  const causes = [
    ...scheduleEntries(sources),
    ...priceEntries(sources),
    ...moneyEntries(sources),
    ...seatEntries(sources),
  ];
  const states = [held, ...sources.log.map(stateEntry)];
  const timed = [...causes, ...states].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  // Clocks may be set back, versions cannot: the states keep their order whatever their times say.
  let next = 0;
  return timed.map((entry) => (entry.version === undefined ? entry : (states[next++] as TimelineEntry)));
}

const seatCount = (seats: number): string => (seats === 1 ? '1 seat' : `${seats} seats`);

function stateEntry({ at, type, version, data }: Sources['log'][number]): TimelineEntry {
  const { status, reason, locator } = data;
  if (type === 'booking.passengers_changed') {
    return { at, kind: 'passengers', title: 'Passengers changed', status, version };
  }
  const detail = status === 'paying' && locator ? `Your record locator is ${locator}.` : reason;
  return { at, kind: 'state', title: stateTitle(status), ...(detail ? { detail } : {}), status, version };
}

function stateTitle(status: BookingStatus): string {
  switch (status) {
    case 'held':
      return 'Held for you';
    case 'paying':
      return 'Waiting for the payment';
    case 'confirmed':
      return 'Confirmed';
    case 'failed':
      return 'Not paid';
    case 'expired':
      return 'The hold ran out';
    case 'cancelled':
      return 'Cancelled';
    case 'refund_pending':
      return 'Your money is on its way back';
    case 'refunded':
      return 'Refunded';
  }
}

function moneyEntries({ payments, paymentEvents, refunds }: Sources): TimelineEntry[] {
  return [
    ...payments.map(({ at, amount, method }) => ({
      at,
      kind: 'money' as const,
      title: 'Payment started',
      ...(method ? { detail: `Method: ${method}.` } : {}),
      amount,
    })),
    ...paymentEvents.map(({ at, type, amount }) => ({ at, kind: 'money' as const, title: paymentTitle(type), amount })),
    ...refunds.flatMap(({ at, doneAt, amount }) => [
      { at, kind: 'money' as const, title: 'Refund started', amount },
      ...(doneAt ? [{ at: doneAt, kind: 'money' as const, title: 'Refund paid out', amount }] : []),
    ]),
  ];
}

/** A price that became another between the offer and the hold. */
function priceEntries({ prices }: Sources): TimelineEntry[] {
  return prices.map(({ at, stage, reason, was, now }) => ({
    at,
    kind: 'price',
    title: stage === 'hold' ? 'Held at the price you were promised' : 'Held at another price than first shown',
    detail: reasonWords[reason],
    was,
    now,
  }));
}

const reasonWords: Record<PriceReason, string> = {
  seats: 'Seats were sold or given back in the meantime.',
  price_set: 'The airline has set another price in the meantime.',
  brand_gone: 'The fare you were shown first is sold no more.',
  guaranteed: 'It costs something else by now.',
};

/** What a provider told. Providers may learn new words. */
function paymentTitle(type: string): string {
  switch (type) {
    case 'payment.authorised':
      return 'Payment authorised';
    case 'payment.succeeded':
      return 'Payment received';
    case 'payment.failed':
      return 'Payment declined';
    default:
      return 'News of the payment';
  }
}

function seatEntries(sources: Sources): TimelineEntry[] {
  return sources.moves.map(({ at, kind, seats, cabin, flightId }) => {
    const detail = `${flightName(sources, flightId)}, ${cabin.replace('_', ' ')}.`;
    return { at, kind: 'seats', title: `${seatCount(seats)} ${movementWords[kind]}`, detail, seats, flightId };
  });
}

const movementWords: Record<MovementKind, string> = {
  hold: 'held',
  confirm: 'sold to you',
  release: 'given back',
  retake: 'taken again for your payment',
  return: 'given back',
  repair: 'put right in our books',
};

/** New times, closing and cancelling, as long as the booking had seats; prices and capacities are no news to it. */
function scheduleEntries(sources: Sources): TimelineEntry[] {
  const endedAt = timeOfEnd(sources);
  const cancelled = new Set<string>();
  return sources.changes.flatMap(({ at, type, flightId, data }) => {
    // Only the rollback of an import takes a cancellation back.
    const words = cancelled.has(flightId) ? 'the flight operates after all' : changeWords(type, data);
    if (type === 'flight.cancelled') cancelled.add(flightId);
    else cancelled.delete(flightId);
    if (!words || (endedAt !== undefined && at > endedAt)) return [];
    return [{ at, kind: 'schedule' as const, title: `${flightName(sources, flightId)}: ${words}`, flightId }];
  });
}

function changeWords(type: string, { departsAt, arrivesAt, state }: ScheduleChange): string | undefined {
  if (type === 'flight.cancelled' || state === 'cancelled') return 'the flight is cancelled';
  const wall = (time: WallTime) => time.replace('T', ' ');
  const times = [departsAt && `departs ${wall(departsAt)}`, arrivesAt && `arrives ${wall(arrivesAt)}`].filter(Boolean);
  return times.length > 0 ? `now ${times.join(', ')}` : undefined;
}

/** When the booking lost its seats for good; undefined while it has them. */
function timeOfEnd({ status, log }: Sources): Instant | undefined {
  const hasSeats = (each: BookingStatus) => each === 'held' || each === 'paying' || each === 'confirmed';
  if (hasSeats(status)) return undefined;
  const last = log.findLastIndex((entry) => hasSeats(entry.data.status));
  return log[last + 1]?.at;
}

function flightName({ flights }: Sources, flightId: string): string {
  const flight = flights.find((each) => each.id === flightId);
  return flight ? `${flight.carrier} ${flight.number}, ${flight.origin} → ${flight.destination}` : 'A flight';
}
