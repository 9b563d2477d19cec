import { defineEntity, p } from '@mikro-orm/core';

/**
 * Whom to look at when: bookings that a batch has held for the same time. The row goes when none of
 * them is open any more, so there are never more than a sweep behind now and the longest hold.
 */
const HoldDeadlineSchema = defineEntity({
  name: 'HoldDeadline',
  tableName: 'hold_deadline',
  properties: {
    at: p.datetime().columnType('timestamptz(3)').primary(),
    batch: p.uuid().primary(),
    bookings: p.array().columnType('uuid[]'),
  },
});
export class HoldDeadline extends HoldDeadlineSchema.class {}
HoldDeadlineSchema.setClass(HoldDeadline);
