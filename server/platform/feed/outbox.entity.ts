import { defineEntity, p } from '@mikro-orm/core';

/**
 * The log's table: what happened, written in the transaction that made it happen.
 *
 * Ids are drawn before commit, so they can gap and become visible out of order. Readers therefore
 * go by (xid, id) and read only rows whose transaction is older than every running one. That pair is
 * also the key, so an entry costs one index and a second one for its subject. What is rare has a third one.
 */
const OutboxSchema = defineEntity({
  name: 'Outbox',
  tableName: 'outbox',
  properties: {
    xid: p.string().columnType('xid8').primary().defaultRaw('pg_current_xact_id()'),
    id: p.bigint('number').primary().autoincrement(),
    type: p.string().length(60),
    /** What it is about; `version` orders the entries of one subject. */
    subject: p.uuid().nullable(),
    version: p.integer().nullable(),
    data: p.json().columnType('json').$type<Record<string, unknown>>(),
    /** Written one by one (`writeLog`): every process follows these, and reads none of what is written by the batch. */
    rare: p.boolean().default(false),
    at: p.datetime().columnType('timestamptz(3)').defaultRaw('clock_timestamp()'),
  },
  indexes: [
    { name: 'outbox_subject_idx', properties: ['subject', 'version'], where: 'subject is not null' },
    { name: 'outbox_rare_idx', properties: ['xid', 'id'], where: 'rare' },
  ],
});
export class Outbox extends OutboxSchema.class {}
OutboxSchema.setClass(Outbox);
