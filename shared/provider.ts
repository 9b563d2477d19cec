import * as z from 'zod';
import { cabinClassSchema } from './flight.ts';
import type { Money } from './money.ts';
import { placeCodeSchema } from './place.ts';
import { dateSchema, type Instant } from './times.ts';

/** How one fare question was answered: found, proved empty, or one of the reasons why nothing is known. */
export const answerClasses = [
  'found',
  'empty',
  'blocked',
  'rate_limited',
  'malformed',
  'timed_out',
  'unavailable',
  'unsupported',
  'partial',
  'not_asked',
] as const;
export type AnswerClass = (typeof answerClasses)[number];

/** `open`: the provider is left alone for a while after failures in a row; `half_open`: one call tries. */
export type BreakerState = 'closed' | 'open' | 'half_open';

/** What all processes together have seen since they started. */
export interface ProviderHealthView {
  calls: number;
  /** Answers by class; absent: none. */
  answers: Partial<Record<AnswerClass, number>>;
  /** Of the newest calls. Null before the first. */
  latencyMs: { p50: number | null; p95: number | null };
  breaker: BreakerState;
  lastAnswer: { at: Instant; class: AnswerClass } | null;
  lastTrouble: { at: Instant; class: AnswerClass; detail: string } | null;
}

export interface ProviderView {
  name: string;
  roundTrip: boolean;
  questionsPerCall: number;
  budget: {
    /** Null: not limited. */
    requestsPerWindow: number | null;
    windowMs: number;
    concurrency: number;
    /** In the present window, over all processes. Null: not limited. */
    requestsLeft: number | null;
  };
  health: ProviderHealthView;
  canary: CanaryView | null;
}

/** A question whose answer shows whether the provider still works, and what came of it last. */
export interface CanaryView {
  route: string;
  departDate: string;
  /** Null before the first run. */
  last: { at: Instant; class: AnswerClass; isHealthy: boolean; detail: string; tookMs: number } | null;
}

export const askProvidersInput = z.object({
  origin: placeCodeSchema,
  destination: placeCodeSchema,
  departDate: dateSchema,
  returnDate: dateSchema.optional(),
  cabin: cabinClassSchema.default('economy'),
  adults: z.int().min(1).max(9).default(1),
  /** All that are on, unless named. */
  providers: z.array(z.string().min(1).max(40)).min(1).max(10).optional(),
});
export type AskProvidersInput = z.infer<typeof askProvidersInput>;

/** What each provider said, and their offers as one list: each way to travel once, cheapest first. */
export interface AskProvidersView {
  answers: { provider: string; class: AnswerClass; detail: string; offers: number }[];
  offers: {
    key: string;
    price: Money;
    priceKind: string;
    providers: string[];
    carriers: string[];
    stops: number | null;
    durationMinutes: number | null;
    departsAt: string | null;
  }[];
}

export const canaryInput = z.object({ provider: z.string().min(1).max(40) });
