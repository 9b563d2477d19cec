/** Who in this process waits for news of a job. Hints may be missed, so whoever waits looks by itself now and then. */
export class JobWatchers {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Wakes whoever waits for one of these jobs. */
  wake(jobIds: readonly string[]): void {
    for (const id of jobIds) for (const wake of this.#waiting.get(id) ?? []) wake();
  }

  /** A signal that aborts with the next news of the job; `over` ends the waiting. */
  news(jobId: string): { signal: AbortSignal; over: () => void } {
    const arrived = new AbortController();
    const wake = () => arrived.abort('news');
    const waiting = this.#waiting.get(jobId) ?? new Set();
    this.#waiting.set(jobId, waiting.add(wake));
    return {
      signal: arrived.signal,
      over: () => {
        waiting.delete(wake);
        if (waiting.size === 0 && this.#waiting.get(jobId) === waiting) this.#waiting.delete(jobId);
      },
    };
  }
}
