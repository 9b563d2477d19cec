import { defineEntity, p } from '@mikro-orm/core';

/** One commit of a step: which positions it added. `n` has no gap, so results are followed by it; its times tell the rate. */
const JobCheckpointSchema = defineEntity({
  name: 'JobCheckpoint',
  tableName: 'job_checkpoint',
  properties: {
    job: p.integer().primary(),
    n: p.integer().primary(),
    provider: p.string().length(20),
    positions: p.json().$type<number[]>(),
    /** How many the provider was asked for; the others were known. */
    asked: p.integer(),
    tookMs: p.integer(),
    at: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  indexes: [{ name: 'job_checkpoint_rate_idx', properties: ['provider', 'at'], where: '(asked > 0)' }],
});
export class JobCheckpoint extends JobCheckpointSchema.class {}
JobCheckpointSchema.setClass(JobCheckpoint);
