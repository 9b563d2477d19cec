import { defineEntity, p } from '@mikro-orm/core';
import { Carrier } from '../places/carrier.entity.ts';
import { Place } from '../places/place.entity.ts';

const wallTime = "'^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]$'";

/**
 * One dated flight (one leg). Wall times are text as on the airport's wall; the instants beside them
 * are what is compared with a clock. `version` rises only by operator edits.
 */
const FlightSchema = defineEntity({
  name: 'Flight',
  tableName: 'flight',
  properties: {
    id: p.uuid().primary(),
    carrier: () =>
      p.manyToOne(Carrier).fieldName('carrier').mapToPk().length(2).deleteRule('restrict').updateRule('no action'),
    number: p.string().length(5),
    origin: () =>
      p.manyToOne(Place).fieldName('origin').mapToPk().length(3).deleteRule('restrict').updateRule('no action'),
    destination: () =>
      p.manyToOne(Place).fieldName('destination').mapToPk().length(3).deleteRule('restrict').updateRule('no action'),
    departsAt: p.string().length(16),
    arrivesAt: p.string().length(16),
    departureDate: p.string().length(10).generated('("left"((departs_at)::text, 10)) stored').nullable(),
    departsAtUtc: p.datetime().columnType('timestamptz(0)'),
    arrivesAtUtc: p.datetime().columnType('timestamptz(0)'),
    state: p.enum(['open', 'closed', 'cancelled'] as const).default('open'),
    version: p.integer().version(),
    /** SHA-256 of the creating request, so that a repeat with the same id is told from another request. */
    createdBy: p.blob().nullable(),
    createdAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz(3)').defaultRaw('now()'),
    /** Of industry timetables, where they are known. */
    originTerminal: p.string().length(2).nullable(),
    destinationTerminal: p.string().length(2).nullable(),
    aircraft: p.string().length(3).nullable(),
    serviceType: p.string().length(1).nullable(),
  },
  checks: [
    { name: 'flight_number_ck', expression: `number ~ '^[0-9]{1,4}[A-Z]?$'` },
    { name: 'flight_departs_at_ck', expression: `departs_at ~ ${wallTime}` },
    { name: 'flight_arrives_at_ck', expression: `arrives_at ~ ${wallTime}` },
    { name: 'flight_times_ck', expression: 'arrives_at_utc > departs_at_utc' },
    { name: 'flight_route_ck', expression: 'origin <> destination' },
  ],
  indexes: [
    {
      // All that search.flights shows of a flight, so that it is answered from the index alone.
      name: 'flight_market_idx',
      properties: ['origin', 'destination', 'departureDate', 'departsAtUtc', 'id'],
      include: ['carrier', 'number', 'departsAt', 'arrivesAt', 'arrivesAtUtc', 'state', 'version'],
    },
    { name: 'flight_designator_idx', properties: ['carrier', 'number', 'departureDate', 'origin'] },
    { name: 'flight_departure_idx', properties: ['departureDate', 'id'] },
  ],
});
export class Flight extends FlightSchema.class {}
FlightSchema.setClass(Flight);
