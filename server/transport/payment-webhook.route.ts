import type { IncomingMessage, ServerResponse } from 'node:http';
import { applyPaymentEvent } from '../domain/booking/apply-payment-event.ts';
import { paymentEventSchema } from '../domain/payments/payment-event.ts';
import { verifyWebhook } from '../domain/payments/webhook-signature.ts';
import { refuse } from '../platform/runtime/failure.ts';
import type { Rooms } from './context.ts';

export interface WebhookSettings {
  /** The first signs, all verify. */
  secrets: string[];
}

const bodyMaxBytes = 64 * 1024;

/** `POST /webhooks/payments/mock`: signature over the raw body, then the effect; 2xx only after its commit. */
export function paymentWebhook(rooms: Rooms, settings: WebhookSettings) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    receive(request).then(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end('{"received":true}'),
      (error) => {
        const failure = rooms.failureOf(error);
        const status =
          failure.code === 'UNAUTHENTICATED'
            ? 401
            : failure.code === 'INVALID_INPUT'
              ? 400
              : failure.code === 'NOT_FOUND'
                ? 404
                : 500;
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify({ failure: failure.view }));
      },
    );
  };

  async function receive(request: IncomingMessage): Promise<void> {
    if (request.method !== 'POST') throw refuse('INVALID_INPUT', { issues: [{ path: [], message: 'POST only' }] });
    const raw = await readRaw(request);
    const header = request.headers['airside-signature'];
    const now = rooms.inventory.clock.now();
    if (!verifyWebhook(settings.secrets, Array.isArray(header) ? header[0] : header, raw, now)) {
      throw refuse('UNAUTHENTICATED', { reason: 'the signature does not fit' });
    }
    await applyPaymentEvent(rooms.booking, paymentEventSchema.parse(jsonOf(raw)));
  }
}

function jsonOf(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString());
  } catch {
    throw refuse('INVALID_INPUT', { issues: [{ path: [], message: 'not JSON' }] });
  }
}

async function readRaw(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyMaxBytes)
      throw refuse('INVALID_INPUT', { issues: [{ path: [], message: 'the body is too large' }] });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
