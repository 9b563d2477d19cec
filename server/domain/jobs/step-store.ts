import type { Pool } from 'pg';
import type { JobStatus } from '../../../shared/jobs.ts';
import { binaryArray } from '../../platform/postgres/binary-array.ts';
import { createLane, type Lane } from '../../platform/postgres/lane.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { columnTypes, type StepReport } from './step-report.ts';

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
  status: JobStatus;
  stored: number;
}

interface Told {
  step: ClaimedStep;
  report: StepReport;
  end: StepEnd;
  how: { asked: number; tookMs: number; at: string; isLost: boolean };
}

const claimSql = `
  select job, no, provider, first, last, attempts, losses, waits, fence, plan_version as "planVersion", done
  from claim_steps($1, $2, ${leaseMs})`;
const storeSql = 'select place, id, status, stored from store_steps($1, $2, $3, $4, $5, $6, $7, $8, $9)';
const renewSql = `
  update job_step s set lease_until = now() + ${leaseMs} * interval '1 millisecond'
  from unnest($1::int[], $2::int[], $3::int[]) u (job, no, fence)
  where s.job = u.job and s.no = u.no and s.fence = u.fence and s.is_open and s.lease_until is not null
  returning s.job, s.no`;

/** Steps of one transaction: a job's row is taken once for all of them. */
const batchMax = 32;

/**
 * The record of steps, as a worker uses it: what comes while Postgres is busy with the last call goes together in the
 * next one. Migrations 0015 and 0018 have the functions.
 */
export class StepStore {
  readonly #pool: Pool;
  readonly #claims: Lane<{ job: number; no: number }, ClaimedStep | undefined>;
  readonly #stores: Lane<Told, StoredJob | undefined>;

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
    this.#stores = createLane<Told, StoredJob | undefined>({
      ...common,
      name: 'store-steps',
      keysOf: ({ step }) => stepKeys(step),
      call: async (_, told) => {
        const { rows } = await pool.query<StoredJob & { place: number }>({
          name: 'store-steps',
          text: storeSql,
          values: storeValues(told),
        });
        const outcomes: (StoredJob | undefined)[] = told.map(() => undefined);
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
  store(step: ClaimedStep, report: StepReport, end: StepEnd, how: Told['how']): Promise<StoredJob | undefined> {
    return this.#stores.send({ step, report, end, how });
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

/** What `store_steps` takes: the reports, and the columns of all of them one after the other. */
function storeValues(told: Told[]): unknown[] {
  let rows = 0;
  const reports = told.map(({ step, report, end, how }, place) => {
    const from_row = rows + 1;
    rows += report.size;
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
      ...report.summary(),
      from_row,
      to_row: rows,
    };
  });
  const columns = Object.keys(columnTypes) as (keyof typeof columnTypes)[];
  return [
    JSON.stringify(reports),
    ...columns.map((name) =>
      binaryArray(
        columnTypes[name],
        told.map(({ report }) => report.columns[name]),
      ),
    ),
  ];
}
