import { type Chore, startChore } from '../../platform/runtime/periodic.ts';
import { createGatewayCaller, type GatewayCallerOptions } from './call-gateway.ts';

const everyMs = 1_000;

/** Calls the providers for what is due: each second, and at once when nudged. */
export function startPaymentChore(options: Omit<GatewayCallerOptions, 'onRoom'>): Chore {
  const caller = createGatewayCaller({ ...options, onRoom: () => chore.nudge() });
  const chore = startChore({
    name: 'call gateway',
    everyMs,
    clock: options.clock,
    report: options.report,
    run: () => caller.round(),
  });
  return {
    nudge: chore.nudge,
    stop: async () => {
      await chore.stop();
      await caller.close();
    },
  };
}
