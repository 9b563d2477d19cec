import { defineEntity, p } from '@mikro-orm/core';
import { importStatuses } from '../../../shared/schedule-import.ts';

/**
 * A timetable that was read and compared with the record: reading → planned → applying → applied → rolling_back → rolled_back.
 * `done` of its `changes` have gone the way that the status says.
 */
const ScheduleImportSchema = defineEntity({
  name: 'ScheduleImport',
  tableName: 'schedule_import',
  properties: {
    id: p.uuid().primary(),
    format: p.enum(['csv', 'bts', 'ssim'] as const),
    fileName: p.string().length(200).nullable(),
    status: p.enum(importStatuses).default('reading'),
    accepted: p.integer().default(0),
    unchanged: p.integer().default(0),
    changes: p.integer().default(0),
    done: p.integer().default(0),
    findings: p.json(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    appliedAt: p.datetime().columnType('timestamptz(3)').nullable(),
    rolledBackAt: p.datetime().columnType('timestamptz(3)').nullable(),
  },
  checks: [{ name: 'schedule_import_done_ck', expression: 'done >= 0 and done <= changes' }],
  indexes: [{ name: 'schedule_import_created_idx', properties: ['createdAt', 'id'] }],
});
export class ScheduleImport extends ScheduleImportSchema.class {}
ScheduleImportSchema.setClass(ScheduleImport);
