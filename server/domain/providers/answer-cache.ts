import type { Keyspace } from '../../platform/redis/keyspace.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { FareAnswer, FareQuestion } from './fare-provider.ts';

/** An answer that somebody got, with its lives: good until `goodUntil`, better asked again after `renewAfter`. */
export interface KeptAnswer {
  answer: Exclude<FareAnswer, { outcome: 'unknown' }>;
  renewAfter: number;
  goodUntil: number;
}

/**
 * Answers by provider and question in Redis, and who is fetching one. All of a provider's keys live in
 * one slot, so that a batch is one command. Nothing depends on it: with Redis away nothing is known and
 * everybody may fetch.
 */
export interface AnswerCache {
  read(provider: string, questions: string[]): Promise<(KeptAnswer | undefined)[]>;
  /** Which of these nobody else is fetching; they are ours for so long, or until written or released. */
  claim(provider: string, questions: string[], forMs: number): Promise<boolean[]>;
  /** Keeps answers and gives up the claims; a question without an answer only gives up its claim. */
  settle(provider: string, entries: { question: string; kept: KeptAnswer | undefined }[]): Promise<void>;
  /** Whoever found its answer here asked for something popular. */
  noteHits(provider: string, questions: FareQuestion[]): void;
  /** The most popular ones; halves what is remembered of the past when it is time. */
  popular(provider: string, count: number): Promise<FareQuestion[]>;
}

const popularMax = 1_000;
const halfLifeMs = 6 * 3_600_000;
const leastScore = 0.25;

export function openAnswerCache(options: { redis: RedisConnections; keys: Keyspace; clock: Clock }): AnswerCache {
  const { redis, keys, clock } = options;
  const answerKey = (provider: string, question: string) => keys.key('fares', provider, 'answer', question);
  const claimKey = (provider: string, question: string) => keys.key('fares', provider, 'claim', question);
  const popularKey = (provider: string) => keys.key('fares', provider, 'popular');
  const halvedKey = (provider: string) => keys.key('fares', provider, 'halved');

  return {
    read: async (provider, questions) => {
      const texts = await redis.commands
        .mget(questions.map((each) => answerKey(provider, each)))
        .catch((): null[] => questions.map(() => null));
      return texts.map((text) => {
        const kept = text === null ? undefined : (JSON.parse(text) as KeptAnswer);
        return kept && kept.goodUntil > clock.now() ? kept : undefined;
      });
    },
    claim: async (provider, questions, forMs) => {
      const pipeline = redis.commands.pipeline();
      for (const each of questions) pipeline.set(claimKey(provider, each), '1', 'PX', forMs, 'NX');
      const replies = await pipeline.exec().catch(() => null);
      return questions.map((_, index) => {
        const [error, reply] = replies?.[index] ?? [new Error('away'), null];
        return error !== null || reply === 'OK';
      });
    },
    settle: async (provider, entries) => {
      const pipeline = redis.commands.pipeline();
      for (const { question, kept } of entries) {
        const lifeMs = kept ? Math.round(kept.goodUntil - clock.now()) : 0;
        if (kept && lifeMs > 0) pipeline.set(answerKey(provider, question), JSON.stringify(kept), 'PX', lifeMs);
        pipeline.del(claimKey(provider, question));
      }
      await pipeline.exec().catch(() => undefined);
    },
    noteHits: (provider, questions) => {
      const pipeline = redis.commands.pipeline();
      for (const each of questions) pipeline.zincrby(popularKey(provider), 1, JSON.stringify(each));
      pipeline.zremrangebyrank(popularKey(provider), 0, -popularMax - 1);
      pipeline.exec().catch(() => undefined);
    },
    popular: async (provider, count) => {
      const key = popularKey(provider);
      const isDue = await redis.commands.set(halvedKey(provider), '1', 'PX', halfLifeMs, 'NX');
      if (isDue === 'OK') {
        await redis.commands.zunionstore(key, 1, key, 'WEIGHTS', 0.5, 'AGGREGATE', 'SUM');
        await redis.commands.zremrangebyscore(key, '-inf', leastScore);
      }
      const texts = await redis.commands.zrevrange(key, 0, count - 1);
      return texts.map((text) => JSON.parse(text) as FareQuestion);
    },
  };
}
