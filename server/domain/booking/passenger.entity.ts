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
  checks: [
    { name: 'passenger_born_on_ck', expression: `born_on ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'` },
  ],
});
export class Passenger extends PassengerSchema.class {}
PassengerSchema.setClass(Passenger);
