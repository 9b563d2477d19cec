import { defineEntity, p } from '@mikro-orm/core';

/** In-doubt fence: the first act of a batch is to write its id here (lane.ts says what for). */
const BatchSchema = defineEntity({
  name: 'Batch',
  tableName: 'batch',
  properties: {
    id: p.uuid().primary(),
    at: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  indexes: [{ name: 'batch_at_idx', properties: ['at'] }],
});
export class Batch extends BatchSchema.class {}
BatchSchema.setClass(Batch);
