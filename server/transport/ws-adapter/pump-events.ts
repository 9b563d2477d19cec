/**
 * Hands on what an iterable yields until it ends, fails, or the signal aborts; then its clean-up has
 * run. `fail` hears of an error of the iterable once. An exception of `take` comes out of here.
 */
export async function pumpEvents(
  iterable: AsyncIterable<unknown>,
  signal: AbortSignal,
  handlers: { take: (event: unknown) => void; fail: (error: unknown) => void },
): Promise<void> {
  const iterator = iterable[Symbol.asyncIterator]();
  // One waiting at a time and one listener for all: a race with a promise that lives as long as the
  // subscription would keep what each event left behind.
  let wake: (step: Step) => void = () => undefined;
  const stop = (): void => wake({ kind: 'stopped' });
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const step = await new Promise<Step>((resolve) => {
        wake = resolve;
        if (signal.aborted) return stop();
        iterator.next().then(
          (result) => resolve({ kind: 'next', result }),
          (error) => resolve({ kind: 'failed', error }),
        );
      });
      if (step.kind === 'failed') return handlers.fail(step.error);
      if (step.kind === 'stopped' || step.result.done) return;
      handlers.take(step.result.value);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    await iterator.return?.();
  }
}

type Step =
  | { kind: 'next'; result: IteratorResult<unknown> }
  | { kind: 'failed'; error: unknown }
  | { kind: 'stopped' };
