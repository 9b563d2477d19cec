import * as z from 'zod';
import { idSchema } from '../../../shared/ids.ts';
import { moneySchema } from '../../../shared/money.ts';

export const mockProvider = 'mock';

/** What a provider tells, as the contract has it on the wire. */
export const paymentEventSchema = z.object({
  id: z.string().regex(/^[!-~]{1,100}$/, 'printable characters'),
  type: z.enum(['payment.authorised', 'payment.succeeded', 'payment.failed']),
  paymentId: idSchema,
  bookingId: idSchema,
  amount: moneySchema.shape.amount,
  currency: moneySchema.shape.currency,
  at: z.union([z.iso.datetime({ offset: true }), z.number()]),
});

/**
 * Something that happened to a payment, believed: its signature was checked, or we asked ourselves.
 * `id` is the provider's and unique with `provider` (20 characters at most); that is the adapter's
 * own name and never read from a body, so that one provider cannot speak for another.
 */
export type PaymentEvent = z.infer<typeof paymentEventSchema> & { provider: string };
