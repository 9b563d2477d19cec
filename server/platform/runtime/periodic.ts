import type { ErrorReporter } from '../telemetry/error-reporter.ts';
import type { Clock } from './clock.ts';

/** A background chore that runs every so often, at once when nudged, and never beside itself. */
export interface Chore {
  nudge(): void;
  stop(): Promise<void>;
}

/**
 * @param run does one round; answering `true` means "there is more", and the next round starts at once.
 */
export function startChore(options: {
  name: string;
  everyMs: number;
  clock: Clock;
  report: ErrorReporter;
  run: (signal: AbortSignal) => Promise<boolean>;
}): Chore {
  const stopping = new AbortController();
  let wake = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      let more = false;
      const sleep = wake.signal;
      try {
        more = await options.run(stopping.signal);
      } catch (error) {
        if (!stopping.signal.aborted) options.report(error, { chore: options.name });
      }
      if (!more && !stopping.signal.aborted) {
        await options.clock.sleep(options.everyMs, AbortSignal.any([stopping.signal, sleep]));
      }
      if (sleep.aborted) wake = new AbortController();
    }
  })();
  return {
    // With a reason of its own, for an abort without one collects a stack.
    nudge: () => wake.abort('nudged'),
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}
