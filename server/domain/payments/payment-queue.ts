import type { PaymentOrder, RefundOrder } from './payment-gateway.ts';

export type PaymentTodo = 'submit' | 'capture' | 'void' | 'look';

export interface DuePayment extends PaymentOrder {
  provider: string;
  todo: PaymentTodo;
  /** Calls that were claimed before this one. */
  calls: number;
}

export interface DueRefund extends RefundOrder {
  provider: string;
}

/**
 * What is to be asked of providers. A claim is a change of the row that is committed before the call
 * (it is due again later, unless an event settles it first), so a crash in between only means that
 * the call is made again, and two claims at once never get the same row.
 *
 * `except` names providers that are not to be called now; their rows stay as they are.
 */
export interface PaymentQueue {
  claimPayments(limit: number, except?: readonly string[]): Promise<DuePayment[]>;
  claimRefunds(limit: number, except?: readonly string[]): Promise<DueRefund[]>;
  /** The authorisation was given up: `voiding → voided`. */
  voided(paymentId: string): Promise<void>;
}

/** After so many calls without an end nobody is asked any more, and an operator must look. */
export const callsMax = 60;

/**
 * A payment that was submitted before is looked up first: its callback may be lost, and asking costs
 * less than collecting twice where a provider is not as idempotent as it says.
 */
export function todoOf(status: string, calls: number): PaymentTodo {
  if (status === 'authorised') return 'capture';
  if (status === 'voiding') return 'void';
  return calls === 0 ? 'submit' : 'look';
}
