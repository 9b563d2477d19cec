import { signWebhook } from '../../server/domain/payments/webhook-signature.ts';
import { webhookSecret } from './open-stage.ts';

/** Whether the server's webhook reads a list of payment events; an empty one does no harm. */
export async function takesEventsTogether(url: string): Promise<boolean> {
  const body = '[]';
  const response = await fetch(`${url}/webhooks/payments/mock`, {
    method: 'POST',
    headers: { 'airside-signature': signWebhook(webhookSecret, body, Date.now()) },
    body,
  });
  await response.arrayBuffer();
  return response.ok;
}
