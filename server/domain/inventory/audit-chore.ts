import type { AuditStatusView } from '../../../shared/operations.ts';
import type { Lease } from '../../platform/redis/lease.ts';
import type { Note } from '../../platform/redis/note.ts';
import { type Chore, startChore } from '../../platform/runtime/periodic.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import type { InventoryRoom } from './inventory-room.ts';
import { tellDrift } from './tell-drift.ts';
import { createDriftWatch } from './watch-drift.ts';

const everyMs = 5_000;
const leaseMs = 30_000;
/** After a round comes a rest of at least this many times what it took: auditing never takes more than a twentieth of a core. */
const restFactor = 20;
/** A round that took long for others' sake, or for one cabin with many bookings, is no reason to look away for minutes. */
const restMaxMs = 10_000;

/** Looks for drift every few seconds, for ever. What it finds is an alarm: it must never find anything. */
export function startAuditChore(
  room: InventoryRoom,
  options: {
    lease: Lease;
    status: Note<AuditStatusView>;
    report: ErrorReporter;
    /** Ends holds that keep seats though they are long over. */
    endHolds: (bookingIds: string[]) => Promise<void>;
    everyMs?: number;
  },
): Chore {
  const pace = options.everyMs ?? everyMs;
  const watch = createDriftWatch(room, { everyMs: pace });
  let notBefore = 0;
  return startChore({
    name: 'audit seats',
    everyMs: pace,
    clock: room.clock,
    report: options.report,
    run: async () => {
      const startedAt = room.clock.now();
      if (startedAt < notBefore) return false;
      await options.lease('audit-seats', leaseMs, async () => {
        const { status, news, overdue } = await watch.round();
        options.status.put(status);
        await tellDrift(room, news);
        if (overdue.length > 0) {
          room.log.error({ bookings: overdue.slice(0, 10), count: overdue.length }, 'nobody ended these holds in time');
          await options.endHolds(overdue);
        }
      });
      notBefore = room.clock.now() + Math.min(restMaxMs, (room.clock.now() - startedAt) * restFactor);
      return false;
    },
  });
}
