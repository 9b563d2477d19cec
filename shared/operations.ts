import * as z from 'zod';
import type { BookingStatus } from './booking.ts';
import { type CabinClass, cabinClassSchema } from './flight.ts';
import { idSchema } from './ids.ts';
import type { Money } from './money.ts';
import type { Instant } from './times.ts';

export const onEventsInput = z.object({ lastEventId: z.string().max(100).nullish() }).prefault({});

/** One thing that happened, as the log keeps it. */
export interface AdminEvent {
  /** `EPOCH:XID-ID`, the position in the log; pass the last one as `lastEventId` to go on after it. */
  id: string;
  /** `booking.confirmed`, `flight.updated` … */
  type: string;
  at: Instant;
  subject: { bookingId?: string; flightId?: string; jobId?: string };
  data: Record<string, unknown>;
  /**
   * The log could not go on after the given `lastEventId` (older than what is kept, or of a record that went back in
   * time): this is one of the newest fifty instead, and there may be a gap before them.
   */
  snapshot?: true;
}

export interface SeatCounts {
  held: number;
  sold: number;
}

/** A cabin whose three records differ. */
export interface SeatDisagreement {
  flightId: string;
  cabin: CabinClass;
  /** The cabin's version when it was compared. */
  version: number;
  counters: SeatCounts;
  ledger: SeatCounts;
  bookings: SeatCounts;
}

export const auditInput = z.object({ flightId: idSchema.optional() }).prefault({});
export interface AuditView {
  /** Cabins compared. */
  checked: number;
  /** Cabins whose ledger, counters and bookings disagree. 0, always. */
  drift: number;
  /** The first hundred of them. */
  disagreements: SeatDisagreement[];
}

/** What a node's timetable in memory holds, as one line. */
export interface TimetableDigestView {
  /** The same in every process whose timetable holds the same flights, seats and prices. */
  digest: string;
  flights: number;
  /** When reading began. */
  indexVersion: number;
  /** `false`: changes came in while it was read, so it is of no single moment and compares with nothing. */
  isOfOneMoment: boolean;
}

/** What the audit that never rests has seen; null until its first round. */
export interface AuditStatusView {
  /** The newest round. */
  at: Instant;
  /** Changed cabins that were compared in that round. */
  changed: number;
  /** The walk through all cabins, changed or not. */
  sweep: { done: number; of: number; startedAt: Instant; lastFinishedAt: Instant | null };
  /** Cabins that are known to disagree now. */
  drift: number;
  disagreements: SeatDisagreement[];
}

export const replayInput = z.object({ flightId: idSchema.optional() }).prefault({});
export const replayFaults = [
  'counters',
  'below_zero',
  'above_capacity',
  'version',
  'quantity',
  'sequence',
  'status',
  'no_booking',
  'no_ledger',
  'no_cabin',
] as const;
export interface ReplayFinding {
  fault: (typeof replayFaults)[number];
  /** Null only of a cabin that does not exist. */
  flightId: string | null;
  cabin: CabinClass | null;
  /** The ledger row's cabin version, where it is about one. */
  version: number | null;
  bookingId: string | null;
  /** In words for an operator. */
  about: string;
}
/** A replay of the ledger, as far as it has come. */
export interface ReplayView {
  /** Cabins whose ledger was replayed. */
  checked: number;
  /** Cabins that there are to replay. */
  of: number;
  /** Ledger rows read. */
  rows: number;
  /** Cabins with at least one finding. 0, always. */
  drift: number;
  /** The first two hundred. */
  findings: ReplayFinding[];
  finished: boolean;
}

export const repairInput = z.object({
  flightId: idSchema,
  cabin: cabinClassSchema,
  /** The cabin's version at which the disagreement was seen. */
  expectedVersion: z.int().min(0),
});
export interface RepairView {
  flightId: string;
  cabin: CabinClass;
  /** The cabin's version after the repair. */
  version: number;
  was: { counters: SeatCounts; ledger: SeatCounts; bookings: SeatCounts };
  /** What all three say now. */
  now: SeatCounts;
}

export interface OverviewView {
  at: Instant;
  flights: { open: number; closed: number; cancelled: number; departed: number };
  seats: { capacity: number; held: number; sold: number };
  bookings: Record<BookingStatus, number>;
  /** Captured and not refunded, by currency. */
  revenue: Money[];
  /** Without an end, and asked for so often that nobody asks any more: an operator must look. */
  stuck: { payments: number; refunds: number };
  /** Newest last; one entry a minute for the last hour. */
  bookingsPerMinute: { at: Instant; held: number; confirmed: number }[];
  sockets: number;
  busiest: {
    flightId: string;
    carrier: string;
    number: string;
    origin: string;
    destination: string;
    departsAt: string;
    capacity: number;
    held: number;
    sold: number;
  }[];
}

export type PartStatus = 'ok' | 'degraded' | 'down';
/** `GET /health`, and `system.health`. */
export interface HealthView {
  status: PartStatus;
  version: string;
  at: Instant;
  uptimeSeconds: number;
  parts: Record<string, { status: PartStatus; latencyMs?: number; detail?: string }>;
}
