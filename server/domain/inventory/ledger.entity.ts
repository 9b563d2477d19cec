import { defineEntity, p } from '@mikro-orm/core';

const movementKinds = ['hold', 'confirm', 'release', 'retake', 'return', 'repair'] as const;
export type MovementKind = (typeof movementKinds)[number];

/**
 * Append-only: one row a seat movement. The cabin's counters must equal its sums at every snapshot.
 * It has no foreign keys (22 µs a hold); the auditor checks what they would.
 */
const LedgerSchema = defineEntity({
  name: 'Ledger',
  tableName: 'ledger',
  properties: {
    id: p.bigint('number').primary(),
    cabin: p.integer().fieldName('cabin_id'),
    /** The cabin's version after the movement. */
    version: p.integer(),
    booking: p.uuid().fieldName('booking_id'),
    kind: p.enum(movementKinds),
    attempt: p.smallint().default(0),
    dHeld: p.integer(),
    dSold: p.integer(),
    at: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  uniques: [{ name: 'ledger_once_uq', properties: ['booking', 'cabin', 'kind', 'attempt'] }],
  indexes: [{ name: 'ledger_cabin_idx', properties: ['cabin'] }],
});
export class Ledger extends LedgerSchema.class {}
LedgerSchema.setClass(Ledger);
