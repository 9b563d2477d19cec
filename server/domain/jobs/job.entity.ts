import { defineEntity, p } from '@mikro-orm/core';
import { type JobAsk, jobStatuses } from '../../../shared/jobs.ts';
import type { JobPlan } from './job-plan.ts';

/**
 * A fare-search job. `id`, `actor` and `bodyHash` together are the memory of the request that made it; `no` is its short
 * name in the other tables. The counters are those of its results, moved by the transaction that stores them.
 */
const JobSchema = defineEntity({
  name: 'Job',
  tableName: 'job',
  properties: {
    no: p.integer().primary().autoincrement(),
    id: p.uuid(),
    actor: p.uuid(),
    bodyHash: p.blob(),
    status: p.enum(jobStatuses).default('pending'),
    priority: p.smallint().default(0),
    providers: p.json().$type<string[]>(),
    /** As it was created; `plan` is what is asked now. */
    ask: p.json().$type<JobAsk>(),
    plan: p.json().$type<JobPlan>(),
    planVersion: p.integer().default(1),
    total: p.integer(),
    done: p.integer().default(0),
    found: p.integer().default(0),
    empty: p.integer().default(0),
    unknown: p.integer().default(0),
    /** Of the unknown, those that nobody was asked for: their worker was lost again and again, or the provider is off. */
    lost: p.integer().default(0),
    offers: p.integer().default(0),
    openSteps: p.integer(),
    checkpoints: p.integer().default(0),
    recoveries: p.integer().default(0),
    bestAmount: p.bigint('number').nullable(),
    bestCurrency: p.string().length(3).nullable(),
    stopAmount: p.bigint('number').nullable(),
    stopCurrency: p.string().length(3).nullable(),
    repeatHours: p.smallint().nullable(),
    repeatTimes: p.smallint().nullable(),
    /** When the next one of the series is due. */
    repeatAt: p.datetime().columnType('timestamptz(3)').nullable(),
    reason: p.text().nullable(),
    /** Rises with each change of state; orders its entries in the log. */
    version: p.integer().default(1),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    startedAt: p.datetime().columnType('timestamptz(3)').nullable(),
    finishedAt: p.datetime().columnType('timestamptz(3)').nullable(),
    lastCheckpointAt: p.datetime().columnType('timestamptz(3)').nullable(),
    /** Nobody sees it any more; its rows go bit by bit. */
    removedAt: p.datetime().columnType('timestamptz(3)').nullable(),
  },
  checks: [
    {
      name: 'job_counts_ck',
      expression: '(done = ((found + empty) + unknown)) AND (done <= total) AND (open_steps >= 0)',
    },
  ],
  uniques: [{ name: 'job_id_uq', properties: ['id'] }],
  indexes: [
    { name: 'job_actor_idx', properties: ['actor', 'createdAt', 'id'] },
    {
      name: 'job_open_idx',
      properties: ['no'],
      where: `(status = ANY (ARRAY['pending'::text, 'running'::text]))`,
    },
    { name: 'job_repeat_idx', properties: ['repeatAt'], where: 'repeat_at is not null' },
    { name: 'job_removed_idx', properties: ['no'], where: 'removed_at is not null' },
  ],
});
export class Job extends JobSchema.class {}
JobSchema.setClass(Job);
