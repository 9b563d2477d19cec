import { createHttpClient } from '../../platform/http/http-client.ts';
import { type Clock, isoNow } from '../../platform/runtime/clock.ts';
import { createCallbackQueue } from './callback-queue.ts';
import { callbackOf, type MockLedger, type MockOrder, type MockPayment, openMockLedger } from './mock-ledger.ts';
import { type MockScript, scriptOf } from './mock-script.ts';
import type { RefundOrder } from './payment-gateway.ts';

export interface MockDeskSettings {
  successRate: number;
  minDelayMs: number;
  maxDelayMs: number;
  /** The first of the webhook secrets. */
  secret: string;
  clock: Clock;
  /** Where callbacks go, whatever the orders say. */
  callbackUrl?: string;
  /** Keeps what it knows in this file. */
  stateFile?: string;
  /**
   * It may have forgotten payments, or others may tell on its behalf: captures and refunds of payments
   * that it has not settled itself are believed. Otherwise they are refused.
   */
  isTrusting: boolean;
}

/** What the mock gateway does, without its HTTP. All of it may be repeated. */
export interface MockDesk {
  ledger: MockLedger;
  submit(order: MockOrder): Promise<MockPayment>;
  capture(order: MockOrder): Promise<MockPayment>;
  void(order: MockOrder): Promise<MockPayment>;
  refund(order: RefundOrder): Promise<void>;
  look(id: string): Promise<MockPayment>;
  /** Payments that are not decided and told yet. */
  pending(): number;
  close(): Promise<void>;
}

/** What is answered instead of a payment. */
export class MockRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const pendingMax = 100_000;
const earlyPatienceMs = 5_000;
const callbackConnections = 16;

/** Opens its memory and goes on with what it was about when it ended last. */
export async function openMockDesk(settings: MockDeskSettings): Promise<MockDesk> {
  const { clock, isTrusting } = settings;
  const stopping = new AbortController();
  const ledger = await openMockLedger(settings.stateFile);
  const http = createHttpClient(callbackConnections);
  const callbacks = createCallbackQueue({ http, secret: settings.secret, clock });
  const pending = new Map<string, Promise<void>>();
  const failedOnce = new Set<string>();

  const scriptFor = (payment: MockOrder) => scriptOf(payment, settings.successRate);
  const move = (payment: MockPayment, status: MockPayment['status']) => ledger.move(payment, status, isoNow(clock));

  /** Goes on with a payment in the background, one thing after the other. */
  const goOn = (payment: MockPayment, run: () => Promise<void>): Promise<void> => {
    const done: Promise<void> = (pending.get(payment.id) ?? Promise.resolve())
      .then(run)
      .catch(() => {
        // Its file cannot be written; whoever calls is told so.
      })
      .finally(() => {
        if (pending.get(payment.id) === done) pending.delete(payment.id);
      });
    pending.set(payment.id, done);
    return done;
  };

  const decideInTime = async (payment: MockPayment, script: MockScript): Promise<void> => {
    if (script.decided === 'when looked at') return;
    const { minDelayMs, maxDelayMs } = settings;
    const delayMs =
      script.decided === 'after the usual delay'
        ? minDelayMs + Math.random() * (maxDelayMs - minDelayMs)
        : script.decided.afterMs;
    if (delayMs > 0) await clock.sleep(delayMs, stopping.signal);
    if (stopping.signal.aborted || payment.status !== 'pending') return;
    move(payment, script.outcome);
    await tell(payment, script.told);
  };

  const tell = async (payment: MockPayment, how: MockScript['told']): Promise<void> => {
    const event = callbackOf(payment);
    if (!event || how === 'never') return;
    await ledger.saved();
    const url = settings.callbackUrl ?? payment.callbackUrl;
    const alone = { alone: how !== 'once' };
    const first = callbacks.send(url, event, alone);
    if (how === 'thrice') {
      await Promise.all([first, callbacks.send(url, event, alone)]);
      await callbacks.send(url, event, alone);
    }
    const isTaken = await first;
    if (how === 'then contradicted') {
      for (const status of ['failed', 'authorised'] as const) {
        const contradiction = callbackOf({ ...payment, status });
        if (contradiction) await callbacks.send(url, contradiction, alone);
      }
    }
    if (isTaken) ledger.noteTold(payment, event.id);
  };

  /** The first call of each kind about a flaky payment ends in a 500. */
  const failAtFirst = (kind: string, payment: MockOrder): void => {
    const key = `${kind} ${payment.id}`;
    if (!scriptFor(payment).isFlaky || failedOnce.has(key)) return;
    failedOnce.add(key);
    throw new MockRefusal(500, 'as asked for');
  };

  for (const payment of ledger.all()) {
    const script = scriptFor(payment);
    const event = callbackOf(payment);
    if (payment.status === 'pending') void goOn(payment, () => decideInTime(payment, script));
    else if (event && !payment.told.includes(event.id)) void goOn(payment, () => tell(payment, script.told));
  }

  return {
    ledger,
    submit: async (order) => {
      failAtFirst('submit', order);
      if (pending.size >= pendingMax) throw new MockRefusal(503, 'too much to do');
      const isNew = !ledger.get(order.id);
      const payment = ledger.accept(order, isoNow(clock));
      await ledger.saved();
      if (!isNew) return payment;
      const script = scriptFor(payment);
      const done = goOn(payment, () => decideInTime(payment, script));
      if (script.told === 'before the answer') {
        const told = new AbortController();
        await Promise.race([done, clock.sleep(earlyPatienceMs, told.signal)]);
        told.abort();
      }
      return payment;
    },
    capture: async (order) => {
      if (!isTrusting && !ledger.get(order.id)) throw new MockRefusal(404, 'no such payment');
      const payment = ledger.accept(order, isoNow(clock));
      if (payment.status === 'authorised' || (isTrusting && payment.status === 'pending')) {
        move(payment, 'succeeded');
        void goOn(payment, () => tell(payment, 'once'));
      }
      await ledger.saved();
      failAtFirst('capture', payment);
      return payment;
    },
    void: async (order) => {
      const payment = ledger.accept(order, isoNow(clock));
      if (payment.status === 'authorised' || payment.status === 'pending') move(payment, 'voided');
      await ledger.saved();
      failAtFirst('void', payment);
      return payment;
    },
    refund: async ({ id, paymentId, bookingId, amount }) => {
      let payment = ledger.get(paymentId);
      if (isTrusting && payment?.status !== 'succeeded') {
        const believed = { id: paymentId, bookingId, amount, method: null, callbackUrl: 'http://nobody' };
        payment ??= ledger.accept(believed, isoNow(clock));
        move(payment, 'succeeded');
      }
      if (!payment) throw new MockRefusal(404, 'no such payment');
      if (!ledger.refund(payment, id, amount)) throw new MockRefusal(409, 'more than was captured');
      await ledger.saved();
      failAtFirst('refund', payment);
    },
    look: async (id) => {
      const payment = ledger.get(id);
      if (!payment) throw new MockRefusal(404, 'no such payment');
      failAtFirst('look', payment);
      const script = scriptFor(payment);
      if (payment.status === 'pending' && script.decided === 'when looked at') {
        move(payment, script.outcome);
        void goOn(payment, () => tell(payment, script.told));
      }
      await ledger.saved();
      return payment;
    },
    pending: () => pending.size,
    close: async () => {
      stopping.abort();
      callbacks.close();
      http.close();
      await Promise.all(pending.values());
      await ledger.close();
    },
  };
}
