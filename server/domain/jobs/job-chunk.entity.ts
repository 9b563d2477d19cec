import { defineEntity, p } from '@mikro-orm/core';

/**
 * What one commit of a step added, written once: a hundred combinations as columns, an element each, and apart from them
 * the few routes and the few kinds of answers that these name by their place (from 1). `n` has no gap, so results are
 * followed by it; its times tell the rate. The view `job_result` shows a row a combination.
 */
const JobChunkSchema = defineEntity({
  name: 'JobChunk',
  tableName: 'job_chunk',
  properties: {
    job: p.integer().primary(),
    n: p.integer().primary(),
    step: p.integer(),
    provider: p.string().length(20),
    /** How many the provider was asked for; the others were known. */
    asked: p.integer(),
    tookMs: p.integer(),
    at: p.datetime().columnType('timestamptz(3)'),
    /** Origin and destination in one word. */
    routes: p.array().columnType('text[]'),
    answerOutcome: p.array().columnType('text[]'),
    answerReason: p.array().columnType('text[]'),
    answerDetail: p.array().columnType('text[]'),
    answerCurrency: p.array().columnType('text[]'),
    answerKind: p.array().columnType('text[]'),
    /** With blanks between. */
    answerCarriers: p.array().columnType('text[]'),
    answerStops: p.array().columnType('int2[]'),
    answerVerdict: p.array().columnType('text[]'),
    /** In the job's plan. */
    position: p.array().columnType('int4[]'),
    route: p.array().columnType('int2[]'),
    /** Dates as days since 1970. */
    depart: p.array().columnType('int4[]'),
    back: p.array().columnType('int4[]'),
    answer: p.array().columnType('int2[]'),
    /** Of what was found, the cheapest offer of the whole party; how long it takes; how many there were. */
    price: p.array().columnType('int8[]'),
    minutes: p.array().columnType('int4[]'),
    offers: p.array().columnType('int2[]'),
  },
  checks: [
    {
      name: 'job_chunk_columns_ck',
      expression: `(((((((cardinality("position") > 0) AND (cardinality(route) = cardinality("position"))) AND (cardinality(depart) = cardinality("position"))) AND (cardinality(back) = cardinality("position"))) AND (cardinality(answer) = cardinality("position"))) AND (cardinality(price) = cardinality("position"))) AND (cardinality(minutes) = cardinality("position"))) AND (cardinality(offers) = cardinality("position"))`,
    },
    {
      name: 'job_chunk_outcome_ck',
      expression: `answer_outcome <@ ARRAY['found'::text, 'empty'::text, 'unknown'::text]`,
    },
  ],
  indexes: [
    { name: 'job_chunk_step_idx', properties: ['job', 'step'] },
    { name: 'job_chunk_rate_idx', properties: ['provider', 'at'], where: '(asked > 0)' },
  ],
});
export class JobChunk extends JobChunkSchema.class {}
JobChunkSchema.setClass(JobChunk);
