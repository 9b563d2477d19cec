import { createLane, type Lane } from '../../platform/postgres/lane.ts';
import { createLaneSlots } from '../../platform/postgres/lane-slots.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { SoldOut } from '../inventory/seat-gate.ts';
import type { SeatTruth } from '../inventory/seat-truth.ts';
import type { PaymentEvent } from '../payments/payment-event.ts';
import type {
  BookingStore,
  CancelMember,
  CancelOutcome,
  HoldMember,
  HoldOutcome,
  PayMember,
  PayOutcome,
  SettleOutcome,
} from './booking-store.ts';

/** Taken out of the queue: the gate says that there is nothing to be had. */
export type Shed = { kind: 'shed'; soldOut: SoldOut };

/**
 * Verbs that have a call under way at the same time: Postgres does one while this process answers the other. A third would
 * only make the batches of all of them smaller, each at the fixed cost of one.
 */
const lanesAtOnce = 2;

/** One lane a verb: what happens to bookings travels in batches, each for itself (lane.ts). */
export interface SellingLanes {
  hold: Lane<HoldMember, HoldOutcome | Shed>;
  pay: Lane<PayMember, PayOutcome>;
  settle: Lane<PaymentEvent, SettleOutcome>;
  cancel: Lane<CancelMember, CancelOutcome>;
  expire: Lane<string, boolean>;
  release: Lane<string, boolean>;
  refunded: Lane<{ id: string; bookingId: string }, boolean>;
  /** Is there a booking with this id? Only reads. */
  known: Lane<string, boolean>;
  /** Members of all lanes that wait or are on their way. */
  depth(): number;
}

export function createSellingLanes(options: {
  store: BookingStore;
  clock: Clock;
  /** Told once a batch what the touched cabins are now. */
  onSeats: (truths: SeatTruth[]) => void;
  /** Told the size of each batch that committed. */
  onBatch?: (verb: string, members: number) => void;
}): SellingLanes {
  const { store, clock, onSeats, onBatch } = options;
  const slots = createLaneSlots(clock, lanesAtOnce);
  const seal = (batchId: string) => store.seal(batchId);
  const verb = <Member, Outcome>(
    name: string,
    keysOf: (member: Member) => string[],
    call: (
      batchId: string,
      members: Member[],
      skipLocked: boolean,
    ) => Promise<{ outcomes: Outcome[]; truths: SeatTruth[] }>,
  ) =>
    createLane<Member, Outcome, { outcomes: Outcome[]; truths: SeatTruth[] }>({
      name,
      clock,
      keysOf,
      call,
      canSkipLocked: name === 'hold',
      // The store has a connection a verb.
      pipelined: true,
      slots,
      seal,
      onCommitted: ({ truths }, members) => {
        if (truths.length > 0) onSeats(truths);
        onBatch?.(name, members.length);
      },
    });
  const itself = (id: string) => [id];
  const byId = (member: { id: string }) => [member.id];

  const lanes = {
    hold: verb<HoldMember, HoldOutcome | Shed>('hold', byId, (batchId, members, skipLocked) =>
      store.hold(batchId, members, { skipLocked }),
    ),
    pay: verb('pay', byId, (batchId, members: PayMember[]) => store.pay(batchId, members)),
    settle: verb(
      'settle',
      (event: PaymentEvent) => [event.bookingId, event.paymentId, `${event.provider} ${event.id}`],
      (batchId, events: PaymentEvent[]) => store.settle(batchId, events),
    ),
    cancel: verb('cancel', byId, (batchId, members: CancelMember[]) => store.cancel(batchId, members)),
    expire: verb('expire', itself, (batchId, ids: string[]) => store.expire(batchId, ids)),
    release: verb('release', itself, (batchId, ids: string[]) => store.release(batchId, ids)),
    refunded: verb(
      'refunded',
      (refund: { id: string; bookingId: string }) => [refund.bookingId],
      (batchId, refunds: { id: string; bookingId: string }[]) => store.refunded(batchId, refunds),
    ),
    known: createLane<string, boolean>({
      name: 'known',
      clock,
      keysOf: itself,
      call: async (_, ids) => ({ outcomes: await store.known(ids) }),
    }),
  };
  return { ...lanes, depth: () => Object.values(lanes).reduce((sum, lane) => sum + lane.depth(), 0) };
}
