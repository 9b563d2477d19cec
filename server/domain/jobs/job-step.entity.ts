import { defineEntity, p } from '@mikro-orm/core';

/**
 * A batch of combinations at one provider: the positions from `first` to before `last` of the job's plan. What is left
 * of it are those that are not done.
 */
const JobStepSchema = defineEntity({
  name: 'JobStep',
  tableName: 'job_step',
  properties: {
    job: p.integer().primary(),
    no: p.integer().primary(),
    provider: p.string().length(20),
    first: p.integer(),
    last: p.integer(),
    /** A bit a position from `first` on: which have their result. Null: none has. */
    done: p.string().columnType('varbit').nullable(),
    isOpen: p.boolean().default(true),
    /** Times that it ended with answers that are worth asking for again. */
    attempts: p.smallint().default(0),
    /** Times in a row that whoever had it stored nothing and was not heard of again. */
    losses: p.smallint().default(0),
    /** Times that it was put off because nobody could be asked. */
    waits: p.smallint().default(0),
    /** Rises with whoever takes it: nobody stores anything with an older one. */
    fence: p.integer().default(0),
    dueAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    /** Put in the queue; put there again when nobody took it for a while. */
    offeredAt: p.datetime().columnType('timestamptz(3)').nullable(),
    leaseUntil: p.datetime().columnType('timestamptz(3)').nullable(),
  },
  checks: [{ name: 'job_step_range_ck', expression: 'first < last' }],
  indexes: [{ name: 'job_step_open_idx', properties: ['job', 'provider', 'no'], where: 'is_open' }],
});
export class JobStep extends JobStepSchema.class {}
JobStepSchema.setClass(JobStep);
