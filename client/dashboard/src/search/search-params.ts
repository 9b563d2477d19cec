import * as z from 'zod';
import { cabinClassSchema, flightSorts } from '../../../../shared/flight.ts';
import { itinerarySorts } from '../../../../shared/itinerary.ts';
import { limits } from '../../../../shared/limits.ts';
import { dateSchema } from '../../../../shared/times.ts';

const code = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .optional()
  .catch(undefined);
const list = z.array(z.string().max(30)).max(50).optional().catch(undefined);

export const partsOfDay = ['night', 'morning', 'afternoon', 'evening'] as const;
export type PartOfDay = (typeof partsOfDay)[number];

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
  carriers: list,
  alliances: list,
  depart: z.enum(partsOfDay).optional().catch(undefined),
});
export type SearchParams = z.infer<typeof searchParams>;

/** A flight of a trip behind the first. */
export type NextFlight = NonNullable<SearchParams['more']>[number];
