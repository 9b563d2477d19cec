import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BookingView } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import { type Connected, connect, connectGuest, failureOf } from '../support/connect.ts';
import { createFlight } from '../support/flights.ts';
import { startServer, type TestServer } from '../support/start-server.ts';

describe('a booking from hold to receipt', () => {
  let server: TestServer;
  let operator: Connected;
  let guest: Connected;

  beforeAll(async () => {
    server = await startServer();
    operator = connect(server.url, { apiKey: server.apiKey });
    guest = await connectGuest(server.url);
  });
  afterAll(async () => {
    await Promise.all([operator.close(), guest.close()]);
    await server.stop();
  });

  const hold = (flightId: string, seats = 1, id = newId()) =>
    guest.trpc.booking.hold.mutate({ id, legs: [{ flightId, cabin: 'economy' }], seats });

  /** Follows a booking until it reaches a state; answers all states that were seen on the way. */
  const follow = (bookingId: string, until: BookingView['status'][]): Promise<BookingView[]> =>
    new Promise((resolve, reject) => {
      const seen: BookingView[] = [];
      const subscription = guest.trpc.booking.onStatus.subscribe(
        { bookingId },
        {
          onData: ({ data }) => {
            seen.push(data);
            if (!until.includes(data.status)) return;
            subscription.unsubscribe();
            resolve(seen);
          },
          onError: reject,
        },
      );
    });

  it('[BOOK-1] holds, is paid for and is confirmed, and every state is seen once', async () => {
    const flight = await createFlight(operator, { seats: 5 });
    const held = await hold(flight.id, 2);
    expect(held).toMatchObject({ status: 'held', seats: 2, locator: null, price: { amount: 90_000, currency: 'USD' } });
    const states = follow(held.id, ['confirmed']);
    const paying = await guest.trpc.booking.pay.mutate({ id: held.id });
    expect(['paying', 'confirmed']).toContain(paying.status);
    const seen = await states;
    expect(seen.map((view) => view.version)).toEqual(seen.map((_, index) => (seen[0] as BookingView).version + index));
    expect(seen.at(-1)).toMatchObject({ status: 'confirmed', locator: expect.stringMatching(/^[A-HJ-NP-Z2-9]{6}$/) });
    const [cabin] = (await guest.trpc.flights.get.query({ flightId: flight.id })).cabins;
    expect(cabin).toMatchObject({ capacity: 5, available: 3 });
    expect(await operator.trpc.admin.seats.audit.query({ flightId: flight.id })).toMatchObject({
      checked: 1,
      drift: 0,
    });
  });

  it('[BOOK-2] answers a repeat with the same booking, and refuses the id to others', async () => {
    const flight = await createFlight(operator, { seats: 5 });
    const id = newId();
    const first = await hold(flight.id, 1, id);
    expect(await hold(flight.id, 1, id)).toEqual(first);
    expect(await failureOf(hold(flight.id, 2, id))).toMatchObject({ code: 'REQUEST_ID_REUSED' });
    const other = await connectGuest(server.url);
    const stolen = other.trpc.booking.hold.mutate({ id, legs: [{ flightId: flight.id, cabin: 'economy' }], seats: 1 });
    expect(await failureOf(stolen)).toMatchObject({ code: 'REQUEST_ID_REUSED' });
    expect(await failureOf(other.trpc.booking.get.query({ id }))).toMatchObject({ code: 'NOT_FOUND' });
    await other.close();
    expect((await guest.trpc.flights.get.query({ flightId: flight.id })).cabins[0]?.available).toBe(4);
  });

  it('[BOOK-3] tells what is left when there are too few seats, and forgets the refusal', async () => {
    const flight = await createFlight(operator, { seats: 2 });
    const id = newId();
    expect(await failureOf(hold(flight.id, 3, id))).toMatchObject({
      code: 'SOLD_OUT',
      details: { flightId: flight.id, cabin: 'economy', available: 2 },
    });
    expect(await hold(flight.id, 2, id)).toMatchObject({ status: 'held' });
  });
});
