import type { PaymentEvent } from '../../server/domain/payments/payment-event.ts';
import { mockProvider } from '../../server/domain/payments/payment-event.ts';
import type { Random } from './random.ts';
import { demand } from './violation.ts';

export interface ProviderPayment {
  id: string;
  bookingId: string;
  amount: number;
  currency: string;
  phase: 'taken' | 'failed' | 'authorised' | 'captured' | 'voided';
  /** Phases to come, in this order, unless somebody captures or voids first. */
  course: ('failed' | 'authorised' | 'captured')[];
  refunded: number;
}

/** What a provider did in a history: mostly it approves. */
export interface Temper {
  declines: number;
  authorises: number;
  /** A decline that turns into a success, because the payer tried another card. */
  changesItsMind: number;
}

const told = { failed: 'payment.failed', authorised: 'payment.authorised', captured: 'payment.succeeded' } as const;

/**
 * A payment provider with a ledger of its own. It knows a request by its id, never loses money, and
 * tells of it when and as often as `deliver` pleases.
 */
export class Provider {
  readonly payments = new Map<string, ProviderPayment>();
  readonly #random: Random;
  #temper: Temper;
  readonly #tell: (event: PaymentEvent) => void;

  constructor(random: Random, temper: Temper, tell: (event: PaymentEvent) => void) {
    this.#random = random;
    this.#temper = temper;
    this.#tell = tell;
  }

  approveAll(): void {
    this.#temper = { declines: 0, authorises: 0, changesItsMind: 0 };
  }

  /** Takes a payment on. A repeat is a question: what is known is told again. */
  submit(request: { id: string; bookingId: string; amount: number; currency: string }): void {
    const known = this.payments.get(request.id);
    if (known) {
      if (known.course.length > 0) this.advance(known);
      else this.#tellOf(known);
      return;
    }
    const payment = this.#open(request);
    if (this.#random.chance(0.7)) this.advance(payment);
  }

  /** Somebody pays by a way that our record knows nothing of. */
  payUnasked(request: { id: string; bookingId: string; amount: number; currency: string }): void {
    this.advance(this.#open(request));
  }

  #open({ id, bookingId, amount, currency }: Parameters<Provider['submit']>[0]): ProviderPayment {
    const { declines, authorises, changesItsMind } = this.#temper;
    const approval: ProviderPayment['course'] = this.#random.chance(authorises) ? ['authorised'] : ['captured'];
    const declined = this.#random.chance(declines);
    const course: ProviderPayment['course'] = declined
      ? ['failed', ...(this.#random.chance(changesItsMind) ? approval : [])]
      : approval;
    const payment: ProviderPayment = { id, bookingId, amount, currency, phase: 'taken', course, refunded: 0 };
    this.payments.set(id, payment);
    return payment;
  }

  /** What the payer does next. Answers whether there was anything. */
  advance(payment: ProviderPayment): boolean {
    const next = payment.course.shift();
    if (!next || payment.phase === 'voided') return false;
    payment.phase = next;
    this.#tellOf(payment);
    return true;
  }

  capture(id: string): void {
    const payment = this.payments.get(id);
    if (payment?.phase === 'authorised') payment.phase = 'captured';
    if (payment) this.#tellOf(payment);
  }

  /** Answers whether the promise was given up; what was captured by then cannot be. */
  void(id: string): boolean {
    const payment = this.payments.get(id);
    if (payment?.phase === 'authorised') payment.phase = 'voided';
    if (payment?.phase === 'captured') this.#tellOf(payment);
    return payment?.phase !== 'captured';
  }

  /** Gives money back, once for each payment however often it is asked. */
  refund(id: string, amount: number): void {
    const payment = this.payments.get(id);
    demand(
      payment?.phase === 'captured',
      'only captured money is given back',
      () => `payment ${id}: ${payment?.phase}`,
    );
    demand(
      amount <= payment.amount,
      'no more goes back than came',
      () => `payment ${id}: ${amount} of ${payment.amount}`,
    );
    demand(payment.refunded === 0 || payment.refunded === amount, 'one refund a payment', () => `payment ${id}`);
    payment.refunded = amount;
  }

  #tellOf(payment: ProviderPayment): void {
    if (payment.phase === 'taken' || payment.phase === 'voided') return;
    this.#tell({
      provider: mockProvider,
      id: `${payment.phase}-${payment.id}`,
      type: told[payment.phase],
      paymentId: payment.id,
      bookingId: payment.bookingId,
      amount: payment.amount,
      currency: payment.currency,
      at: 0,
    });
  }
}
