import { PositionLost } from '../../platform/feed/feed.ts';
import { startChore } from '../../platform/runtime/periodic.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import type { AlertRoom } from './alert-room.ts';
import { type DeliveryOptions, deliverAlerts } from './deliver-alerts.ts';
import { evaluateAlerts } from './evaluate-alerts.ts';

const everyMs = 10_000;
/** An import changes thousands of prices: whatever is told meanwhile is looked at together. */
const restMs = 250;
const deliverEveryMs = 2_000;
const keptDays = 30;
const pruneEveryMs = 3_600_000;

export interface AlertChores {
  /** Looks at the alerts at once. */
  nudge(): void;
  stop(): Promise<void>;
}

/**
 * Looks at all alerts every ten seconds and whenever prices or flights have changed, sends what they have
 * fired, and forgets what was sent long ago. Any number of processes may do it at once.
 */
export function startAlertChores(
  room: AlertRoom,
  options: { delivery: DeliveryOptions; report: ErrorReporter },
): AlertChores {
  const { report, delivery } = options;
  const { clock } = room;
  const sending = startChore({
    name: 'deliver alerts',
    everyMs: deliverEveryMs,
    clock,
    report,
    run: (signal) => deliverAlerts(delivery, signal),
  });
  const looking = startChore({
    name: 'evaluate alerts',
    everyMs,
    clock,
    report,
    run: async (signal) => {
      const startedAt = clock.now();
      if ((await evaluateAlerts(room, signal)) > 0) sending.nudge();
      await clock.sleep(Math.max(restMs, clock.now() - startedAt), signal);
      return false;
    },
  });
  const pruning = startChore({
    name: 'prune alerts',
    everyMs: pruneEveryMs,
    clock,
    report,
    run: async () => {
      const oldest = new Date(clock.now() - keptDays * 86_400_000).toISOString();
      await room.pool.query('delete from alert_delivery where next_try_at is null and created_at < $1', [oldest]);
      await room.pool.query('delete from price_alert where depart_to < $1::timestamptz::date', [oldest]);
      return false;
    },
  });
  const stopping = new AbortController();
  const following = followFlights(room, looking.nudge, report, stopping.signal);
  return {
    nudge: looking.nudge,
    stop: async () => {
      stopping.abort();
      await Promise.all([looking.stop(), sending.stop(), pruning.stop(), following]);
    },
  };
}

/** An operator's edit may have changed a price. A hint only: what is missed is seen at the next look. */
async function followFlights(
  { feed, clock }: AlertRoom,
  nudge: () => void,
  report: ErrorReporter,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { position } = await feed.readNewest(1);
      for await (const { type } of feed.followRare(position, signal))
        if (/^(?:flights?|timetable)\./.test(type)) nudge();
    } catch (error) {
      if (!(error instanceof PositionLost) && !signal.aborted) report(error, { chore: 'follow flights' });
      await clock.sleep(restMs * 4, signal);
    }
  }
}
