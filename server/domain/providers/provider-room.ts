import type { CanaryView, ProviderView } from '../../../shared/provider.ts';
import type { Keyspace } from '../../platform/redis/keyspace.ts';
import type { RedisConnections } from '../../platform/redis/redis.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import type { FareProvider, FareQuestion } from './fare-provider.ts';
import { guardProvider } from './guard-provider.ts';
import { answerClassOf, createHealthBook } from './health-book.ts';

/** The fare providers that are on. What is asked through here is guarded and written down. */
export interface ProviderRoom {
  /** In the order of the settings. */
  names: readonly string[];
  /** Undefined: not on. */
  get(name: string): FareProvider | undefined;
  list(): Promise<ProviderView[]>;
  /** Asks the provider's canary question now, past every cache. Fails: NOT_FOUND, NOT_ALLOWED. */
  runCanary(name: string): Promise<CanaryView>;
}

export interface ProviderRoomOptions {
  providers: FareProvider[];
  redis: RedisConnections;
  keys: Keyspace;
  clock: Clock;
  report: ErrorReporter;
  processId: string;
}

export function openProviderRoom(options: ProviderRoomOptions): ProviderRoom {
  const { clock, report } = options;
  const health = createHealthBook(options);
  const guarded = new Map(options.providers.map((each) => [each.name, guardProvider(each, { clock, health, report })]));
  const canaries = new Map<string, CanaryView['last']>();

  const canaryOf = (provider: FareProvider): CanaryView | null =>
    provider.canary && {
      route: `${provider.canary.origin}-${provider.canary.destination}`,
      departDate: provider.canary.departDate,
      last: canaries.get(provider.name) ?? null,
    };

  return {
    names: [...guarded.keys()],
    get: (name) => guarded.get(name),
    list: async () => {
      const healths = await health.read();
      return Array.from(
        guarded.values(),
        (provider): ProviderView => ({
          name: provider.name,
          roundTrip: provider.capabilities.roundTrip,
          questionsPerCall: provider.capabilities.questionsPerCall,
          budget: { ...provider.budget, requestsLeft: provider.budget.requestsPerWindow },
          health: healths.get(provider.name) ?? { ...neverAsked, breaker: provider.breakerState() },
          canary: canaryOf(provider),
        }),
      );
    },
    runCanary: async (name) => {
      const provider = guarded.get(name);
      if (!provider) throw refuse('NOT_FOUND', { reason: 'no such provider is on', provider: name });
      if (!provider.canary) throw refuse('NOT_ALLOWED', { reason: 'this provider needs no canary', provider: name });
      const startedAt = clock.now();
      const question: FareQuestion = provider.canary;
      const [answer] = await provider.ask([question], { signal: new AbortController().signal, at: isoNow(clock) });
      if (!answer) throw new Error(`${name} did not answer its canary`);
      canaries.set(name, {
        at: isoNow(clock),
        class: answerClassOf(answer),
        // A canary's route is flown every day: nothing found is a fault, too.
        isHealthy: answer.outcome === 'found',
        detail: answer.outcome === 'found' ? `${answer.offers.length} offers` : detailOf(answer),
        tookMs: clock.now() - startedAt,
      });
      return canaryOf(provider) as CanaryView;
    },
  };
}

const detailOf = (answer: { detail: string } | { evidence: string }): string =>
  'detail' in answer ? answer.detail : answer.evidence;

const neverAsked = {
  calls: 0,
  answers: {},
  latencyMs: { p50: null, p95: null },
  lastAnswer: null,
  lastTrouble: null,
};
