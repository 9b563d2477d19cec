import type { Lease } from '../../platform/redis/lease.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { startChore } from '../../platform/runtime/periodic.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import type { ProviderRoom } from './provider-room.ts';

const everyMs = 30_000;
const leaseMs = 60_000;

/** Keeps popular answers fresh and looks whether providers still work, on one process at a time. */
export function startProviderChores(
  room: ProviderRoom,
  options: { lease: Lease; clock: Clock; report: ErrorReporter },
): { stop(): Promise<void> } {
  const { lease, clock, report } = options;
  return startChore({
    name: 'fare providers',
    everyMs,
    clock,
    report,
    run: async (signal) => {
      await lease('fare-providers', leaseMs, async () => {
        await room.runDueCanaries(signal);
        await room.renewPopular(signal);
      });
      return false;
    },
  });
}
