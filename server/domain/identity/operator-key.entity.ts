import { defineEntity, p } from '@mikro-orm/core';
import type { OperatorScope } from '../../../shared/identity.ts';

const OperatorKeySchema = defineEntity({
  name: 'OperatorKey',
  tableName: 'operator_key',
  properties: {
    id: p.uuid().primary(),
    name: p.string().length(80),
    /** SHA-256 of the whole key. */
    digest: p.blob(),
    scopes: p.array().$type<OperatorScope[]>(),
    /** Addresses and networks from which it may be used; null: from anywhere. */
    addresses: p.array().$type<string[]>().nullable(),
    expiresAt: p.datetime().columnType('timestamptz(3)').nullable(),
    revokedAt: p.datetime().columnType('timestamptz(3)').nullable(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  uniques: [{ name: 'operator_key_digest_uq', properties: ['digest'] }],
});
export class OperatorKey extends OperatorKeySchema.class {}
OperatorKeySchema.setClass(OperatorKey);
