import type { Lease } from '../../platform/redis/lease.ts';
import { startChore } from '../../platform/runtime/periodic.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import type { BookingRoom } from './booking-room.ts';
import { expireHolds } from './expire-holds.ts';
import { releaseCancelledFlights } from './release-cancelled-flights.ts';

const everyMs = 1_000;
const leaseMs = 10_000;

/** What goes on in the background: ending due holds, releasing cancelled flights. */
export function startBookingChores(
  room: BookingRoom,
  options: { lease: Lease; report: ErrorReporter },
): { nudge: { releases: () => void }; stop: () => Promise<void> } {
  const { lease, report } = options;
  const common = { everyMs, clock: room.clock, report };
  const expiry = startChore({
    ...common,
    name: 'expire holds',
    run: async () => ((await lease('expire-holds', leaseMs, () => expireHolds(room))) ?? 0) > 0,
  });
  const releases = startChore({
    ...common,
    name: 'release cancelled flights',
    run: async () => (await lease('release-cancelled', leaseMs, () => releaseCancelledFlights(room))) ?? false,
  });
  return {
    nudge: { releases: releases.nudge },
    stop: async () => {
      await Promise.all([expiry.stop(), releases.stop()]);
    },
  };
}
