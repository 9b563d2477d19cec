import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { newId } from '../../../shared/ids.ts';
import { moneySchema } from '../../../shared/money.ts';
import { backoffMs } from '../../platform/runtime/backoff.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { mockProvider, type PaymentEvent } from './payment-event.ts';
import { signWebhook } from './webhook-signature.ts';

export interface MockGatewaySettings {
  successRate: number;
  minDelayMs: number;
  maxDelayMs: number;
  /** The first of the webhook secrets. */
  secret: string;
  clock: Clock;
}

const paymentRequest = z.object({
  id: z.uuid(),
  bookingId: z.uuid(),
  amount: moneySchema,
  method: z.string().nullable(),
  callbackUrl: z.url(),
});

const bodyMaxBytes = 64 * 1024;
const deliveriesMax = 12;
const pendingMax = 100_000;

/**
 * A payment provider of our own, for demos, tests and load: an HTTP server apart from ours that
 * takes a payment on (202) and answers by signed webhook after a random delay.
 *
 * POST /payments { id, bookingId, amount, method, callbackUrl }, POST /refunds { id, … }.
 * Whether a payment succeeds is drawn from its id, so a payment that is sent again after a crash of
 * the gateway ends as it would have. `method: 'decline'` always fails, `method: 'approve'` never does.
 */
export async function startMockGateway(
  settings: MockGatewaySettings,
): Promise<{ url: string; pending: () => number; close(): Promise<void> }> {
  const stopping = new AbortController();
  const pending = new Map<string, Promise<void>>();

  const succeeds = ({ id, method }: z.infer<typeof paymentRequest>): boolean => {
    if (method === 'decline') return false;
    if (method === 'approve') return true;
    const draw = createHmac('sha256', 'mock-gateway').update(id).digest().readUInt32BE(0) / 2 ** 32;
    return draw < settings.successRate;
  };

  const settle = async (payment: z.infer<typeof paymentRequest>): Promise<void> => {
    const { minDelayMs, maxDelayMs, clock, secret } = settings;
    await clock.sleep(minDelayMs + Math.random() * (maxDelayMs - minDelayMs), stopping.signal);
    const event: PaymentEvent = {
      provider: mockProvider,
      id: newId(),
      type: succeeds(payment) ? 'payment.succeeded' : 'payment.failed',
      paymentId: payment.id,
      bookingId: payment.bookingId,
      ...payment.amount,
      at: new Date(clock.now()).toISOString(),
    };
    const body = JSON.stringify(event);
    for (let attempt = 0; attempt < deliveriesMax && !stopping.signal.aborted; attempt++) {
      try {
        const response = await fetch(payment.callbackUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'airside-signature': signWebhook(secret, body, clock.now()) },
          body,
          signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(10_000)]),
        });
        await response.arrayBuffer();
        if (response.ok) return;
      } catch {
        // Not delivered; again later.
      }
      await clock.sleep(backoffMs(attempt, 100, 5_000), stopping.signal);
    }
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(400);
      response.end();
    });
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    if (request.method === 'POST' && request.url === '/payments') {
      const payment = paymentRequest.parse(body);
      if (pending.size >= pendingMax) return void response.writeHead(503).end();
      if (!pending.has(payment.id)) {
        pending.set(
          payment.id,
          settle(payment).finally(() => pending.delete(payment.id)),
        );
      }
      return void response.writeHead(202).end();
    }
    if (request.method === 'POST' && request.url === '/refunds') return void response.writeHead(200).end();
    response.writeHead(404).end();
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pending: () => pending.size,
    close: async () => {
      stopping.abort();
      await Promise.allSettled(pending.values());
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyMaxBytes) throw new Error('too large');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}
