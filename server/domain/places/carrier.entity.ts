import { defineEntity, p } from '@mikro-orm/core';
import { alliances } from '../../../shared/place.ts';

const CarrierSchema = defineEntity({
  name: 'Carrier',
  tableName: 'carrier',
  properties: {
    code: p.string().length(2).primary(),
    name: p.text(),
    alliance: p.enum(alliances).nullable(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  checks: [{ name: 'carrier_code_ck', expression: `code ~ '^([A-Z][A-Z0-9]|[0-9][A-Z])$'` }],
});
export class Carrier extends CarrierSchema.class {}
CarrierSchema.setClass(Carrier);
