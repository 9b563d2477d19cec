import * as z from 'zod';
import { cabinClassSchema, flightSorts } from '../../../../shared/flight.ts';
import { limits } from '../../../../shared/limits.ts';
import { dateSchema } from '../../../../shared/times.ts';

const code = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .optional()
  .catch(undefined);

/** What the address of the search page says. A value that does not fit counts as absent. */
export const searchParams = z.object({
  from: code,
  to: code,
  date: dateSchema.optional().catch(undefined),
  seats: z.int().min(1).max(limits.seatsPerBooking).optional().catch(undefined),
  cabin: cabinClassSchema.optional().catch(undefined),
  sort: z.enum(flightSorts).optional().catch(undefined),
});
export type SearchParams = z.infer<typeof searchParams>;
