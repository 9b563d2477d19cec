import { defineEntity, p } from '@mikro-orm/core';
import { cabinClasses } from '../../../shared/flight.ts';
import { tripKinds } from '../../../shared/price.ts';

/**
 * What one departure date cost on one day: the day's cheapest price and its newest, for one adult, by
 * provider. One row however often it was seen.
 */
const PriceObservationSchema = defineEntity({
  name: 'PriceObservation',
  tableName: 'price_observation',
  properties: {
    origin: p.string().length(3).primary(),
    destination: p.string().length(3).primary(),
    cabin: p.enum(cabinClasses).primary(),
    trip: p.enum(tripKinds).primary(),
    departDate: p.string().columnType('date').primary(),
    observedOn: p.string().columnType('date').primary(),
    provider: p.string().length(40).primary(),
    currency: p.string().length(3).primary(),
    leastAmount: p.bigint('number'),
    latestAmount: p.bigint('number'),
    samples: p.integer(),
    latestAt: p.datetime().columnType('timestamptz(3)'),
  },
  checks: [{ name: 'price_observation_amount_ck', expression: 'least_amount >= 0 and latest_amount >= least_amount' }],
  indexes: [{ name: 'price_observation_latest_idx', properties: ['latestAt'] }],
});
export class PriceObservation extends PriceObservationSchema.class {}
PriceObservationSchema.setClass(PriceObservation);
