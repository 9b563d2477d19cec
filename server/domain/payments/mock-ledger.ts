import { type FileHandle, open, readFile, truncate } from 'node:fs/promises';
import * as z from 'zod';
import { idSchema } from '../../../shared/ids.ts';
import { type Money, moneySchema } from '../../../shared/money.ts';
import type { Callback } from './callback-queue.ts';

export const mockOrderSchema = z.object({
  id: idSchema,
  bookingId: idSchema,
  amount: moneySchema,
  method: z.string().max(40).nullable(),
  callbackUrl: z.url({ protocol: /^https?$/ }),
});
export type MockOrder = z.infer<typeof mockOrderSchema>;

const mockPaymentSchema = mockOrderSchema.extend({
  status: z.enum(['pending', 'authorised', 'succeeded', 'failed', 'voided']),
  /** When it got this status (ISO instant). */
  at: z.string(),
  /** Minor units that were collected. */
  captured: z.int(),
  /** Minor units that went back, by the id of the refund. */
  refunds: z.record(z.string(), z.int()),
  /** Ids of events that the receiver has taken. */
  told: z.array(z.string()),
});
/** A payment as the mock gateway knows it. */
export type MockPayment = z.infer<typeof mockPaymentSchema>;

export interface MockTotals {
  captured: number;
  refunded: number;
}

export interface MockLedger {
  get(id: string): MockPayment | undefined;
  all(): Iterable<MockPayment>;
  /** Notes an order, once. A repeat changes nothing but where its callbacks go. */
  accept(order: MockOrder, at: string): MockPayment;
  move(payment: MockPayment, status: MockPayment['status'], at: string): void;
  /** Answers false when more would go back than was captured, or the id was used for another sum. */
  refund(payment: MockPayment, refundId: string, amount: Money): boolean;
  noteTold(payment: MockPayment, eventId: string): void;
  /** What was captured and refunded in all, by currency, also of payments that are forgotten by now. */
  totals(): Map<string, MockTotals>;
  /** Resolves when everything so far is in the file: only then may anybody be told. */
  saved(): Promise<void>;
  close(): Promise<void>;
}

/** Without a file, so many payments are remembered; the oldest that are over are forgotten. */
const rememberedMax = 50_000;
const forgottenAtOnce = 1_000;

export const refundedOf = (payment: MockPayment): number =>
  Object.values(payment.refunds).reduce((sum, amount) => sum + amount, 0);

/** What its callback says, or said. Undefined while there is nothing to tell. */
export function callbackOf({ id, bookingId, amount, status, at }: MockPayment): Callback | undefined {
  if (status === 'pending' || status === 'voided') return undefined;
  // The same happening has the same id, whoever tells of it and after whatever crash.
  return { id: `${id}.${status}`, type: `payment.${status}`, paymentId: id, bookingId, ...amount, at };
}

/**
 * The mock gateway's memory. With a file each change is a line, a payment as it is from then on, and
 * the next start reads them: what was acknowledged survives `kill -9` of the process (it is in the
 * system's hands by then; the loss of the machine's power is not provided for).
 */
export async function openMockLedger(path?: string): Promise<MockLedger> {
  const payments = new Map<string, MockPayment>();
  const totals = new Map<string, MockTotals>();
  const add = (currency: string, captured: number, refunded: number): void => {
    const before = totals.get(currency) ?? { captured: 0, refunded: 0 };
    totals.set(currency, { captured: before.captured + captured, refunded: before.refunded + refunded });
  };
  let file: FileHandle | undefined;
  if (path) {
    for (const payment of await readLines(path)) payments.set(payment.id, payment);
    for (const payment of payments.values()) add(payment.amount.currency, payment.captured, refundedOf(payment));
    file = await open(path, 'a', 0o600);
  }

  let unwritten = '';
  let writing: Promise<void> = Promise.resolve();
  const save = (payment: MockPayment): void => {
    const target = file;
    if (!target) return;
    const isFirst = unwritten === '';
    unwritten += `${JSON.stringify(payment)}\n`;
    if (!isFirst) return;
    // Lines of one tick, and those that come while others are written, are one write.
    writing = writing.then(async () => {
      const text = unwritten;
      unwritten = '';
      await target.appendFile(text);
    });
    writing.catch(() => {
      // Whoever waits for `saved` is told.
    });
  };

  const forgetOld = (): void => {
    if (file || payments.size <= rememberedMax) return;
    let left = forgottenAtOnce;
    for (const payment of payments.values()) {
      if (left-- === 0) break;
      const isOver = payment.status !== 'pending' && payment.status !== 'authorised';
      if (isOver) payments.delete(payment.id);
    }
  };

  return {
    get: (id) => payments.get(id),
    all: () => payments.values(),
    accept: (order, at) => {
      let payment = payments.get(order.id);
      if (payment?.callbackUrl === order.callbackUrl) return payment;
      if (payment) payment.callbackUrl = order.callbackUrl;
      else {
        payment = { ...order, status: 'pending', at, captured: 0, refunds: {}, told: [] };
        payments.set(order.id, payment);
        forgetOld();
      }
      save(payment);
      return payment;
    },
    move: (payment, status, at) => {
      payment.status = status;
      payment.at = at;
      if (status === 'succeeded') {
        add(payment.amount.currency, payment.amount.amount - payment.captured, 0);
        payment.captured = payment.amount.amount;
      }
      save(payment);
    },
    refund: (payment, refundId, { amount, currency }) => {
      if (currency !== payment.amount.currency) return false;
      const before = payment.refunds[refundId];
      if (before !== undefined) return before === amount;
      if (refundedOf(payment) + amount > payment.captured) return false;
      payment.refunds[refundId] = amount;
      add(currency, 0, amount);
      save(payment);
      return true;
    },
    noteTold: (payment, eventId) => {
      if (payment.told.includes(eventId)) return;
      payment.told.push(eventId);
      save(payment);
    },
    totals: () => totals,
    saved: () => writing,
    close: async () => {
      await writing.catch(() => undefined);
      await file?.close();
    },
  };
}

/** The whole lines of the file; half a line at its end was never acknowledged and is cut off. */
async function readLines(path: string): Promise<MockPayment[]> {
  const text = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const end = text.lastIndexOf('\n') + 1;
  if (end < text.length) await truncate(path, end);
  return text
    .subarray(0, end)
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line, index) => {
      try {
        return mockPaymentSchema.parse(JSON.parse(line));
      } catch {
        throw new Error(`line ${index + 1} of ${path} is none of a mock gateway`);
      }
    });
}
