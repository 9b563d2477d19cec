import * as z from 'zod';
import { cabinClassSchema } from '../../../../shared/flight.ts';
import { limits } from '../../../../shared/limits.ts';

/** What the address of a flight's page says beside the flight. */
export const flightParams = z.object({
  cabin: cabinClassSchema.optional().catch(undefined),
  seats: z.int().min(1).max(limits.seatsPerBooking).optional().catch(undefined),
});
