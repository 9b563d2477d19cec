import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedEngine } from '../../server/platform/embedded/engine-process.ts';

/** An embedded engine that comes back at the same address however often it is killed. */
export interface KeptEngine {
  url: string;
  /** Done when it runs (again). */
  ready(): Promise<void>;
  /** Kills it and, before it is started again, runs `meanwhile` on its data. Done when it runs again. */
  kill(meanwhile?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

const attemptsMax = 5;

export async function keepEngine(
  start: (options: { previousUrl?: string; onExit: (detail: string) => void }) => Promise<EmbeddedEngine>,
  onLost: (error: unknown) => void,
): Promise<KeptEngine> {
  let stopping = false;
  let meanwhile: (() => Promise<void>) | undefined;
  let ready: Promise<void> = Promise.resolve();

  const onExit = (): void => {
    if (stopping) return;
    ready = again();
    ready.catch(onLost);
  };
  const again = async (): Promise<void> => {
    const first = meanwhile;
    meanwhile = undefined;
    await first?.();
    for (let attempt = 1; ; attempt++) {
      try {
        engine = await start({ previousUrl: engine.url, onExit });
        return;
      } catch (error) {
        if (stopping || attempt >= attemptsMax) throw error;
        await sleep(300);
      }
    }
  };

  let engine = await start({ onExit });
  return {
    url: engine.url,
    ready: () => ready,
    kill: async (work) => {
      await ready;
      meanwhile = work;
      const before = ready;
      process.kill(engine.pid, 'SIGKILL');
      while (ready === before) await sleep(5);
      await ready;
    },
    stop: async () => {
      stopping = true;
      await ready.catch(() => undefined);
      await engine.stop();
    },
  };
}
