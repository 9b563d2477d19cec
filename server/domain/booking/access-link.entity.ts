import { defineEntity, p } from '@mikro-orm/core';

const AccessLinkSchema = defineEntity({
  name: 'AccessLink',
  tableName: 'access_link',
  properties: {
    /** SHA-256 of the code that was mailed. */
    digest: p.blob().primary(),
    bookingId: p.uuid(),
    expiresAt: p.datetime().columnType('timestamptz(3)'),
    /** It opens once. */
    usedAt: p.datetime().columnType('timestamptz(3)').nullable(),
  },
});
export class AccessLink extends AccessLinkSchema.class {}
AccessLinkSchema.setClass(AccessLink);
