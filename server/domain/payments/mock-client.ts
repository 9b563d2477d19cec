import * as z from 'zod';
import type { HttpClient } from '../../platform/http/http-client.ts';
import { parseSignedWebhook } from './parse-signed-webhook.ts';
import { mockProvider, type PaymentEvent, paymentEventSchema } from './payment-event.ts';
import { GatewayRefusal, type PaymentGateway, type PaymentOrder } from './payment-gateway.ts';

const stateSchema = z.object({ event: paymentEventSchema.nullable() });

/** The adapter of the mock gateway: plain HTTP and signed webhooks, as to any provider. */
export function createMockClient(options: {
  http: HttpClient;
  /** Where the gateway is. Asked at each call: it may start after us. */
  baseUrl: () => string;
  /** Where it is to call back. */
  callbackUrl: () => string;
  /** All verify. */
  secrets: readonly string[];
}): PaymentGateway {
  const { http, baseUrl, callbackUrl, secrets } = options;

  const call = async (
    method: 'GET' | 'POST',
    path: string,
    body: unknown,
    signal: AbortSignal,
    accepted: readonly number[],
  ): Promise<{ status: number; events: PaymentEvent[] }> => {
    const answer = await http.send(`${baseUrl().replace(/\/$/, '')}${path}`, {
      method,
      signal,
      ...(body === undefined
        ? undefined
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const { status } = answer;
    if (!accepted.includes(status)) {
      // Too many requests and time-outs are failures of the provider; other 4xx are its answer.
      const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
      throw new (isRefusal ? GatewayRefusal : Error)(`the gateway answered ${method} ${path} with ${status}`);
    }
    const { data } = stateSchema.safeParse(JSON.parse(answer.body.toString()));
    return { status, events: data?.event ? [{ ...data.event, provider: mockProvider }] : [] };
  };
  const orderOf = ({ id, bookingId, amount, method }: PaymentOrder) => ({
    id,
    bookingId,
    amount,
    method,
    callbackUrl: callbackUrl(),
  });

  return {
    name: mockProvider,
    submit: async (payment, signal) => (await call('POST', '/payments', orderOf(payment), signal, [202])).events,
    capture: async (payment, signal) =>
      (await call('POST', `/payments/${payment.id}/capture`, orderOf(payment), signal, [200])).events,
    void: async (payment, signal) => {
      const path = `/payments/${payment.id}/void`;
      const { status, events } = await call('POST', path, orderOf(payment), signal, [200, 409]);
      return status === 409 ? events : [];
    },
    refund: async ({ id, paymentId, bookingId, amount }, signal) => {
      await call('POST', '/refunds', { id, paymentId, bookingId, amount }, signal, [200]);
    },
    look: async ({ id }, signal) => {
      const { status, events } = await call('GET', `/payments/${id}`, undefined, signal, [200, 404]);
      return status === 404 ? 'unknown' : events;
    },
    parseWebhook: (headers, rawBody, nowMs) => parseSignedWebhook(mockProvider, secrets, headers, rawBody, nowMs),
  };
}
