import * as z from 'zod';
import { idSchema } from '../../../shared/ids.ts';
import { moneySchema } from '../../../shared/money.ts';

export const mockProvider = 'mock';

/** What the gateway tells by webhook, after its signature was checked. */
export const paymentEventSchema = z.object({
  provider: z.string().max(20).default(mockProvider),
  id: z.string().regex(/^[!-~]{1,100}$/, 'printable characters'),
  type: z.enum(['payment.authorised', 'payment.succeeded', 'payment.failed']),
  paymentId: idSchema,
  bookingId: idSchema,
  amount: moneySchema.shape.amount,
  currency: moneySchema.shape.currency,
  at: z.union([z.iso.datetime({ offset: true }), z.number()]),
});
export type PaymentEvent = z.infer<typeof paymentEventSchema>;
