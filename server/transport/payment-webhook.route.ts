import type { IncomingMessage, ServerResponse } from 'node:http';
import { applyPaymentEvent } from '../domain/booking/apply-payment-event.ts';
import type { PaymentEvent } from '../domain/payments/payment-event.ts';
import type { PaymentGateways, UnreadableEvent } from '../domain/payments/payment-gateway.ts';
import { type Failure, invalidInput, refuse } from '../platform/runtime/failure.ts';
import type { Rooms } from './context.ts';

export interface WebhookSettings {
  gateways: PaymentGateways;
}

/** What became of one event, as the status that it would have been answered with alone. */
interface EventResult {
  id: string | null;
  status: number;
  failure?: Failure['view'];
}

export const webhookPath = '/webhooks/payments/';

const bodyMaxBytes = 64 * 1024;

/**
 * `POST /webhooks/payments/<provider>`: the adapter's check of the signature over the raw body, then
 * the effects; 2xx only after their commit.
 *
 * A single event is answered with its own status. A list is answered `{ received, results }`, 2xx
 * when each of its events has taken effect or never will, otherwise 500: then those with a status of
 * 500 and above are to be sent again.
 */
export function paymentWebhook(rooms: Rooms, settings: WebhookSettings) {
  return (request: IncomingMessage, response: ServerResponse, provider: string): void => {
    receive(request, provider).then(
      ({ status, body }) => answer(response, status, body),
      (error) => {
        const failure = rooms.failureOf(error);
        answer(response, statusOf(failure), { failure: failure.view });
      },
    );
  };

  async function receive(request: IncomingMessage, provider: string): Promise<{ status: number; body: unknown }> {
    const gateway = Object.hasOwn(settings.gateways, provider) ? settings.gateways[provider] : undefined;
    if (!gateway) throw refuse('NOT_FOUND', { reason: 'no such provider' });
    if (request.method !== 'POST') throw invalidInput([], 'POST only');
    const raw = await readRaw(request);
    const { events, isList } = gateway.parseWebhook(request.headers, raw, rooms.inventory.clock.now());
    // At once, so that they travel to the record in one batch.
    const results = await Promise.all(events.map(take));
    if (isList) {
      const received = results.every(({ status }) => status < 500);
      return { status: received ? 200 : 500, body: { received, results } };
    }
    const [only] = results;
    return only?.failure
      ? { status: only.status, body: { failure: only.failure } }
      : { status: 200, body: { received: true } };
  }

  async function take(event: PaymentEvent | UnreadableEvent): Promise<EventResult> {
    try {
      if ('failure' in event) throw event.failure;
      await applyPaymentEvent(rooms.booking, event);
      return { id: event.id, status: 200 };
    } catch (error) {
      const failure = rooms.failureOf(error);
      return { id: event.id, status: statusOf(failure), failure: failure.view };
    }
  }
}

function statusOf({ code }: Failure): number {
  switch (code) {
    case 'UNAUTHENTICATED':
      return 401;
    case 'INVALID_INPUT':
      return 400;
    case 'NOT_FOUND':
      return 404;
    default:
      return 500;
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readRaw(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyMaxBytes) throw invalidInput([], 'the body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
