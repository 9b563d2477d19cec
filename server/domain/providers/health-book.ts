import type { AnswerClass, BreakerState, ProviderHealthView } from '../../../shared/provider.ts';
import { answerClasses } from '../../../shared/provider.ts';
import type { Keyspace } from '../../platform/redis/keyspace.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import type { FareAnswer } from './fare-provider.ts';

export const answerClassOf = (answer: FareAnswer): AnswerClass =>
  answer.outcome === 'unknown' ? answer.reason : answer.outcome;

/**
 * How providers have answered: what this process saw, told to the others through Redis once a second
 * at most. For operators only; with Redis away each process shows its own.
 */
export interface HealthBook {
  note(provider: string, answers: readonly FareAnswer[], call: { tookMs: number; breaker: BreakerState }): void;
  /** Of all processes that have written within a minute. */
  read(): Promise<Map<string, ProviderHealthView>>;
}

interface Page {
  answers: Partial<Record<AnswerClass, number>>;
  calls: number;
  /** Durations of the newest calls. */
  tookMs: number[];
  breaker: BreakerState;
  lastAnswer: ProviderHealthView['lastAnswer'];
  lastTrouble: ProviderHealthView['lastTrouble'];
}
interface Shared {
  at: number;
  pages: Record<string, Page>;
}

const everyMs = 1_000;
const lifeMs = 60_000;
const durationsMax = 100;

export function createHealthBook(options: {
  redis: RedisConnections;
  keys: Keyspace;
  clock: Clock;
  processId: string;
}): HealthBook {
  const { redis, clock, processId } = options;
  const key = options.keys.key('providers', 'health');
  const pages: Record<string, Page> = {};
  let sharedAt = Number.NEGATIVE_INFINITY;

  const share = (): void => {
    if (clock.now() - sharedAt < everyMs) return;
    sharedAt = clock.now();
    const text = JSON.stringify({ at: sharedAt, pages } satisfies Shared);
    redis.commands
      .multi()
      .hset(key, processId, text)
      .pexpire(key, 10 * lifeMs)
      .exec()
      .catch(() => undefined);
  };

  return {
    note: (provider, answers, { tookMs, breaker }) => {
      pages[provider] ??= emptyPage();
      const page = pages[provider];
      page.calls++;
      page.breaker = breaker;
      page.tookMs.push(tookMs);
      if (page.tookMs.length > durationsMax) page.tookMs.shift();
      const at = isoNow(clock);
      for (const answer of answers) {
        const kind = answerClassOf(answer);
        page.answers[kind] = (page.answers[kind] ?? 0) + 1;
        if (answer.outcome === 'unknown') page.lastTrouble = { at, class: answer.reason, detail: answer.detail };
      }
      const last = answers.at(-1);
      if (last) page.lastAnswer = { at, class: answerClassOf(last) };
      share();
    },
    read: async () => {
      const texts = await redis.commands.hgetall(key).catch((): Record<string, string> => ({}));
      const others = Object.entries(texts)
        .filter(([id]) => id !== processId)
        .map(([, text]) => JSON.parse(text) as Shared)
        .filter(({ at }) => clock.now() - at < lifeMs)
        .map((each) => each.pages);
      const all = [pages, ...others];
      const names = new Set(all.flatMap((each) => Object.keys(each)));
      return new Map(
        Array.from(names, (name) => [name, merged(all.flatMap((each) => (each[name] ? [each[name]] : [])))]),
      );
    },
  };
}

const emptyPage = (): Page => ({
  answers: {},
  calls: 0,
  tookMs: [],
  breaker: 'closed',
  lastAnswer: null,
  lastTrouble: null,
});

const openness: BreakerState[] = ['closed', 'half_open', 'open'];

function merged(pages: Page[]): ProviderHealthView {
  const newest = <T extends { at: string }>(all: (T | null)[]): T | null =>
    all.filter((each) => each !== null).sort((a, b) => b.at.localeCompare(a.at))[0] ?? null;
  const took = pages.flatMap((page) => page.tookMs).sort((a, b) => a - b);
  return {
    calls: pages.reduce((sum, page) => sum + page.calls, 0),
    answers: Object.fromEntries(
      answerClasses
        .map((kind) => [kind, pages.reduce((sum, page) => sum + (page.answers[kind] ?? 0), 0)] as const)
        .filter(([, count]) => count > 0),
    ),
    latencyMs: { p50: quantile(took, 0.5), p95: quantile(took, 0.95) },
    breaker: openness[Math.max(...pages.map((page) => openness.indexOf(page.breaker)))] as BreakerState,
    lastAnswer: newest(pages.map((page) => page.lastAnswer)),
    lastTrouble: newest(pages.map((page) => page.lastTrouble)),
  };
}

const quantile = (sorted: number[], share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
