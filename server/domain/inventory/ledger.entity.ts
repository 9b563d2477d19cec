import { defineEntity, p } from '@mikro-orm/core';

const moveKinds = ['confirm', 'release', 'retake', 'return', 'repair'] as const;
export type MovementKind = 'hold' | (typeof moveKinds)[number];

// The ledger is append-only and read as one by the view `ledger`: a row a booking, cabin and movement. A cabin's counters
// must equal its sums at every snapshot. It has no foreign keys (22 µs a hold); the auditor checks what they would.

/** What one call has held in a cabin: bookings and their seats side by side. */
const LedgerHoldSchema = defineEntity({
  name: 'LedgerHold',
  tableName: 'ledger_hold',
  properties: {
    cabin: p.integer().fieldName('cabin_id').primary(),
    /** The cabin's version after the call. */
    version: p.integer().primary(),
    at: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    bookings: p.array().columnType('uuid[]'),
    seats: p.array().columnType('int2[]'),
  },
  checks: [{ name: 'ledger_hold_lists_ck', expression: 'cardinality(bookings) = cardinality(seats)' }],
});
export class LedgerHold extends LedgerHoldSchema.class {}
LedgerHoldSchema.setClass(LedgerHold);

/** What became of it later. */
const LedgerMoveSchema = defineEntity({
  name: 'LedgerMove',
  tableName: 'ledger_move',
  properties: {
    cabin: p.integer().fieldName('cabin_id').primary(),
    /** The cabin's version after the movement. */
    version: p.integer(),
    booking: p.uuid().fieldName('booking_id').primary(),
    kind: p.enum(moveKinds).primary(),
    attempt: p.smallint().default(0).primary(),
    dHeld: p.integer(),
    dSold: p.integer(),
    at: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
});
export class LedgerMove extends LedgerMoveSchema.class {}
LedgerMoveSchema.setClass(LedgerMove);
