import { defineEntity, p } from '@mikro-orm/core';

/** One minimum connection time. `*` stands for any; without minutes such a connection must not be sold. */
const ConnectionTimeSchema = defineEntity({
  name: 'ConnectionTime',
  tableName: 'connection_time',
  properties: {
    arrivalAirport: p.string().length(3).primary(),
    departureAirport: p.string().length(3).primary(),
    arrivalTerminal: p.string().length(2).default('*').primary(),
    departureTerminal: p.string().length(2).default('*').primary(),
    status: p.string().length(2).default('*').primary(),
    arrivalCarrier: p.string().length(2).default('*').primary(),
    departureCarrier: p.string().length(2).default('*').primary(),
    minutes: p.smallint().nullable(),
  },
  checks: [
    { name: 'connection_time_minutes_ck', expression: 'minutes >= 0 and minutes <= 1440' },
    { name: 'connection_time_status_ck', expression: `status in ('*', 'DD', 'DI', 'ID', 'II')` },
  ],
});
export class ConnectionTime extends ConnectionTimeSchema.class {}
ConnectionTimeSchema.setClass(ConnectionTime);
