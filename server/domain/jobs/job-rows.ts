import type { JobAction, JobAsk, JobStatus, JobView } from '../../../shared/jobs.ts';
import { type Money, money } from '../../../shared/money.ts';
import type { Queryable } from '../../platform/postgres/transaction.ts';
import { refuse } from '../../platform/runtime/failure.ts';
import { axesOf, type JobPlan } from './job-plan.ts';
import type { JobsRoom } from './jobs-room.ts';

const instant = (column: string): string => `to_char(j.${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

export const jobColumns = `j.no, j.id, j.actor, encode(j.body_hash, 'hex') as "bodyHash", j.status, j.priority,
  j.providers, j.ask, j.plan, j.plan_version as "planVersion", j.total, j.done, j.found, j.empty, j.unknown, j.offers,
  j.open_steps as "openSteps", j.checkpoints, j.recoveries, j.best_amount::float8 as "bestAmount",
  j.best_currency as "bestCurrency", j.stop_amount::float8 as "stopAmount", j.stop_currency as "stopCurrency",
  j.repeat_hours as "repeatHours", j.repeat_times as "repeatTimes", j.reason, j.version,
  ${instant('created_at')} as "createdAt", ${instant('started_at')} as "startedAt",
  ${instant('finished_at')} as "finishedAt", ${instant('last_checkpoint_at')} as "lastCheckpointAt"`;

/** A job as it is read: amounts as numbers, instants as text. */
export interface JobRow {
  no: number;
  id: string;
  actor: string;
  bodyHash: string;
  status: JobStatus;
  priority: number;
  providers: string[];
  ask: JobAsk;
  plan: JobPlan;
  planVersion: number;
  total: number;
  done: number;
  found: number;
  empty: number;
  unknown: number;
  offers: number;
  openSteps: number;
  checkpoints: number;
  recoveries: number;
  bestAmount: number | null;
  bestCurrency: string | null;
  stopAmount: number | null;
  stopCurrency: string | null;
  repeatHours: number | null;
  repeatTimes: number | null;
  reason: string | null;
  version: number;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  lastCheckpointAt: string | null;
}

export const isOver = (status: JobStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';

function actionsOf(status: JobStatus): JobAction[] {
  switch (status) {
    case 'pending':
    case 'running':
      return ['pause', 'cancel', 'edit', 'clone', 'remove'];
    case 'paused':
      return ['resume', 'cancel', 'edit', 'clone', 'remove'];
    case 'completed':
    case 'failed':
    case 'cancelled':
      return ['clone', 'remove'];
  }
}

const moneyOf = (amount: number | null, currency: string | null): Money | null =>
  amount === null || currency === null ? null : money(amount, currency);

export function jobViewOf(row: JobRow): JobView {
  return {
    id: row.id,
    status: row.status,
    total: row.total,
    done: row.done,
    found: row.found,
    empty: row.empty,
    unknown: row.unknown,
    offers: row.offers,
    bestPrice: moneyOf(row.bestAmount, row.bestCurrency),
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    lastCheckpointAt: row.lastCheckpointAt,
    version: row.version,
    reason: row.reason,
    priority: row.priority,
    providers: row.providers,
    stopAtPrice: moneyOf(row.stopAmount, row.stopCurrency),
    repeat: row.repeatHours && row.repeatTimes ? { everyHours: row.repeatHours, times: row.repeatTimes } : null,
    recoveries: row.recoveries,
    availableActions: actionsOf(row.status),
    ask: {
      ...axesOf(row.plan),
      cabin: row.ask.cabin,
      passengers: row.ask.passengers,
      shortlist: row.ask.shortlist ?? null,
      simulator: row.ask.simulator ?? null,
    },
  };
}

const readSql = `select ${jobColumns} from job j where j.id = $1 and j.removed_at is null`;

/** The caller's own job. Fails: NOT_FOUND, for somebody else's as for one that does not exist. */
export async function readOwnJob(
  room: Pick<JobsRoom, 'pool'>,
  actor: string,
  id: string,
  tx?: Queryable,
): Promise<JobRow> {
  const { rows } = await (tx ?? room.pool).query<JobRow>(readSql, [id]);
  const row = rows[0];
  if (!row || row.actor !== actor) throw refuse('NOT_FOUND', { reason: 'no such job', jobId: id });
  return row;
}
