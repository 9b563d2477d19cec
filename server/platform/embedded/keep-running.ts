import type { Clock } from '../runtime/clock.ts';
import type { EmbeddedEngine } from './engine-process.ts';

/** More deaths than this within the window and something is wrong that a restart does not mend. */
const restartsMax = 5;
const windowMs = 60_000;

/**
 * Keeps an embedded engine alive: one that dies by itself is started again at the same address, so
 * connections come back to it. What is in flight meanwhile fails and may be repeated.
 *
 * @param start starts the engine; given the address of the start before when it is a restart.
 * @param onGivenUp told when it died too often or could not be started again.
 */
export async function keepRunning(options: {
  start: (onExit: (detail: string) => void, previousUrl?: string) => Promise<EmbeddedEngine>;
  clock: Clock;
  onRestart: (detail: string) => void;
  onGivenUp: (detail: string) => void;
}): Promise<{ url: string; stop(): Promise<void> }> {
  const { start, clock, onRestart, onGivenUp } = options;
  let restarts: number[] = [];
  let stopped = false;
  let restarting: Promise<void> | undefined;

  const onExit = (detail: string): void => {
    if (stopped) return;
    restarts = [...restarts.filter((at) => at > clock.now() - windowMs), clock.now()];
    if (restarts.length > restartsMax) {
      onGivenUp(detail);
      return;
    }
    onRestart(detail);
    restarting = start(onExit, engine.url).then(
      (next) => {
        engine = next;
        // Asked to stop while it was starting.
        if (stopped) return next.stop();
      },
      (error) => onGivenUp(error instanceof Error ? error.message : String(error)),
    );
  };

  let engine = await start(onExit);
  return {
    url: engine.url,
    stop: async () => {
      stopped = true;
      await restarting;
      await engine.stop();
    },
  };
}
