import { defineEntity, p } from '@mikro-orm/core';
import { type Passenger as PassengerView, passengerTypes } from '../../../shared/booking.ts';

const PassengerSchema = defineEntity({
  name: 'Passenger',
  tableName: 'passenger',
  properties: {
    booking: p.uuid().fieldName('booking_id').primary(),
    position: p.smallint().primary(),
    type: p.enum(passengerTypes),
    givenName: p.string().length(60),
    familyName: p.string().length(60),
    bornOn: p.string().length(10).nullable(),
    document: p.json().$type<NonNullable<PassengerView['document']>>().nullable(),
  },
});
export class Passenger extends PassengerSchema.class {}
PassengerSchema.setClass(Passenger);
