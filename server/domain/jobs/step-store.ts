import type { Pool } from 'pg';
import { createLane, type Lane } from '../../platform/postgres/lane.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { columnsOf, type StepResult } from './step-report.ts';

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
  /** A digit a position from `first` on: 1 has its result. Null: none has. */
  done: string | null;
}

/** `kept` goes on; `again` is another attempt after `ms`, `later` only a wait; `back` gives it back. */
export type StepEnd = { kind: 'kept' | 'done' | 'back' } | { kind: 'again' | 'later'; ms: number };

/** A job as storing a step left it. */
export interface StoredJob {
  id: string;
  status: string;
  stored: number;
}

interface Report {
  step: ClaimedStep;
  results: StepResult[];
  end: StepEnd;
  how: { asked: number; tookMs: number; at: string; isLost: boolean };
}

const claimSql = `
  select job, no, provider, first, last, attempts, losses, waits, fence, plan_version as "planVersion", done
  from claim_steps($1, $2, ${leaseMs})`;
const storeSql = 'select place, id, status, stored from store_steps($1)';
const renewSql = `
  update job_step s set lease_until = now() + ${leaseMs} * interval '1 millisecond'
  from unnest($1::int[], $2::int[], $3::int[]) u (job, no, fence)
  where s.job = u.job and s.no = u.no and s.fence = u.fence and s.is_open and s.lease_until is not null
  returning s.job, s.no`;

/** Steps of one transaction: a job's row is taken once for all of them. */
const batchMax = 32;

/**
 * The record of steps, as a worker uses it: what comes while Postgres is busy with the last call goes together in the
 * next one. Migration 0015 has the functions.
 */
export class StepStore {
  readonly #pool: Pool;
  readonly #claims: Lane<{ job: number; no: number }, ClaimedStep | undefined>;
  readonly #stores: Lane<Report, StoredJob | undefined>;

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    const common = { clock, batchMax };
    this.#claims = createLane<{ job: number; no: number }, ClaimedStep | undefined>({
      ...common,
      name: 'claim-steps',
      keysOf: stepKeys,
      call: async (_, wanted) => {
        const values = [wanted.map((each) => each.job), wanted.map((each) => each.no)];
        const { rows } = await pool.query<ClaimedStep>({ name: 'claim-steps', text: claimSql, values });
        const claimed = new Map(rows.map((row) => [`${row.job}-${row.no}`, row]));
        return { outcomes: wanted.map(({ job, no }) => claimed.get(`${job}-${no}`)) };
      },
    });
    this.#stores = createLane<Report, StoredJob | undefined>({
      ...common,
      name: 'store-steps',
      keysOf: ({ step }) => stepKeys(step),
      call: async (_, reports) => {
        const values = [JSON.stringify(reports.map(recordOf))];
        const { rows } = await pool.query<StoredJob & { place: number }>({
          name: 'store-steps',
          text: storeSql,
          values,
        });
        const outcomes: (StoredJob | undefined)[] = reports.map(() => undefined);
        for (const { place, ...job } of rows) outcomes[place] = job;
        return { outcomes };
      },
    });
  }

  /** Undefined: it is not open, not due, or in other hands. */
  claim(job: number, no: number): Promise<ClaimedStep | undefined> {
    return this.#claims.send({ job, no });
  }

  /** Stores what was learnt. Undefined: the step is no longer ours or its job is over, and nothing has happened. */
  store(step: ClaimedStep, results: StepResult[], end: StepEnd, how: Report['how']): Promise<StoredJob | undefined> {
    return this.#stores.send({ step, results, end, how });
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

const stepKeys = ({ job, no }: { job: number; no: number }): string[] => [`${job}-${no}`];

/** As `step_report` has it. */
function recordOf({ step, results, end, how }: Report, place: number) {
  return {
    place,
    job: step.job,
    no: step.no,
    fence: step.fence,
    ending: end.kind,
    ms: 'ms' in end ? Math.ceil(end.ms) : leaseMs,
    is_lost: how.isLost,
    asked: how.asked,
    took_ms: Math.ceil(how.tookMs),
    at: how.at,
    ...columnsOf(step, results),
  };
}
