import { defineEntity, p } from '@mikro-orm/core';

const UserSchema = defineEntity({
  name: 'User',
  tableName: 'app_user',
  properties: {
    id: p.uuid().primary(),
    role: p.enum(['traveller', 'operator'] as const),
    /** A guest has neither address nor password. Lower case. */
    email: p.string().length(254).nullable(),
    name: p.string().length(120).nullable(),
    /** argon2id as a PHC string. */
    password: p.text().nullable().hidden(),
    /** Tokens issued up to then are over. */
    signedOutAt: p.datetime().columnType('timestamptz(3)').nullable(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  uniques: [{ name: 'app_user_email_uq', properties: ['email'] }],
  checks: [{ name: 'app_user_email_ck', expression: 'email = lower(email)' }],
});
export class User extends UserSchema.class {}
UserSchema.setClass(User);
