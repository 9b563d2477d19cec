import { defineEntity, p } from '@mikro-orm/core';
import { outcomes } from '../../../shared/jobs.ts';

/** What one combination came to, written once. Of what was found, the cheapest offer of the whole party. */
const JobResultSchema = defineEntity({
  name: 'JobResult',
  tableName: 'job_result',
  properties: {
    job: p.integer().primary(),
    /** In the job's plan. */
    position: p.integer().primary(),
    origin: p.string().length(3),
    destination: p.string().length(3),
    departDate: p.date(),
    returnDate: p.date().nullable(),
    provider: p.string().length(20),
    outcome: p.enum(outcomes),
    reason: p.text().nullable(),
    detail: p.text().nullable(),
    priceAmount: p.bigint('number').nullable(),
    priceCurrency: p.string().length(3).nullable(),
    priceKind: p.string().length(16).nullable(),
    /** With blanks between. */
    carriers: p.text().nullable(),
    stops: p.smallint().nullable(),
    durationMinutes: p.integer().nullable(),
    offers: p.smallint().default(0),
    verdict: p.string().length(8).default('unknown'),
    observedAt: p.datetime().columnType('timestamptz(3)'),
  },
  indexes: [{ name: 'job_result_price_idx', properties: ['job', 'priceAmount', 'position'] }],
});
export class JobResult extends JobResultSchema.class {}
JobResultSchema.setClass(JobResult);
