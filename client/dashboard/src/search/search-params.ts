import * as z from 'zod';
import { cabinClassSchema, carrierCodeSchema, flightSorts } from '../../../../shared/flight.ts';
import { itinerarySorts } from '../../../../shared/itinerary.ts';
import { limits } from '../../../../shared/limits.ts';
import { moneySchema } from '../../../../shared/money.ts';
import { placeCodeSchema } from '../../../../shared/place.ts';
import { dateSchema } from '../../../../shared/times.ts';

const code = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .optional()
  .catch(undefined);
const listOf = (item: z.ZodType<string>) => z.array(item).min(1).max(50).optional().catch(undefined);

export const partsOfDay = ['night', 'morning', 'afternoon', 'evening'] as const;
export type PartOfDay = (typeof partsOfDay)[number];

export const layovers = ['short', 'unhurried', 'long'] as const;
export type Layover = (typeof layovers)[number];

/** What the address of the search page says. A value that does not fit counts as absent. */
export const searchParams = z.object({
  from: code,
  to: code,
  date: dateSchema.optional().catch(undefined),
  seats: z.int().min(1).max(limits.seatsPerBooking).optional().catch(undefined),
  cabin: cabinClassSchema.optional().catch(undefined),
  sort: z.enum(flightSorts).optional().catch(undefined),
  /** Absent: direct flights with live seats. */
  view: z.enum(['journeys', 'days', 'map']).optional().catch(undefined),
  /** Of a round trip. */
  back: dateSchema.optional().catch(undefined),
  /** Of a trip with more stays: the flights behind the first. One without a destination is not searched yet. */
  more: z
    .array(z.object({ from: code, to: code, date: dateSchema }))
    .max(limits.slicesPerSearch - 1)
    .optional()
    .catch(undefined),
  stops: z.int().min(0).max(2).optional().catch(undefined),
  /** The days around count, too. */
  flex: z.int().min(0).max(3).optional().catch(undefined),
  nearby: z.literal(100).optional().catch(undefined),
  order: z.enum(itinerarySorts).optional().catch(undefined),
  carriers: listOf(carrierCodeSchema),
  carriersOut: listOf(carrierCodeSchema),
  alliances: listOf(z.string().max(30)),
  depart: z.enum(partsOfDay).optional().catch(undefined),
  arrive: z.enum(partsOfDay).optional().catch(undefined),
  /** At most. */
  price: moneySchema.optional().catch(undefined),
  /** Minutes at most, of each slice. */
  duration: z.int().min(1).max(10_000).optional().catch(undefined),
  /** Where connections are: at one of these; at none of these. */
  via: listOf(placeCodeSchema),
  viaOut: listOf(placeCodeSchema),
  layover: z.enum(layovers).optional().catch(undefined),
  overnight: z.literal(false).optional().catch(undefined),
  airportChange: z.literal(true).optional().catch(undefined),
});
export type SearchParams = z.infer<typeof searchParams>;

/** A flight of a trip behind the first. */
export type NextFlight = NonNullable<SearchParams['more']>[number];
