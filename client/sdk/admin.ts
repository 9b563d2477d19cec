import type { TRPCClient } from '@trpc/client';
import type { z } from 'zod';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { TimelineEntry } from '../../shared/booking.ts';
import type {
  createFlightInput,
  FlightView,
  ImportReport,
  importFlightsInput,
  listFlightsInput,
  OperatorFlightView,
  RemovalPreview,
  removeFlightInput,
  updateFlightInput,
} from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import type {
  AdminEvent,
  AuditStatusView,
  AuditView,
  OverviewView,
  RepairView,
  ReplayView,
  repairInput,
} from '../../shared/operations.ts';
import type { Calling, CallOptions } from './call.ts';
import { everyInbox, watch } from './watch.ts';

/** What an operator may do; everything fails with UNAUTHENTICATED or FORBIDDEN without the operator key. */
export interface Admin {
  flights: {
    /** Without an `id` one is minted, so that a lost answer never makes two flights. */
    create(input: z.input<typeof createFlightInput>, options?: CallOptions): Promise<OperatorFlightView>;
    /** Never repeated by itself after a lost socket: read the flight and decide. Fails: VERSION_CONFLICT. */
    update(input: z.input<typeof updateFlightInput>, options?: CallOptions): Promise<OperatorFlightView>;
    remove(input: z.input<typeof removeFlightInput>, options?: CallOptions): Promise<FlightView | null>;
    previewRemoval(flightId: string, options?: CallOptions): Promise<RemovalPreview>;
    list(
      input?: z.input<typeof listFlightsInput>,
      options?: CallOptions,
    ): Promise<{ flights: OperatorFlightView[]; nextCursor: string | null }>;
    import(input: z.input<typeof importFlightsInput>, options?: CallOptions): Promise<ImportReport>;
  };
  seats: {
    /** Every cabin, or one flight's, compared in one snapshot. */
    audit(flightId?: string, options?: CallOptions): Promise<AuditView>;
    /** What the audit that never rests has seen; null before its first round. */
    status(options?: CallOptions): Promise<AuditStatusView | null>;
    /** The ledger read row by row, with rules of its own. Takes a while where there is much of it. */
    replay(flightId?: string, options?: CallOptions): Promise<ReplayView>;
    /** Never repeated by itself, as `update`. Fails: VERSION_CONFLICT (repaired since), NOT_ALLOWED (nothing is wrong). */
    repair(input: z.input<typeof repairInput>, options?: CallOptions): Promise<RepairView>;
  };
  bookings: {
    /** Anybody's booking, as its traveller sees it. Fails: NOT_FOUND. */
    timeline(id: string, options?: CallOptions): Promise<TimelineEntry[]>;
  };
  overview(options?: CallOptions): Promise<OverviewView>;
  /**
   * What happened, in order, from the given event on or from now. Events marked `snapshot` are the newest fifty,
   * because the log could not go on after that event; there may be a gap before them.
   */
  watchEvents(options?: { signal?: AbortSignal; lastEventId?: string }): AsyncGenerator<AdminEvent, void>;
}

/** A timetable of a season takes its time, and so does a long ledger. */
const longPatienceMs = 600_000;

export function createAdmin({ admin }: TRPCClient<AppRouter>, call: Calling, isOver: () => boolean): Admin {
  return {
    flights: {
      create: (input, options) =>
        call((given) => admin.flights.create.mutate({ ...input, id: input.id ?? newId() }, given), options),
      update: (input, options) => call((given) => admin.flights.update.mutate(input, given), options),
      remove: (input, options) => call((given) => admin.flights.remove.mutate(input, given), options),
      previewRemoval: (flightId, options) =>
        call((given) => admin.flights.previewRemoval.query({ flightId }, given), options),
      list: (input, options) => call((given) => admin.flights.list.query(input, given), options),
      import: (input, options) =>
        call((given) => admin.flights.import.mutate(input, given), {
          repeat: { totalMs: longPatienceMs },
          ...options,
        }),
    },
    seats: {
      audit: (flightId, options) => call((given) => admin.seats.audit.query({ flightId }, given), options),
      status: (options) => call((given) => admin.seats.status.query(undefined, given), options),
      replay: (flightId, options) =>
        call((given) => admin.seats.replay.query({ flightId }, given), {
          repeat: { totalMs: longPatienceMs },
          ...options,
        }),
      repair: (input, options) => call((given) => admin.seats.repair.mutate(input, given), options),
    },
    bookings: {
      timeline: async (id, options) =>
        (await call((given) => admin.bookings.timeline.query({ id }, given), options)).entries,
    },
    overview: (options) => call((given) => admin.overview.query(undefined, given), options),
    watchEvents: ({ signal, lastEventId: from } = {}) => {
      const seen = new Set<string>();
      return watch<AdminEvent>({
        subscribe: (lastEventId = from, observer) => admin.onEvents.subscribe({ lastEventId }, observer),
        inbox: everyInbox(),
        isNews: ({ id }) => !seen.has(id) && remember(seen, id),
        isOver,
        signal,
      });
    },
  };
}

/** Repeats come soon or never, so a short memory is enough. */
function remember(seen: Set<string>, id: string): true {
  seen.add(id);
  if (seen.size > 1_000) seen.delete(seen.values().next().value as string);
  return true;
}
