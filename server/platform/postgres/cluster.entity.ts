import { defineEntity, p } from '@mikro-orm/core';

/**
 * Which database this is. `id` separates the Redis keys of two databases that share one Redis;
 * `epoch` rises whenever the database may have gone back in time (restored from a backup), so that
 * (epoch, version) orders everything that is published.
 */
const ClusterSchema = defineEntity({
  name: 'Cluster',
  tableName: 'cluster',
  properties: {
    one: p.smallint().primary().autoincrement(false).default(1),
    id: p.uuid().defaultRaw('gen_random_uuid()'),
    epoch: p.integer().default(1),
    /** The last departure date that the demo timetable was loaded for. */
    demoUntil: p.string().length(10).nullable(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  checks: [
    { name: 'cluster_demo_until_ck', expression: `demo_until ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'` },
    { name: 'cluster_one_ck', expression: 'one = 1' },
  ],
});
export class Cluster extends ClusterSchema.class {}
ClusterSchema.setClass(Cluster);
