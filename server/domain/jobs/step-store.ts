import type { Pool } from 'pg';
import type { Outcome } from '../../../shared/jobs.ts';
import type { Verdict } from '../../../shared/price.ts';
import { arrayLiteral } from '../../platform/postgres/array-literal.ts';
import { withRetries } from '../../platform/postgres/transaction.ts';
import type { PriceKind } from '../providers/fare-provider.ts';
import type { Combination } from './job-plan.ts';

/** Nobody else takes a step of whoever was heard of in this time. */
export const leaseMs = 10_000;

export interface ClaimedStep {
  job: number;
  no: number;
  provider: string;
  first: number;
  last: number;
  attempts: number;
  losses: number;
  waits: number;
  fence: number;
  planVersion: number;
}

/** What a combination came to; of what was found, the cheapest offer. */
export interface StepResult {
  combination: Combination;
  outcome: Outcome;
  reason: string | null;
  detail: string | null;
  price: number | null;
  currency: string | null;
  kind: PriceKind | null;
  carriers: string | null;
  stops: number | null;
  minutes: number | null;
  offers: number;
  verdict: Verdict;
}

/** `kept` goes on; `again` is another attempt after `ms`, `later` only a wait; `back` gives it back. */
export type StepEnd = { kind: 'kept' | 'done' | 'back' } | { kind: 'again' | 'later'; ms: number };

/** A job as storing a step left it. */
export interface StoredJob {
  id: string;
  status: string;
  stored: number;
}

const claimSql = `
  select provider, first, last, attempts, losses, waits, fence, plan_version as "planVersion" from claim_step($1, $2, $3)`;
const storeSql = `
  select id, status, stored
  from store_step($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
    $24, $25)`;
const storedSql = 'select position from job_result where job = $1 and position >= $2 and position < $3';
const renewSql = `
  update job_step s set lease_until = now() + ${leaseMs} * interval '1 millisecond'
  from unnest($1::int[], $2::int[], $3::int[]) u (job, no, fence)
  where s.job = u.job and s.no = u.no and s.fence = u.fence and s.is_open and s.lease_until is not null
  returning s.job, s.no`;

/** The record of steps, as a worker uses it. Migration 0009 has the functions. */
export class StepStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Undefined: it is not open, not due, or in other hands. */
  async claim(job: number, no: number): Promise<ClaimedStep | undefined> {
    const { rows } = await this.#pool.query<Omit<ClaimedStep, 'job' | 'no'>>({
      name: 'claim-step',
      text: claimSql,
      values: [job, no, leaseMs],
    });
    return rows[0] && { job, no, ...rows[0] };
  }

  /** Positions of a step that have their result. */
  async stored({ job, first, last }: ClaimedStep): Promise<Set<number>> {
    const { rows } = await this.#pool.query<{ position: number }>(storedSql, [job, first, last]);
    return new Set(rows.map((row) => row.position));
  }

  /** Stores what was learnt. Undefined: the step is no longer ours, and nothing has happened. */
  async store(
    step: ClaimedStep,
    results: StepResult[],
    end: StepEnd,
    how: { asked: number; tookMs: number; at: string; isLost: boolean },
  ): Promise<StoredJob | undefined> {
    const list = <T extends string | number | null>(of: (each: StepResult) => T): string =>
      arrayLiteral(results.map(of));
    // Words of others; where there are none, the cheap way.
    const texts = (of: (each: StepResult) => string | null) =>
      results.some((each) => of(each) !== null) ? results.map(of) : list(() => null);
    const values = [
      step.job,
      step.no,
      step.fence,
      end.kind,
      'ms' in end ? Math.ceil(end.ms) : leaseMs,
      how.isLost,
      how.asked,
      Math.ceil(how.tookMs),
      list((each) => each.combination.position),
      list((each) => each.combination.origin),
      list((each) => each.combination.destination),
      list((each) => each.combination.departDate),
      list((each) => each.combination.returnDate),
      list((each) => each.outcome),
      texts((each) => each.reason),
      texts((each) => each.detail),
      list((each) => each.price),
      list((each) => each.currency),
      list((each) => each.kind),
      list((each) => each.carriers),
      list((each) => each.stops),
      list((each) => each.minutes),
      list((each) => each.offers),
      list((each) => each.verdict),
      how.at,
    ];
    try {
      const { rows } = await withRetries(() =>
        this.#pool.query<StoredJob>({ name: 'store-step', text: storeSql, values }),
      );
      return rows[0];
    } catch (error) {
      // It ended while we were asking: by its target price.
      if (error instanceof Error && error.message === 'the job is over') return undefined;
      throw error;
    }
  }

  /** Says that we are still at them. Answers those that are still ours, as `JOB-NO`. */
  async renew(steps: ClaimedStep[]): Promise<Set<string>> {
    const { rows } = await this.#pool.query<{ job: number; no: number }>(renewSql, [
      steps.map((each) => each.job),
      steps.map((each) => each.no),
      steps.map((each) => each.fence),
    ]);
    return new Set(rows.map((row) => `${row.job}-${row.no}`));
  }
}
