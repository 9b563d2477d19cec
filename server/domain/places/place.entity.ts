import { defineEntity, p } from '@mikro-orm/core';

/** An airport, or a city that has several. */
const PlaceSchema = defineEntity({
  name: 'Place',
  tableName: 'place',
  properties: {
    code: p.string().length(3).primary(),
    kind: p.enum(['airport', 'city'] as const),
    name: p.text(),
    city: p.text(),
    /** The metropolitan code that an airport belongs to, where it differs from its own. */
    cityCode: p.string().length(3).nullable(),
    country: p.string().length(2),
    latitude: p.double(),
    longitude: p.double(),
    zone: p.text(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
  },
  checks: [
    { name: 'place_code_ck', expression: `code ~ '^[A-Z]{3}$'` },
    { name: 'place_city_code_ck', expression: `city_code ~ '^[A-Z]{3}$'` },
    { name: 'place_country_ck', expression: `country ~ '^[A-Z]{2}$'` },
    { name: 'place_latitude_ck', expression: 'latitude >= -90 and latitude <= 90' },
    { name: 'place_longitude_ck', expression: 'longitude >= -180 and longitude <= 180' },
  ],
});
export class Place extends PlaceSchema.class {}
PlaceSchema.setClass(Place);
