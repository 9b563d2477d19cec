import * as z from 'zod';
import type { BookingStatus } from './booking.ts';
import type { Money } from './money.ts';
import type { Instant } from './times.ts';

export const onEventsInput = z.object({ lastEventId: z.string().max(100).nullish() }).prefault({});

/** One thing that happened, as the log keeps it. */
export interface AdminEvent {
  /** Position in the log; later events have a greater one. */
  id: string;
  /** `booking.confirmed`, `flight.updated` … */
  type: string;
  at: Instant;
  subject: { bookingId?: string; flightId?: string };
  data: Record<string, unknown>;
}

export const auditInput = z.object({ flightId: z.uuid().optional() }).prefault({});
export interface AuditView {
  /** Cabins compared. */
  checked: number;
  /** Cabins whose ledger, counters and bookings disagree. 0, always. */
  drift: number;
  disagreements: {
    flightId: string;
    cabin: string;
    counters: { held: number; sold: number };
    ledger: { held: number; sold: number };
    bookings: { held: number; sold: number };
  }[];
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
