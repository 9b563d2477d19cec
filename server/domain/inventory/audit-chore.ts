import type { Logger } from 'pino';
import type { Lease } from '../../platform/redis/lease.ts';
import { type Chore, startChore } from '../../platform/runtime/periodic.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import { auditSeats } from './audit-seats.ts';
import type { InventoryRoom } from './inventory-room.ts';

const everyMs = 60_000;

/** Audits all cabins once a minute, on one process at a time. Drift is an alarm: it must never happen. */
export const startAuditChore = (
  room: InventoryRoom,
  options: { lease: Lease; log: Logger; report: ErrorReporter },
): Chore =>
  startChore({
    name: 'audit seats',
    everyMs,
    clock: room.clock,
    report: options.report,
    run: async () => {
      const audit = await options.lease('audit-seats', everyMs, () => auditSeats(room));
      if (audit && audit.drift > 0) {
        options.log.error(
          { drift: audit.drift, disagreements: audit.disagreements.slice(0, 10) },
          'seats do not add up',
        );
      }
      return false;
    },
  });
