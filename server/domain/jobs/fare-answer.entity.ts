import { defineEntity, p } from '@mikro-orm/core';
import type { FareAnswer as Answer } from '../providers/fare-provider.ts';

/** What a provider answered, for every job of everybody that asks the same while it is fresh. */
const FareAnswerSchema = defineEntity({
  name: 'FareAnswer',
  tableName: 'fare_answer',
  properties: {
    provider: p.string().length(20).primary(),
    question: p.text().primary(),
    answer: p.json().$type<Answer>(),
    observedAt: p.datetime().columnType('timestamptz(3)'),
    freshUntil: p.datetime().columnType('timestamptz(3)'),
  },
  indexes: [{ name: 'fare_answer_fresh_idx', properties: ['freshUntil'] }],
});
export class FareAnswer extends FareAnswerSchema.class {}
FareAnswerSchema.setClass(FareAnswer);
