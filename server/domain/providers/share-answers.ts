import type { Instant } from '../../../shared/times.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { AnswerCache, KeptAnswer } from './answer-cache.ts';
import { type AskContext, type FareAnswer, type FareQuestion, questionKey } from './fare-provider.ts';
import { neverFresh } from './freshness.ts';
import type { GuardedProvider } from './guard-provider.ts';

export interface SharedProvider extends GuardedProvider {
  /**
   * Asks again for those of the questions whose answer is due to be renewed, or gone, that nobody is
   * fetching, and for which the budget of renewals has room. Answers how many were asked.
   */
  renew(questions: FareQuestion[], signal: AbortSignal): Promise<number>;
  /** Ends what goes on behind answers that were given. */
  stop(): void;
}

/** Whoever fetches may be killed meanwhile: others wait so long, and then ask, too. */
const claimMs = 10_000;
/** How often one looks whether somebody else's fetch has come to its end. */
const lookMs = 100;
const jitter = 0.1;

/**
 * The provider with its answers shared: what somebody has got is given to everybody as long as it is
 * fresh, and what several ask for at the same time, here or in another process, is asked once. From
 * half of its life on an answer is still given, and asked again behind it. What is unknown is never
 * kept.
 */
export function shareAnswers(
  provider: GuardedProvider,
  options: {
    cache: AnswerCache;
    clock: Clock;
    /** Whether so many calls beside those that somebody waits for may be made now. */
    mayRenew: () => Promise<boolean>;
    /** Told of every answer that came from the provider itself. */
    onAnswers: (questions: readonly FareQuestion[], answers: readonly FareAnswer[], at: Instant) => void;
    onError: (error: unknown) => void;
  },
): SharedProvider {
  const { cache, clock, mayRenew, onAnswers, onError } = options;
  const { name } = provider;
  const stopping = new AbortController();
  /** Fetches of this process, by key: the nearest to be shared. */
  const inFlight = new Map<string, Promise<FareAnswer>>();

  /** Asks the provider, keeps what may be kept, and gives up the claims whatever happens. */
  const fetch = async (asked: Asked[], context: AskContext): Promise<FareAnswer[]> => {
    const questions = asked.map(({ question }) => question);
    let answers: FareAnswer[] | undefined;
    try {
      answers = await provider.ask(questions, context);
      onAnswers(questions, answers, context.at);
      return answers;
    } finally {
      const entries = asked.map(({ key, question }, index) => ({
        question: key,
        kept: keptOf(question, answers?.[index], context.at),
      }));
      await cache.settle(name, entries);
    }
  };

  const keptOf = (question: FareQuestion, answer: FareAnswer | undefined, at: Instant): KeptAnswer | undefined => {
    if (!answer || answer.outcome === 'unknown') return undefined;
    // Not all at once: what was asked together would be renewed together for ever.
    const lifeMs = provider.capabilities.freshMs(question, answer, at) * (1 - jitter + Math.random() * 2 * jitter);
    if (lifeMs <= 0) return undefined;
    const now = clock.now();
    return { answer, renewAfter: now + lifeMs / 2, goodUntil: now + lifeMs };
  };

  /** Fetches what is missing: ours at once, and what others are fetching when they have it or give up. */
  const fetchShared = async (asked: Asked[], context: AskContext): Promise<Map<string, FareAnswer>> => {
    const answers = new Map<string, FareAnswer>();
    let missing = asked;
    const deadline = clock.now() + claimMs;
    while (missing.length > 0) {
      const isOurs =
        clock.now() >= deadline ? missing.map(() => true) : await cache.claim(name, keysOf(missing), claimMs);
      const ours = missing.filter((_, index) => isOurs[index]);
      const theirs = missing.filter((_, index) => !isOurs[index]);
      if (ours.length > 0) {
        const got = await fetch(ours, context);
        for (const [index, { key }] of ours.entries()) answers.set(key, got[index] as FareAnswer);
      } else {
        await clock.sleep(lookMs, context.signal);
      }
      context.signal.throwIfAborted();
      const kept = theirs.length > 0 ? await cache.read(name, keysOf(theirs)) : [];
      for (const [index, { key }] of theirs.entries()) if (kept[index]) answers.set(key, kept[index].answer);
      missing = theirs.filter(({ key }) => !answers.has(key));
    }
    return answers;
  };

  const admitted = async ({ admit, signal }: AskContext): Promise<void> => {
    if (admit && !(await admit())) signal.throwIfAborted();
  };

  /** As `fetchShared`, when a request may be made; by then somebody may have got the answers. */
  const fetchAdmitted = async (asked: Asked[], context: AskContext): Promise<Map<string, FareAnswer>> => {
    if (!context.admit) return fetchShared(asked, context);
    await admitted(context);
    const kept = await cache.read(name, keysOf(asked));
    const answers = await fetchShared(
      asked.filter((_, index) => !kept[index]),
      context,
    );
    for (const [index, { key }] of asked.entries()) if (kept[index]) answers.set(key, kept[index].answer);
    return answers;
  };

  const ask: SharedProvider['ask'] = async (questions, context) => {
    if (provider.capabilities.freshMs === neverFresh) {
      await admitted(context);
      const answers = await provider.ask(questions, context);
      onAnswers(questions, answers, context.at);
      return answers;
    }
    // The simulator answers each attempt in its own way; other providers are told nothing of attempts.
    const flightKey = (key: string) => `${key} ${context.attempt ?? 1}`;
    const all = questions.map((question): Asked => ({ question, key: keyOf(question, context) }));
    const asked = [...new Map(all.map((each) => [each.key, each])).values()];
    const known = await cache.read(name, keysOf(asked));
    const answers = new Map<string, Promise<FareAnswer> | FareAnswer>();
    asked.forEach(({ key }, index) => {
      const kept = known[index];
      const running = inFlight.get(flightKey(key));
      if (kept) answers.set(key, kept.answer);
      else if (running) answers.set(key, running);
    });
    const missing = asked.filter(({ key }) => !answers.has(key));
    if (missing.length > 0) {
      const fetched = fetchAdmitted(missing, context);
      for (const { key } of missing) {
        const own = fetched.then((found) => found.get(key) as FareAnswer);
        const shared = flightKey(key);
        inFlight.set(shared, own);
        answers.set(key, own);
        own.catch(() => undefined).finally(() => inFlight.get(shared) === own && inFlight.delete(shared));
      }
    }
    if (!context.simulator)
      renewBehind(
        asked.filter((_, index) => known[index]),
        known.filter((each) => each !== undefined),
      );
    return Promise.all(
      all.map(async ({ question, key }) => {
        try {
          return (await answers.get(key)) as FareAnswer;
        } catch (error) {
          // Somebody else's call that we had joined was aborted, not ours.
          context.signal.throwIfAborted();
          if (missing.some((each) => each.key === key)) throw error;
          return (await fetchAdmitted([{ question, key }], context)).get(key) as FareAnswer;
        }
      }),
    );
  };

  const renewBehind = (hits: Asked[], kept: KeptAnswer[]): void => {
    if (hits.length === 0) return;
    cache.noteHits(
      name,
      hits.map(({ question }) => question),
    );
    const due = hits.filter((_, index) => (kept[index] as KeptAnswer).renewAfter <= clock.now());
    if (due.length > 0)
      renew(
        due.map(({ question }) => question),
        stopping.signal,
      ).catch(onError);
  };

  const renew: SharedProvider['renew'] = async (questions, signal) => {
    const all = questions.map((question) => ({ question, key: keyOf(question, {}) }));
    const known = await cache.read(name, keysOf(all));
    const due = all.filter((_, index) => !known[index] || known[index].renewAfter <= clock.now());
    let renewed = 0;
    for (let from = 0; from < due.length; from += provider.capabilities.questionsPerCall) {
      const batch = due.slice(from, from + provider.capabilities.questionsPerCall);
      const isOurs = await cache.claim(name, keysOf(batch), claimMs);
      const ours = batch.filter((_, index) => isOurs[index]);
      if (ours.length === 0) continue;
      if (!(await mayRenew())) {
        await cache.settle(
          name,
          ours.map(({ key }) => ({ question: key, kept: undefined })),
        );
        break;
      }
      await fetch(ours, { signal, at: new Date(clock.now()).toISOString() });
      renewed += ours.length;
    }
    return renewed;
  };

  return {
    ...provider,
    get canary() {
      return provider.canary;
    },
    ask,
    renew,
    stop: () => stopping.abort(),
  };
}

interface Asked {
  question: FareQuestion;
  key: string;
}

const keysOf = (asked: Asked[]): string[] => asked.map(({ key }) => key);

/** A job's simulator is a provider of its own: its settings are part of what is asked. */
function keyOf(question: FareQuestion, { simulator }: Pick<AskContext, 'simulator'>): string {
  if (!simulator) return questionKey(question);
  const { seed, failRate, blockRate, emptyRate } = simulator;
  return `${questionKey(question)} ${[seed, failRate, blockRate, emptyRate].join(' ')}`;
}
