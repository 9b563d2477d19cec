import { defineEntity, p } from '@mikro-orm/core';

const UserSchema = defineEntity({
  name: 'User',
  tableName: 'app_user',
  properties: {
    id: p.uuid().primary(),
    role: p.enum(['traveller', 'operator'] as const),
    /** A guest has neither address nor password. */
    email: p.string().length(254).nullable(),
    name: p.string().length(120).nullable(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  uniques: [{ name: 'app_user_email_uq', properties: ['email'] }],
});
export class User extends UserSchema.class {}
UserSchema.setClass(User);
