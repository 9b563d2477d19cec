import { defineEntity, p } from '@mikro-orm/core';

/** One row: the position in the log after which everything is still there. What lies before it may have been pruned. */
const LogHorizonSchema = defineEntity({
  name: 'LogHorizon',
  tableName: 'log_horizon',
  properties: {
    one: p.smallint().primary().autoincrement(false).default(1),
    xid: p.string().columnType('xid8').defaultRaw(`'0'`),
    id: p.bigint('number').defaultRaw('0'),
  },
  checks: [{ name: 'log_horizon_one_ck', expression: 'one = 1' }],
});
export class LogHorizon extends LogHorizonSchema.class {}
LogHorizonSchema.setClass(LogHorizon);
