import { progress } from '@clack/prompts';

export interface Meter {
  /** How many are done now, of what was announced. */
  at(done: number): void;
  end(): void;
}

/** How often a plain log gets a line. */
const linePauseMs = 2_000;

/** A bar with an estimate on a terminal, now and then a line elsewhere; on standard error, beside the result. */
export function startMeter(title: string, total: number): Meter {
  const startedAt = performance.now();
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const textAt = (done: number): string => {
    const spent = performance.now() - startedAt;
    // The first answers of a storm come late; an estimate from them alone would frighten.
    const left = done > total / 20 && done < total ? `, about ${seconds((spent / done) * (total - done))} left` : '';
    return `${title} ${done}/${total}${left}`;
  };
  if (process.stderr.isTTY) {
    const bar = progress({ max: total, output: process.stderr });
    let shown = 0;
    bar.start(title);
    return {
      at: (done) => {
        bar.advance(done - shown, textAt(done));
        shown = done;
      },
      end: () => bar.stop(`${title} ${total} in ${seconds(performance.now() - startedAt)}`),
    };
  }
  let nextLineAt = startedAt + linePauseMs;
  return {
    at: (done) => {
      if (performance.now() < nextLineAt) return;
      nextLineAt = performance.now() + linePauseMs;
      process.stderr.write(`${textAt(done)}\n`);
    },
    end: () => process.stderr.write(`${title} ${total} in ${seconds(performance.now() - startedAt)}\n`),
  };
}

/** Runs `work` on each item, so many at once, and shows how far it is. Stops at the first error. */
export async function eachWithMeter<T>(
  title: string,
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const meter = startMeter(title, items.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index] as T, index);
      meter.at(++done);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  } finally {
    next = items.length;
    meter.end();
  }
}
