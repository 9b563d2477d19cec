import type { Logger } from 'pino';

interface Entry {
  name: string;
  close: () => Promise<void> | void;
}

/**
 * Every resource that opens pushes its closing here; `close` runs them in reverse, each under its
 * share of the deadline, and goes on past one that fails or hangs.
 */
export class Closing {
  readonly #entries: Entry[] = [];
  #closing: Promise<void> | undefined;

  push(name: string, close: () => Promise<void> | void): void {
    this.#entries.push({ name, close });
  }

  /** Idempotent: concurrent callers share one closing. */
  close(log: Logger, deadlineMs = 20_000): Promise<void> {
    this.#closing ??= this.#run(log, deadlineMs);
    return this.#closing;
  }

  async #run(log: Logger, deadlineMs: number): Promise<void> {
    const endsAt = Date.now() + deadlineMs;
    for (const { name, close } of this.#entries.reverse()) {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), Math.max(250, endsAt - Date.now()));
      });
      try {
        const outcome = await Promise.race([Promise.resolve(close()).then(() => 'closed' as const), timeout]);
        if (outcome === 'late') log.warn({ resource: name }, 'did not close in time');
      } catch (error) {
        log.warn({ resource: name, err: error }, 'failed to close');
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
