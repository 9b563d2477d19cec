import type { CabinClass } from '../../../shared/flight.ts';
import type { Money } from '../../../shared/money.ts';
import type { Instant } from '../../../shared/times.ts';

/** What a fare is asked for: one combination of a fare-search job, for one party. */
export interface FareQuestion {
  /** IATA codes, an airport or a city. */
  origin: string;
  destination: string;
  /** Local dates, `YYYY-MM-DD`. Null: one way. */
  departDate: string;
  returnDate: string | null;
  cabin: CabinClass;
  party: { adults: number; children: number; infantsOnLap: number; infantsInSeat: number };
}

/** How the price of an offer came about; a sum of two one-ways is no round-trip fare. */
export type PriceKind = 'one_way' | 'round_trip' | 'sum_of_one_ways' | 'split' | 'calendar';

/** One way to travel, at one price for the whole party. */
export interface FareOffer {
  /** The same for the same flights (by operating carrier, number and local date) from every provider. */
  key: string;
  price: Money;
  priceKind: PriceKind;
  /** Marketing carriers in the order of travel, each once. */
  carriers: string[];
  /** Of the slice with the most. Null where the provider does not say. */
  stops: number | null;
  /** Of all slices together, from departure to arrival. Null where the provider does not say. */
  durationMinutes: number | null;
  departsAt: string | null;
  /** The airline's name for the kind of ticket, where one flight has several prices. */
  fareBrand?: string;
}

/** Where a provider itself says what is usual on the route. */
export interface ProviderInsight {
  level: 'low' | 'typical' | 'high';
  usual: Money;
  /** Below: low. */
  low: Money;
  /** Above: high. */
  high: Money;
}

/** Why an answer is unknown; each is told apart, since each is met in another way. */
export type UnknownReason =
  | 'blocked'
  | 'rate_limited'
  | 'malformed'
  | 'timed_out'
  | 'unavailable'
  | 'unsupported'
  | 'partial'
  /** A cheap pass could not price it, so it is not on the short list. */
  | 'not_asked';

/**
 * Three-valued. `empty` is a proof: the provider said that there is nothing. Whatever is not an
 * answer (a block, a limit, something that could not be read) is `unknown`, never empty.
 */
export type FareAnswer =
  | { outcome: 'found' /** Cheapest first, at least one. */; offers: FareOffer[]; insight?: ProviderInsight }
  | { outcome: 'empty' /** What proves it, in a few words. */; evidence: string }
  | {
      outcome: 'unknown';
      reason: UnknownReason;
      detail: string;
      /** Asking again may help, but not before this many milliseconds. Absent: asking again is of no use. */
      retryAfterMs?: number;
      /** False: nobody was asked (the breaker is open, a budget is spent), so it is no attempt. */
      wasAsked?: false;
    };

export interface ProviderBudget {
  /** Over all workers: so many requests a window, so many at once. Null: not limited. */
  requestsPerWindow: number | null;
  windowMs: number;
  concurrency: number;
}

/** What a call may need besides its questions. */
export interface AskContext {
  signal: AbortSignal;
  /** Now, by the caller's clock. */
  at: Instant;
  /** Which attempt at these questions this is; 1 unless told. Only the simulator looks at it. */
  attempt?: number;
  /** The simulator's settings of a job; other providers do not look at it. */
  simulator?: SimulatorSettings;
  /**
   * Done when one more request may be made; false when the signal aborted first. Waited for only where the provider
   * itself is asked: what others have got already takes nothing of a budget. Absent: at once.
   */
  admit?: () => Promise<boolean>;
}

/** How the simulator behaves; the rates are shares of all questions. */
export interface SimulatorSettings {
  seed: number;
  /** Each call takes so long. */
  latencyMs: number;
  failRate: number;
  blockRate: number;
  emptyRate: number;
}

/** Answers fare questions. An adapter knows its provider's language and nothing of jobs. */
export interface FareProvider {
  /** As in the settings and in results. */
  name: string;
  capabilities: {
    roundTrip: boolean;
    /** Questions that one call may carry. */
    questionsPerCall: number;
    /** How long an answer stays good; 0: never shared. */
    freshMs: (question: FareQuestion, answer: FareAnswer, at: Instant) => number;
  };
  budget: ProviderBudget;
  /** A call that takes longer is given up. 30 s unless told; null: it answers from memory, and there is nothing to guard. */
  timeoutMs?: number | null;
  /** It refuses questions, each for itself; that says nothing of the next one, so it is never left alone. */
  refusesQuestions?: boolean;
  /** One answer a question, in order. Rejects only when the signal was aborted. */
  ask(questions: readonly FareQuestion[], context: AskContext): Promise<FareAnswer[]>;
  /** A cheaper way to ask, where it has one. */
  calendar?: FareCalendar;
  /** A question whose answer shows whether the provider still works; null: none is needed. */
  canary: FareQuestion | null;
}

/**
 * A provider's fare calendar: one call tells the cheapest price of many dates of one route, good enough to choose by. What
 * it finds is one offer of the kind `calendar`; of a date that it leaves out nothing is known.
 */
export interface FareCalendar {
  /** Dates that one call may carry. */
  questionsPerCall: number;
  /** It prices round trips alone. */
  isOfRoundTrips?: boolean;
  /** How many calls these take, all of one route. Absent: as many as they fill. */
  callsFor?(questions: readonly FareQuestion[]): number;
  /** As a provider's: one answer a question, in order. */
  ask: FareProvider['ask'];
}

/** All that a calendar tells of a date. */
export const calendarOffer = (price: Money): FareOffer => ({
  key: '',
  price,
  priceKind: 'calendar',
  carriers: [],
  stops: null,
  durationMinutes: null,
  departsAt: null,
});

/** What identifies flights, whoever sells them: the operating carrier's number and the local date of each leg. */
export function offerKey(slices: { carrier: string; number: string; date: string }[][]): string {
  const legOf = ({ carrier, number, date }: { carrier: string; number: string; date: string }) =>
    `${carrier}${number.replace(/^0+(?=.)/, '')}@${date}`;
  return slices.map((legs) => legs.map(legOf).join('+')).join('/');
}

/** Who or what a question is, as text: the same for the same question, whoever asks it. */
export function questionKey({ origin, destination, departDate, returnDate, cabin, party }: FareQuestion): string {
  const { adults, children, infantsOnLap, infantsInSeat } = party;
  return `${origin}-${destination} ${departDate} ${returnDate ?? '-'} ${cabin} ${adults}.${children}.${infantsOnLap}.${infantsInSeat}`;
}
