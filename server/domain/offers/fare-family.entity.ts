import { defineEntity, p } from '@mikro-orm/core';
import type { Fare } from '../../../shared/fare.ts';

/** The brands of a cabin, cheapest first. Never changed: other brands are another family. */
const FareFamilySchema = defineEntity({
  name: 'FareFamily',
  tableName: 'fare_family',
  properties: {
    id: p.integer().primary(),
    /** SHA-256 of the brands' text. */
    digest: p.blob(),
    brands: p.json().$type<Fare[]>(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  checks: [{ name: 'fare_family_brands_ck', expression: `jsonb_typeof(brands) = 'array'` }],
  uniques: [{ name: 'fare_family_digest_uq', properties: ['digest'] }],
});
export class FareFamily extends FareFamilySchema.class {}
FareFamilySchema.setClass(FareFamily);
