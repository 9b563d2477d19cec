import type { Pool } from 'pg';
import type { Verdict } from '../../../shared/price.ts';
import type { Feed } from '../../platform/feed/feed.ts';
import type { RequestBudget } from '../../platform/queue/request-budget.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { ErrorReporter } from '../../platform/telemetry/error-reporter.ts';
import type { Metrics } from '../operations/metrics.ts';
import type { PlaceDirectory } from '../places/place-directory.ts';
import type { Judged } from '../prices/judge-prices.ts';
import type { FareProvider, FareQuestion } from '../providers/fare-provider.ts';
import type { JobWatchers } from './job-watchers.ts';

/** Told to every process; each may be missed. */
export interface JobHint {
  /** Jobs whose numbers or state moved. */
  moved?: string[];
  /** Jobs whose steps in hand are to be given up: paused, cancelled, edited, removed. */
  stopped?: number[];
  /** There are steps to do. */
  work?: true;
}

/** What the commands of this room call. Built once, in app.ts. */
export interface JobsRoom {
  pool: Pool;
  feed: Feed;
  clock: Clock;
  places: PlaceDirectory;
  metrics: Pick<Metrics, 'jobStepsTotal' | 'jobOutcomesTotal' | 'jobStepSeconds'>;
  report: ErrorReporter;
  /** Those that are on, by name. */
  providers: Record<string, FareProvider>;
  /** The slots of a provider's requests, by its name. */
  budgetOf(provider: string): RequestBudget;
  watchers: JobWatchers;
  announce(hint: JobHint): void;
  /** What the cheapest offer of each answer is worth, in order. */
  judge(provider: string, questions: readonly FareQuestion[], answers: readonly Judged[]): Promise<Verdict[]>;
  settings: {
    /** Combinations of a step. */
    batchSize: number;
    /** Attempts after the first, of what may still be answered. */
    maxRetries: number;
    /** Steps at once in a process, of each provider. */
    concurrency: number;
    /** Open jobs that one may have; null: any number. */
    openJobsMax: number | null;
  };
}
