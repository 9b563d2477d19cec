/** Of many measurements, in milliseconds. */
export interface Times {
  p50: number;
  p95: number;
  p99: number;
}

export function timesOf(ms: number[]): Times {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** How many times longer one took than the other. */
export const ratioOf = (slow: Times, fast: Times): { p50: number; p95: number } => ({
  p50: slow.p50 / fast.p50,
  p95: slow.p95 / fast.p95,
});

export type Ratio = ReturnType<typeof ratioOf>;

export const ratioText = ({ p50, p95 }: Ratio): string => `${p50.toFixed(1)} / ${p95.toFixed(1)}`;

/** The head of a table of times, and a line of it. */
export const timesHead = (title: string): string => `${title.padEnd(42)}      p50      p95      p99`;

export const timesLine = (name: string, { p50, p95, p99 }: Times): string =>
  `  ${name.padEnd(40)}${[p50, p95, p99].map((ms) => ms.toFixed(3).padStart(9)).join('')}`;

/** One way of answering a question. */
export type Answering<Question> = (question: Question) => unknown;

/**
 * What each way takes for the same questions: question by question, each way in turn and another one first each time,
 * after a round that warms their caches.
 */
export async function timeInTurn<Question, Way extends string>(
  questions: Question[],
  ways: Record<Way, Answering<Question>>,
): Promise<Record<Way, Times>> {
  const names = Object.keys(ways) as Way[];
  const taken = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Way, number[]>;
  for (const isCounted of [false, true])
    for (const [place, question] of questions.entries())
      for (let turn = 0; turn < names.length; turn++) {
        const name = names[(place + turn) % names.length] as Way;
        const startedAt = performance.now();
        await ways[name](question);
        if (isCounted) taken[name].push(performance.now() - startedAt);
      }
  return Object.fromEntries(names.map((name) => [name, timesOf(taken[name])])) as Record<Way, Times>;
}
