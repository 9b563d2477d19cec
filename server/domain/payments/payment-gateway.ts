import type { IncomingHttpHeaders } from 'node:http';
import type { Money } from '../../../shared/money.ts';
import type { Failure } from '../../platform/runtime/failure.ts';
import type { PaymentEvent } from './payment-event.ts';

/** Money to collect. The id is ours, and the provider's key for all that is asked about it. */
export interface PaymentOrder {
  id: string;
  bookingId: string;
  amount: Money;
  /** A short word of the payer's choice; what it means is the provider's business. */
  method: string | null;
}

/** Money to give back: of one payment, at most what was captured. */
export interface RefundOrder {
  id: string;
  paymentId: string;
  bookingId: string;
  amount: Money;
}

/**
 * What selling needs of a payment provider.
 *
 * Every call may be repeated, also while the first is under way: the ids are ours, and a repeat is
 * the same request. A call that rejects is made again later; `GatewayRefusal` says that the provider
 * is well and does not want to. The signal ends a call that took too long.
 *
 * Calls answer what is known by then. Mostly that is nothing (`[]`) and the rest comes by webhook;
 * what the answer tells already need not wait for it. The same event may come both ways.
 */
export interface PaymentGateway {
  /** Its name in the record and in the webhook's path: at most 20 of a–z, 0–9 and dashes. */
  readonly name: string;
  /** Asks the provider to authorise or collect. Resolves when it has taken the request on. */
  submit(payment: PaymentOrder, signal: AbortSignal): Promise<PaymentEvent[]>;
  /** Collects what was authorised. */
  capture(payment: PaymentOrder, signal: AbortSignal): Promise<PaymentEvent[]>;
  /** Gives up what was authorised. `[]`: done. Otherwise it could not be, for this happened before. */
  void(payment: PaymentOrder, signal: AbortSignal): Promise<PaymentEvent[]>;
  /** Gives money back. Resolves when the provider has accepted it for good. */
  refund(refund: RefundOrder, signal: AbortSignal): Promise<void>;
  /** What became of a payment; `unknown` when the provider has never heard of it. */
  look(payment: PaymentOrder, signal: AbortSignal): Promise<PaymentEvent[] | 'unknown'>;
  /**
   * Checks the signature of a webhook and reads its body. Throws UNAUTHENTICATED when the signature
   * does not fit or is too old, INVALID_INPUT when the body is none.
   */
  parseWebhook(headers: IncomingHttpHeaders, rawBody: Buffer, nowMs: number): Webhook;
}

export interface Webhook {
  events: (PaymentEvent | UnreadableEvent)[];
  /** Whether they came as a list, and want an answer each. */
  isList: boolean;
}

/** One member of a list that is no event; the others still are. */
export interface UnreadableEvent {
  id: string | null;
  failure: Failure;
}

/** By the name of the provider, as the record has it. */
export type PaymentGateways = Readonly<Record<string, PaymentGateway>>;

/** The provider understood and declined; it is not failing. */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal';
}
