import { defineEntity, p } from '@mikro-orm/core';

/** One a user: the subject under which the log tells of fired alerts, and the number of the newest. */
const AlertInboxSchema = defineEntity({
  name: 'AlertInbox',
  tableName: 'alert_inbox',
  properties: {
    actor: p.uuid().primary(),
    subject: p.uuid(),
    version: p.integer().default(0),
  },
  uniques: [{ name: 'alert_inbox_subject_uq', properties: ['subject'] }],
});
export class AlertInbox extends AlertInboxSchema.class {}
AlertInboxSchema.setClass(AlertInbox);
