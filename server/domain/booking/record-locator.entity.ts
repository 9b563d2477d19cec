import { defineEntity, p } from '@mikro-orm/core';

/** Which record locator is whose; the booking has it, too, to be shown. */
const RecordLocatorSchema = defineEntity({
  name: 'RecordLocator',
  tableName: 'record_locator',
  properties: {
    code: p.string().length(6).primary(),
    booking: p.uuid().fieldName('booking_id'),
  },
  checks: [{ name: 'record_locator_code_ck', expression: `code ~ '^[A-HJ-NP-Z2-9]{6}$'` }],
});
export class RecordLocator extends RecordLocatorSchema.class {}
RecordLocatorSchema.setClass(RecordLocator);
