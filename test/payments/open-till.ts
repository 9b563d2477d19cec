import { expect } from 'vitest';
import type { MockDeskSettings } from '../../server/domain/payments/mock-desk.ts';
import { type MockGateway, startMockGateway } from '../../server/domain/payments/mock-gateway.ts';
import { systemClock } from '../../server/platform/runtime/clock.ts';
import type { BookingView } from '../../shared/booking.ts';
import { openScene, type Scene } from '../support/scene.ts';

/** A payment as the gateway knows it. */
export interface AtGateway {
  id: string;
  bookingId: string;
  status: string;
  captured: number;
  refunded: number;
}

/** A server and a strict gateway beside it: one that remembers, and believes nobody. */
export interface Till extends Scene {
  gateway: { url: string };
  /** Holds one seat of a new flight (or of a given one) and pays for it. */
  buy(method: string, flightId?: string): Promise<BookingView>;
  /** Has the provider asked about this booking's payments and refunds now. */
  due(bookingId: string): Promise<void>;
  /** The payment of a booking, as the gateway knows it; undefined when it does not. */
  atGateway(bookingId: string): Promise<AtGateway | undefined>;
  /** A row of the record. */
  payment(bookingId: string): Promise<{ id: string; status: string; calls: number; isDue: boolean }>;
  /** The gateway's captured − refunded is the price of the confirmed bookings, each for itself and in sum. */
  expectMoneyToAddUp(): Promise<void>;
}

/** `expect.poll` with the patience that a busy machine needs. */
export const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 15_000, interval: 20 });

export const webhookSecret = 'test-webhook-secret';

export const startGateway = (settings: Partial<MockDeskSettings> & { port?: number } = {}): Promise<MockGateway> =>
  startMockGateway({
    successRate: 1,
    minDelayMs: 0,
    maxDelayMs: 5,
    secret: webhookSecret,
    clock: systemClock,
    isTrusting: false,
    ...settings,
  });

/** Opens a server whose payments go to the gateway at this address. */
export async function openTill(gateway: { url: string }, env: Record<string, string> = {}): Promise<Till> {
  const scene = await openScene({ PAYMENT_MOCK_URL: gateway.url, ...env });
  const ledger = async () => {
    const response = await fetch(`${gateway.url}/ledger`);
    return (await response.json()) as {
      totals: Record<string, { captured: number; refunded: number }>;
      payments: AtGateway[];
    };
  };
  return {
    ...scene,
    gateway,
    buy: async (method, flightId) => {
      const held = await scene.hold(flightId ?? (await scene.flight({ seats: 3 })).id);
      return scene.guest.trpc.booking.pay.mutate({ id: held.id, method });
    },
    due: async (bookingId) => {
      await scene.db.query(
        `update payment set next_call_at = now() where booking_id = $1 and next_call_at is not null`,
        [bookingId],
      );
      await scene.db.query(
        `update refund set next_call_at = now() where booking_id = $1 and next_call_at is not null`,
        [bookingId],
      );
      scene.server.nudgePayments();
    },
    atGateway: async (bookingId) => (await ledger()).payments.find((each) => each.bookingId === bookingId),
    payment: async (bookingId) => {
      const { rows } = await scene.db.query(
        `select id, status, calls, next_call_at is not null as "isDue" from payment where booking_id = $1`,
        [bookingId],
      );
      expect(rows).toHaveLength(1);
      return rows[0];
    },
    expectMoneyToAddUp: async () => {
      const { totals, payments } = await ledger();
      const { rows } = await scene.db.query<{ id: string; kept: number }>(
        `select id, case when status = 'confirmed' then price_amount else 0 end::float8 as kept from booking`,
      );
      const paid = new Map<string, number>();
      for (const { bookingId, captured, refunded } of payments) {
        paid.set(bookingId, (paid.get(bookingId) ?? 0) + captured - refunded);
      }
      for (const { id, kept } of rows) expect([id, paid.get(id) ?? 0]).toEqual([id, kept]);
      const { captured = 0, refunded = 0 } = totals.USD ?? {};
      expect(captured - refunded).toBe(rows.reduce((sum, { kept }) => sum + kept, 0));
    },
  };
}
