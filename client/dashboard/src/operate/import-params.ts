import * as z from 'zod';
import { changeKinds } from '../../../../shared/schedule-import.ts';

export const importParams = z.object({
  /** The import that is shown. */
  id: z.uuid().optional().catch(undefined),
  /** Of its changes only these, or those that hit bookings. */
  show: z
    .enum([...changeKinds, 'hit'])
    .optional()
    .catch(undefined),
});
