import type { CanaryView, ProviderView } from '../../../shared/provider.ts';
import type { Instant } from '../../../shared/times.ts';
import { boundless, openRequestBudget, type RequestBudget } from '../../platform/queue/request-budget.ts';
import type { Keyspace } from '../../platform/redis/keyspace.ts';
import { type Note, openNote } from '../../platform/redis/note.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import { openAnswerCache } from './answer-cache.ts';
import type { FareAnswer, FareCalendar, FareProvider, FareQuestion } from './fare-provider.ts';
import { type GuardedProvider, guardProvider } from './guard-provider.ts';
import { answerClassOf, createHealthBook } from './health-book.ts';
import { createOneWayCalendar } from './one-way-calendar.ts';
import { type SharedProvider, shareAnswers } from './share-answers.ts';
import { askersBudget, type LimitSetting, openSpending } from './spending.ts';

/** The fare providers that are on. What is asked through here is guarded, shared and written down. */
export interface ProviderRoom {
  /** In the order of the settings. */
  names: readonly string[];
  /** Undefined: not on. Its budget is what those who ask for somebody may spend. */
  get(name: string): FareProvider | undefined;
  /** The slots of that budget: whoever asks a provider, a worker or an operator, takes one of the same sequence. */
  budgetOf(name: string): RequestBudget;
  list(): Promise<ProviderView[]>;
  /** Asks the provider's canary question now, past every cache. Fails: NOT_FOUND, NOT_ALLOWED. */
  runCanary(name: string): Promise<CanaryView>;
  /** Asks the canaries that have not been asked for six hours, within the budget of renewals. */
  runDueCanaries(signal: AbortSignal): Promise<void>;
  /** Renews the answers that are asked for most, within the budget of renewals. */
  renewPopular(signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface ProviderRoomOptions {
  providers: FareProvider[];
  redis: RedisConnections;
  keys: Keyspace;
  clock: Clock;
  report: ErrorReporter;
  processId: string;
  limit?: LimitSetting;
  /** Told of every answer that came from a provider itself. */
  onAnswers?: (
    provider: string,
    questions: readonly FareQuestion[],
    answers: readonly FareAnswer[],
    at: Instant,
  ) => void;
}

const canaryEveryMs = 6 * 3_600_000;
const canaryLifeMs = 7 * 86_400_000;
const popularMax = 100;

export function openProviderRoom(options: ProviderRoomOptions): ProviderRoom {
  const { redis, keys, clock, report, onAnswers } = options;
  const health = createHealthBook(options);
  const cache = openAnswerCache(options);
  const entries = new Map(
    options.providers.map((provider) => {
      const spending = openSpending(provider, options);
      const guarded = guardProvider(provider, { clock, health, report });
      const noteSpent = (answers: readonly FareAnswer[], perCall: number): void => {
        const asked = answers.filter((each) => each.outcome !== 'unknown' || each.wasAsked !== false).length;
        spending.note(Math.ceil(asked / perCall));
      };
      const sharing = {
        cache,
        clock,
        mayRenew: spending.mayRenew,
        onError: (error: unknown) => report(error, { provider: provider.name }),
      };
      const shared: SharedProvider = shareAnswers(guarded, {
        ...sharing,
        onAnswers: (questions, answers, at) => {
          noteSpent(answers, provider.capabilities.questionsPerCall);
          onAnswers?.(provider.name, questions, answers, at);
        },
      });
      // What a calendar tells is kept apart from answers, and is no price that was seen.
      const calendar =
        guarded.calendar &&
        shareAnswers(calendarAsProvider(guarded, guarded.calendar), {
          ...sharing,
          onAnswers: (_, answers) => noteSpent(answers, (guarded.calendar as FareCalendar).questionsPerCall),
        });
      const canary: Note<NonNullable<CanaryView['last']>> = openNote(
        redis,
        keys.key('fares', provider.name, 'canary'),
        canaryLifeMs,
      );
      const asked: FareProvider = {
        ...shared,
        budget: askersBudget(provider.budget, options.limit),
        ...calendarOf(provider, shared, calendar),
      };
      const { requestsPerWindow: requests, windowMs } = asked.budget;
      const key = keys.key('budget', provider.name);
      const budget = requests === null ? boundless : openRequestBudget({ redis, key, clock, requests, windowMs });
      return [provider.name, { provider, guarded, shared, calendar, asked, budget, spending, canary }] as const;
    }),
  );

  const runCanary = async (name: string): Promise<CanaryView> => {
    const entry = entries.get(name);
    if (!entry) throw refuse('NOT_FOUND', { reason: 'no such provider is on', provider: name });
    const question = entry.provider.canary;
    if (!question) throw refuse('NOT_ALLOWED', { reason: 'this provider needs no canary', provider: name });
    const startedAt = clock.now();
    const [answer] = await entry.guarded.ask([question], { signal: new AbortController().signal, at: isoNow(clock) });
    if (!answer) throw new Error(`${name} did not answer its canary`);
    entry.spending.note(1);
    const last: NonNullable<CanaryView['last']> = {
      at: isoNow(clock),
      class: answerClassOf(answer),
      // A canary's route is flown every day: nothing found is a fault, too.
      isHealthy: answer.outcome === 'found',
      detail: detailOf(answer),
      tookMs: clock.now() - startedAt,
    };
    entry.canary.put(last);
    return { ...routeOf(question), last };
  };

  return {
    names: [...entries.keys()],
    get: (name) => entries.get(name)?.asked,
    budgetOf: (name) => entries.get(name)?.budget ?? boundless,
    list: async () => {
      const healths = await health.read();
      return Promise.all(
        Array.from(entries.values(), async ({ provider, guarded, spending, canary }): Promise<ProviderView> => {
          const question = provider.canary;
          return {
            name: provider.name,
            roundTrip: provider.capabilities.roundTrip,
            questionsPerCall: provider.capabilities.questionsPerCall,
            budget: { ...provider.budget, requestsLeft: await spending.left() },
            health: healths.get(provider.name) ?? { ...neverAsked, breaker: guarded.breakerState() },
            canary: question && { ...routeOf(question), last: (await canary.get()) ?? null },
          };
        }),
      );
    },
    runCanary,
    runDueCanaries: async (signal) => {
      for (const [name, { provider, canary, spending }] of entries) {
        if (signal.aborted || !provider.canary) continue;
        const last = await canary.get();
        if (last && clock.now() - Date.parse(last.at) < canaryEveryMs) continue;
        if (await spending.mayRenew()) await runCanary(name);
      }
    },
    renewPopular: async (signal) => {
      for (const [name, { shared }] of entries) {
        if (signal.aborted) return;
        const popular = await cache.popular(name, popularMax);
        if (popular.length > 0) await shared.renew(popular, signal);
      }
    },
    close: () => {
      for (const { shared, calendar } of entries.values()) {
        shared.stop();
        calendar?.stop();
      }
    },
  };
}

/** Its own; else that of its one-ways, for whoever is asked over a network. */
function calendarOf(
  provider: FareProvider,
  shared: SharedProvider,
  calendar: SharedProvider | undefined,
): Pick<FareProvider, 'calendar'> {
  if (provider.calendar && calendar) return { calendar: { ...provider.calendar, ask: calendar.ask } };
  const isOverNetwork = provider.timeoutMs !== null;
  return isOverNetwork && provider.capabilities.roundTrip ? { calendar: createOneWayCalendar(shared) } : {};
}

const calendarAsProvider = (guarded: GuardedProvider, { questionsPerCall, ask }: FareCalendar): GuardedProvider => ({
  ...guarded,
  name: `${guarded.name}-calendar`,
  capabilities: { ...guarded.capabilities, questionsPerCall },
  ask,
});

const routeOf = ({ origin, destination, departDate }: FareQuestion) => ({
  route: `${origin}-${destination}`,
  departDate,
});

/** An answer in a few words. */
export function detailOf(answer: FareAnswer): string {
  switch (answer.outcome) {
    case 'found':
      return `${answer.offers.length} offers`;
    case 'empty':
      return answer.evidence;
    case 'unknown':
      return answer.detail;
  }
}

const neverAsked = {
  calls: 0,
  answers: {},
  latencyMs: { p50: null, p95: null },
  lastAnswer: null,
  lastTrouble: null,
};
