import { signWebhook } from '../../server/domain/payments/webhook-signature.ts';
import { newId } from '../../shared/ids.ts';
import { webhookSecret } from './open-stage.ts';

/** Whether the server's webhook reads a list of payment events: one about a booking that does not exist does no harm. */
export async function takesEventsTogether(url: string): Promise<boolean> {
  const event = { id: newId(), type: 'payment.succeeded', paymentId: newId(), bookingId: newId(), at: Date.now() };
  const body = JSON.stringify([{ ...event, amount: 1, currency: 'USD' }]);
  const response = await fetch(`${url}/webhooks/payments/mock`, {
    method: 'POST',
    headers: { 'airside-signature': signWebhook(webhookSecret, body, Date.now()) },
    body,
  });
  await response.arrayBuffer();
  return response.ok;
}
