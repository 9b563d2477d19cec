import * as z from 'zod';
import { dateSchema } from '../../../../shared/times.ts';

const code = z
  .string()
  .regex(/^[A-Z]{3}$/)
  .optional()
  .catch(undefined);

export const boardParams = z.object({
  from: code,
  to: code,
  date: dateSchema.optional().catch(undefined),
  /** The flight whose drawer is open, or `new`. */
  edit: z.string().max(40).optional().catch(undefined),
});
