import * as z from 'zod';
import { bookingStatuses } from '../../../../shared/booking.ts';

export const bookingsParams = z.object({ status: z.enum(bookingStatuses).optional().catch(undefined) });
