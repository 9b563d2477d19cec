import { createHistogram } from 'node:perf_hooks';
import { WebSocket } from 'ws';
import { AirsideError, isFailure } from '../../client/sdk/airside-error.ts';
import { type AirsideClient, createClient } from '../../client/sdk/create-client.ts';
import type { BookingView } from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import type { LoadOptions } from './load-options.ts';
import { eachWithMeter, startMeter } from './meter.ts';

export interface LoadResult {
  flightId: string;
  buyers: number;
  seats: number;
  /** Seats in acknowledged holds. */
  sold: number;
  /** Buyers that were told SOLD_OUT. */
  refused: number;
  /** Seats that were acknowledged or counted beyond what the flight has. */
  oversold: number;
  /** Seats that stayed free although somebody who was refused could have had them. */
  stranded: number;
  /** Every other ending, by its code. */
  errors: Record<string, number>;
  /** Holds that ended without an answer and were asked for afterwards; they are counted above as well. */
  settled: number;
  /** Calls that the client sent again by itself. */
  repeats: Record<string, number>;
  /** From the call to its answer, repeats included, as this one process saw it. */
  holdMs: { p50: number; p95: number; p99: number; max: number };
  seconds: number;
  payments: Record<string, number> | null;
  after: { available: number; held: number; sold: number; drift: number };
}

/** Sockets that are opened, guests that are made and payments that are started at a time. */
const atOnce = { guests: 32, sockets: 200, payments: 500 };

/** One storm on one fresh flight. Throws what went wrong before the storm; inside it everything is counted. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const clients: AirsideClient[] = [];
  const repeats: Record<string, number> = {};
  const connect = (who: { token?: string; apiKey?: string } = {}): AirsideClient => {
    const client = createClient({
      url: options.url,
      // A third of the memory of Node's own, which matters with thousands in one process.
      WebSocket: LeanSocket,
      // Patient beyond what a person would be: a server that is merely slow or busy is not an error.
      repeat: { attempts: 10_000, totalMs: 300_000 },
      onRepeat: ({ failure }) => count(repeats, failure.code),
      ...who,
    });
    clients.push(client);
    return client;
  };
  try {
    const operator = connect({ apiKey: options.apiKey });
    const flight = await createFlight(operator, options);
    const buyers = await signIn(connect, options);

    const histogram = createHistogram();
    const bookings: { client: AirsideClient; booking: BookingView }[] = [];
    const errors: Record<string, number> = {};
    const unsettled = new Set<AirsideClient>();
    let refused = 0;
    let answered = 0;
    const meter = startMeter('holding', options.buyers);
    const startedAt = performance.now();
    const hold = async (client: AirsideClient): Promise<void> => {
      const calledAt = performance.now();
      try {
        const legs = [{ flightId: flight.id, cabin: 'economy' as const }];
        bookings.push({ client, booking: await client.bookings.hold({ legs, seats: options.perBooking }) });
      } catch (error) {
        if (isFailure(error, 'SOLD_OUT')) refused++;
        else if (error instanceof AirsideError && error.outcome === 'unknown') unsettled.add(client);
        else count(errors, codeOf(error));
      }
      histogram.record(Math.max(1, Math.round((performance.now() - calledAt) * 1_000)));
      meter.at(++answered);
    };
    // Everybody is connected and signed in: this is the moment in which the sale opens.
    await Promise.all(
      Array.from({ length: options.buyers }, (_, n) => hold(buyers[n % buyers.length] as AirsideClient)),
    );
    const seconds = (performance.now() - startedAt) / 1_000;
    meter.end();
    // Whoever was left without an answer asks what became of it, as a program would at its next start.
    let settled = 0;
    for (const client of unsettled) {
      for (const { outcome, booking, error } of await client.bookings.settlePending()) {
        if (booking) bookings.push({ client, booking });
        else if (isFailure(error, 'SOLD_OUT')) refused++;
        else count(errors, error?.code ?? outcome);
        settled++;
      }
    }

    const soldSeats = bookings.reduce((sum, { booking }) => sum + booking.seats, 0);
    const afterStorm = await readCounters(operator, flight.id, flight.departsAt);
    const payments = options.pay ? await payAll(bookings) : null;
    const after = options.pay ? await readCounters(operator, flight.id, flight.departsAt) : afterStorm;
    const { drift } = await operator.admin.seats.audit(flight.id);
    const milliseconds = (percentile: number) => histogram.percentile(percentile) / 1_000;
    return {
      flightId: flight.id,
      buyers: options.buyers,
      seats: options.seats,
      sold: soldSeats,
      refused,
      oversold: Math.max(0, ...[soldSeats, afterStorm.taken, after.taken].map((taken) => taken - options.seats)),
      stranded: refused > 0 && afterStorm.available >= options.perBooking ? afterStorm.available : 0,
      errors,
      settled,
      repeats,
      holdMs: { p50: milliseconds(50), p95: milliseconds(95), p99: milliseconds(99), max: histogram.max / 1_000 },
      seconds,
      payments,
      after: { available: after.available, held: after.held, sold: after.sold, drift },
    };
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

class LeanSocket extends WebSocket {
  constructor(url: string) {
    super(url, { perMessageDeflate: false });
  }
}

function createFlight(operator: AirsideClient, { seats }: LoadOptions) {
  const date = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  return operator.admin.flights.create(
    {
      id: newId(),
      carrier: 'QX',
      number: `${1 + Math.floor(Math.random() * 9_999)}${'ABCDEFGHJK'[Math.floor(Math.random() * 10)]}`,
      origin: 'JFK',
      destination: 'LHR',
      departsAt: `${date}T19:00`,
      arrivesAt: `${nextDay(date)}T07:00`,
      cabins: [{ cabin: 'economy', capacity: seats, price: { amount: 39_900, currency: 'USD' } }],
    },
    { repeat: { totalMs: 4_000 } },
  );
}

const nextDay = (date: string): string => new Date(Date.parse(date) + 86_400_000).toISOString().slice(0, 10);

/** One guest a socket, each connected and known to the server before anybody buys. */
async function signIn(connect: (who?: { token?: string }) => AirsideClient, { sockets }: LoadOptions) {
  const stranger = connect();
  const tokens: string[] = [];
  await eachWithMeter('guests', Array.from({ length: sockets }), atOnce.guests, async () => {
    // The room would sign its own connection in; these tokens are for others.
    const { token } = await stranger.trpc.auth.guest.mutate();
    tokens.push(token);
  });
  const clients: AirsideClient[] = [];
  await eachWithMeter('sockets', tokens, atOnce.sockets, async (token) => {
    const client = connect({ token });
    const { role } = await client.auth.me();
    if (role !== 'traveller') throw new Error('the server does not take its own token');
    clients.push(client);
  });
  return clients;
}

/** Pays for every hold, and counts the statuses in which the bookings end. */
async function payAll(bookings: { client: AirsideClient; booking: BookingView }[]): Promise<Record<string, number>> {
  const endings: Record<string, number> = {};
  await eachWithMeter('paying', bookings, atOnce.payments, async ({ client, booking: { id } }) => {
    try {
      await client.bookings.pay(id);
      for await (const { status } of client.bookings.watch(id)) {
        if (status === 'held' || status === 'paying') continue;
        count(endings, status);
        break;
      }
    } catch (error) {
      count(endings, codeOf(error));
    }
  });
  return endings;
}

async function readCounters(operator: AirsideClient, flightId: string, departsAt: string) {
  const { cabins } = await operator.flights.get(flightId);
  const available = cabins[0]?.available ?? 0;
  // Only operators see how a seat is taken, and only in lists.
  let cursor: string | null | undefined;
  do {
    const page = await operator.admin.flights.list({
      origin: 'JFK',
      destination: 'LHR',
      date: departsAt.slice(0, 10),
      limit: 200,
      cursor,
    });
    const cabin = page.flights.find(({ id }) => id === flightId)?.cabins[0];
    if (cabin) return { available, held: cabin.held, sold: cabin.sold, taken: cabin.held + cabin.sold };
    cursor = page.nextCursor;
  } while (cursor);
  throw new Error('the flight is not in the list of its market');
}

const codeOf = (error: unknown): string => (error instanceof AirsideError ? error.code : String(error));

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
