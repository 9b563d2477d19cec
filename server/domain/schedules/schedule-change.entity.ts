import { defineEntity, p } from '@mikro-orm/core';
import { changeKinds, changeOutcomes } from '../../../shared/schedule-import.ts';
import { ScheduleImport } from './schedule-import.entity.ts';

/** One change of one flight by an import. `outcome` is null until it was tried; `before` is what undoing restores. */
const ScheduleChangeSchema = defineEntity({
  name: 'ScheduleChange',
  tableName: 'schedule_change',
  properties: {
    import: () =>
      p
        .manyToOne(ScheduleImport)
        .fieldName('import_id')
        .mapToPk()
        .primary()
        .deleteRule('cascade')
        .updateRule('no action'),
    position: p.integer().primary(),
    kind: p.enum(changeKinds),
    flightId: p.uuid(),
    line: p.integer().nullable(),
    /** The flight's version that the plan saw, and the one that applying left. */
    version: p.integer().nullable(),
    appliedVersion: p.integer().nullable(),
    before: p.json().nullable(),
    wanted: p.json().nullable(),
    bookings: p.integer().default(0),
    seats: p.integer().default(0),
    outcome: p.enum(changeOutcomes).nullable(),
    reason: p.text().nullable(),
    appliedAt: p.datetime().columnType('timestamptz(3)').nullable(),
  },
});
export class ScheduleChange extends ScheduleChangeSchema.class {}
ScheduleChangeSchema.setClass(ScheduleChange);
