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
    cabin: p.integer().fieldName('cabin_id').primary(),
    /** The cabin's version after the movement. */
    version: p.integer(),
    booking: p.uuid().fieldName('booking_id').primary(),
    kind: p.enum(movementKinds).primary(),
    attempt: p.smallint().default(0).primary(),
    dHeld: p.integer(),
    dSold: p.integer(),
    at: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
});
export class Ledger extends LedgerSchema.class {}
LedgerSchema.setClass(Ledger);
