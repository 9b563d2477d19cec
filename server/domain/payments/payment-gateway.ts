import type { Money } from '../../../shared/money.ts';

/**
 * What selling needs of a payment provider. Every call may be repeated: the ids are ours, and the
 * provider must treat a repeat as the same request. Results of payments come by signed webhook only.
 * A call that rejects is tried again later.
 */
export interface PaymentGateway {
  /** Asks the provider to collect. Resolves when it has taken the request on, not when money has moved. */
  submitPayment(payment: { id: string; bookingId: string; amount: Money; method: string | null }): Promise<void>;
  /** Gives money back. Resolves when the provider has accepted it for good. */
  submitRefund(refund: { id: string; paymentId: string; amount: Money }): Promise<void>;
}

const callTimeoutMs = 10_000;

/** The client of the mock gateway: plain HTTP, as to any provider. */
export function createMockClient(baseUrl: string, callbackUrl: () => string): PaymentGateway {
  const post = async (path: string, body: unknown): Promise<void> => {
    const response = await fetch(new URL(path, baseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(callTimeoutMs),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
  };
  return {
    submitPayment: (payment) => post('/payments', { ...payment, callbackUrl: callbackUrl() }),
    submitRefund: (refund) => post('/refunds', refund),
  };
}
