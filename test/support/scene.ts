import pg from 'pg';
import { signWebhook } from '../../server/domain/payments/webhook-signature.ts';
import type { Lease } from '../../server/platform/redis/lease.ts';
import type { Clock } from '../../server/platform/runtime/clock.ts';
import type { BookingView } from '../../shared/booking.ts';
import type { CabinClass, CabinView, OperatorFlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { type Connected, connect, connectGuest } from './connect.ts';
import { createFlight, type flightInput } from './flights.ts';
import { moveDeadline } from './move-deadline.ts';
import { startServer, type TestServer } from './start-server.ts';

/** A server with an operator, a guest and a hand on its database: what most tests of selling need. */
export interface Scene {
  server: TestServer;
  operator: Connected;
  guest: Connected & { userId: string; token: string };
  db: pg.Pool;
  flight(options?: Parameters<typeof flightInput>[0]): Promise<OperatorFlightView>;
  hold(flightId: string, seats?: number, who?: Connected): Promise<BookingView>;
  cabin(flightId: string, cabin?: CabinClass): Promise<CabinView>;
  /** Moves a hold's deadline into the past: the test's way of letting time pass. */
  overdue(bookingId: string): Promise<void>;
  /** Delivers a signed payment event as the gateway would. Answers the HTTP status. */
  deliver(
    event: Partial<PaymentEventBody> & Pick<PaymentEventBody, 'bookingId'>,
    options?: DeliverOptions,
  ): Promise<number>;
  /** Waits until a booking has a status, as its owner sees it. */
  reaches(bookingId: string, status: BookingView['status'], who?: Connected): Promise<BookingView>;
  /** Cabins of the whole database that disagree; 0 or the test has found a bug. */
  drift(): Promise<number>;
  close(): Promise<void>;
}

interface PaymentEventBody {
  id: string;
  type: 'payment.succeeded' | 'payment.failed';
  paymentId: string;
  bookingId: string;
  amount: number;
  currency: string;
  at: string;
}
interface DeliverOptions {
  secret?: string;
  atMs?: number;
  /** Sent as it is instead of the event. */
  body?: string;
  header?: string;
}

/** A gateway that never answers by itself: the test delivers the events. */
export const silentGateway = { PAYMENT_MIN_DELAY_MS: '3600000', PAYMENT_MAX_DELAY_MS: '3600000' };

export async function openScene(
  env: Record<string, string> = {},
  options: { lease?: Lease; clock?: Clock; redisUrl?: string } = {},
): Promise<Scene> {
  const server = await startServer({ env, ...options });
  const operator = connect(server.url, { apiKey: server.apiKey });
  const guest = await connectGuest(server.url);
  const db = new pg.Pool({ connectionString: server.engines.databaseUrl, max: 4 });
  return {
    server,
    operator,
    guest,
    db,
    flight: (options) => createFlight(operator, options),
    hold: (flightId, seats = 1, who = guest) =>
      who.trpc.booking.hold.mutate({ id: newId(), legs: [{ flightId, cabin: 'economy' }], seats }),
    cabin: async (flightId, cabin = 'economy') => {
      const { cabins } = await guest.trpc.flights.get.query({ flightId });
      return cabins.find((each) => each.cabin === cabin) as CabinView;
    },
    overdue: async (bookingId) => {
      await moveDeadline(db, [bookingId], '-1 second');
    },
    deliver: async (given, options = {}) => {
      const booking = await db.query<{ payment: string | null; amount: number; currency: string }>(
        `select (select id from payment p where p.booking_id = b.id order by created_at limit 1) as payment,
           price_amount::float8 as amount, price_currency as currency from booking b where id = $1`,
        [given.bookingId],
      );
      const known = booking.rows[0];
      const event: PaymentEventBody = {
        id: newId(),
        type: 'payment.succeeded',
        paymentId: known?.payment ?? newId(),
        amount: known?.amount ?? 1,
        currency: known?.currency ?? 'USD',
        at: new Date().toISOString(),
        ...given,
      };
      const body = options.body ?? JSON.stringify(event);
      const secret = options.secret ?? (server.engines.webhookSecrets[0] as string);
      const response = await fetch(`${server.url}/webhooks/payments/mock`, {
        method: 'POST',
        headers: { 'airside-signature': options.header ?? signWebhook(secret, body, options.atMs ?? Date.now()) },
        body,
      });
      await response.arrayBuffer();
      return response.status;
    },
    reaches: (bookingId, status, who = guest) =>
      new Promise((resolve, reject) => {
        const subscription = who.trpc.booking.onStatus.subscribe(
          { bookingId },
          {
            onData: ({ data }) => {
              if (data.status !== status) return;
              subscription.unsubscribe();
              resolve(data);
            },
            onError: reject,
          },
        );
      }),
    drift: async () => (await operator.trpc.admin.seats.audit.query()).drift,
    close: async () => {
      await Promise.all([operator.close(), guest.close(), db.end()]);
      await server.stop();
    },
  };
}
