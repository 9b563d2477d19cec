import { defineEntity, p } from '@mikro-orm/core';
import { cabinClasses } from '../../../shared/flight.ts';

/** One leg of a booking: so many seats of one cabin. All legs of a booking share its status. */
const BookingLegSchema = defineEntity({
  name: 'BookingLeg',
  tableName: 'booking_leg',
  properties: {
    booking: p.uuid().fieldName('booking_id').primary(),
    position: p.smallint().primary(),
    flight: p.uuid().fieldName('flight_id'),
    cabinId: p.integer(),
    cabin: p.enum(cabinClasses),
    quantity: p.smallint(),
    /** One seat on this leg, as agreed. */
    priceAmount: p.bigint('number'),
  },
  checks: [{ name: 'booking_leg_quantity_ck', expression: 'quantity >= 1 and quantity <= 9' }],
  indexes: [{ name: 'booking_leg_cabin_idx', properties: ['cabinId'] }],
});
export class BookingLeg extends BookingLegSchema.class {}
BookingLegSchema.setClass(BookingLeg);
