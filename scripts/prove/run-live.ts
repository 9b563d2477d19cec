import { setTimeout as sleep } from 'node:timers/promises';
import { createTRPCClient, httpLink, type TRPCClient, TRPCClientError } from '@trpc/client';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { FailureView } from '../../shared/failure.ts';
import type { FlightView } from '../../shared/flight.ts';
import { newId } from '../../shared/ids.ts';
import { transformer } from '../../shared/transformer.ts';
import { startFaultProxy } from '../stage/fault-proxy.ts';
import { createRandom, type Random } from '../stage/random.ts';
import { LiveClient } from './live-client.ts';

export interface LiveOptions {
  /** `http://HOST:PORT` of a server whose mock payments are quick, and its operator key. */
  url: string;
  apiKey: string;
  clients: number;
  /** How long there are changes and cuts. */
  seconds: number;
  seed: number;
  /** Of the connections, cut each tenth of a second (a fortieth: everybody loses its socket about every four seconds). */
  cutShare?: number;
  onProgress?: (second: number, sofar: LiveProof) => void;
}

export interface LiveProof {
  seed: number;
  clients: number;
  seconds: number;
  /** Connections that the proxy destroyed. */
  cuts: number;
  frames: number;
  /** States of bookings that their owners were told, each once. */
  personalEvents: number;
  /** From the last change or cut until the last client had everything; the promise is two seconds. */
  settledMs: number;
  faults: string[];
}

const flightCount = 5;
const promisedMs = 2_000;
/** Beyond the promise the wait goes on, to tell by how much it was missed. */
const patienceMs = 30_000;
const cutEveryMs = 100;
/** Between two looks at a payment that is under way. */
const lookMs = 100;
const faultsMax = 50;

type Trpc = TRPCClient<AppRouter>;

/**
 * Cuts the sockets of many clients at random while seats and bookings change. At the end each must have the final state
 * of every flight it watches within two seconds, must never have seen a version go back, and must have been told every
 * state of its own booking exactly once, in order.
 */
export async function proveLive(options: LiveOptions): Promise<LiveProof> {
  const random = createRandom(String(options.seed));
  const proxy = await startFaultProxy(Number(new URL(options.url).port));
  const proof: LiveProof = {
    seed: options.seed,
    clients: options.clients,
    seconds: options.seconds,
    cuts: 0,
    frames: 0,
    personalEvents: 0,
    settledMs: Number.NaN,
    faults: [],
  };
  const fault = (what: string): void => {
    if (proof.faults.length < faultsMax) proof.faults.push(what);
  };
  const clients: LiveClient[] = [];
  try {
    const operator = callsOf(options.url, { 'x-api-key': options.apiKey });
    const flightIds = await Promise.all(Array.from({ length: flightCount }, () => createFlight(operator)));
    const owners = await Promise.all(
      Array.from({ length: options.clients }, () => openOwner(options.url, random.pick(flightIds))),
    );
    for (const [place, { token, bookingId }] of owners.entries()) {
      clients.push(
        new LiveClient({
          url: `http://127.0.0.1:${proxy.port}`,
          token,
          bookingId,
          // Some watch one flight, some all of them.
          flightIds: place % 2 === 0 ? [random.pick(flightIds)] : flightIds,
          random: createRandom(String(options.seed + place)),
          onFault: fault,
        }),
      );
    }
    const endsAt = performance.now() + options.seconds * 1_000;
    const isOver = () => performance.now() >= endsAt || proof.faults.length > 0;
    let isChanging = true;
    const cutting = (async () => {
      const dice = createRandom(`${options.seed}/cuts`);
      while (isChanging) {
        await sleep(cutEveryMs);
        proof.cuts += proxy.cut(dice, options.cutShare ?? 1 / 40);
      }
    })();
    const reporting = (async () => {
      for (let second = 1; !isOver(); second++) {
        await sleep(1_000);
        tally(proof, clients);
        options.onProgress?.(second, proof);
      }
    })();
    await changeThings(owners, endsAt, isOver, random).finally(() => {
      isChanging = false;
    });
    await Promise.all([cutting, reporting]);

    const restAt = performance.now();
    // What it came to is read when the promised time is over: reading a thousand bookings would itself take of that time.
    await sleep(promisedMs);
    const truths = await Promise.all(
      flightIds.map((flightId) => insist(() => operator.flights.get.query({ flightId }))),
    );
    const states = await Promise.all(
      owners.map(({ trpc, bookingId }) => insist(() => trpc.booking.get.query({ id: bookingId }))),
    );
    const isBehind = (client: LiveClient, place: number): string | undefined => {
      for (const [flightId, { view }] of client.seats) {
        const truth = truths.find(({ id }) => id === flightId) as FlightView;
        if (!sameSeats(truth, view)) return `shows ${JSON.stringify(view.cabins)} of ${JSON.stringify(truth.cabins)}`;
      }
      if (client.seats.size === 0) return 'has never seen a flight';
      const state = states[place] as (typeof states)[number];
      return client.bookingVersion === state.version
        ? undefined
        : `was told version ${client.bookingVersion} (${client.bookingStatus}) of ${state.version} (${state.status})`;
    };
    for (;;) {
      const behind = clients.map(isBehind);
      if (behind.every((each) => each === undefined)) {
        const tookMs = Math.max(0, ...clients.map(({ newsAt }) => newsAt - restAt));
        proof.settledMs = tookMs;
        if (tookMs > promisedMs) fault(`the last client was there after ${Math.round(tookMs)} ms`);
        break;
      }
      if (performance.now() - restAt > patienceMs) {
        for (const each of behind) if (each) fault(`a client is behind: ${each}`);
        break;
      }
      await sleep(20);
    }
    tally(proof, clients);
  } finally {
    for (const client of clients) client.stop();
    await proxy.stop();
  }
  return proof;
}

function tally(proof: LiveProof, clients: LiveClient[]): void {
  proof.frames = clients.reduce((sum, { frames }) => sum + frames, 0);
  proof.personalEvents = clients.reduce((sum, { bookingEvents }) => sum + bookingEvents, 0);
}

const sameSeats = (truth: FlightView, seen: { cabins: FlightView['cabins'] }): boolean =>
  truth.cabins.every(({ version, available }, place) => {
    const cabin = seen.cabins[place];
    return cabin?.version === version && cabin.available === available;
  });

interface Owner {
  token: string;
  trpc: Trpc;
  bookingId: string;
}

function callsOf(url: string, headers: Record<string, string>): Trpc {
  return createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/trpc`, transformer, headers })] });
}

/** Asks again when there was no answer or it said to come back: what is asked here has its effect once. */
async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (let times = 1; ; times++) {
    try {
      return await ask();
    } catch (error) {
      const failure = (error as { data?: { failure?: FailureView } | null }).data?.failure;
      const mayRepeat = error instanceof TRPCClientError && (failure === undefined || failure.retryable);
      if (!mayRepeat || times === 20) throw error;
      await sleep(100 * times);
    }
  }
}

/** A guest with a hold of its own. */
async function openOwner(url: string, flightId: string): Promise<Owner> {
  const { token } = await insist(() => callsOf(url, {}).auth.guest.mutate());
  const trpc = callsOf(url, { authorization: `Bearer ${token}` });
  const bookingId = newId();
  const legs = [{ flightId, cabin: 'economy' as const }];
  await insist(() => trpc.booking.hold.mutate({ id: bookingId, legs, seats: 1 }));
  return { token, trpc, bookingId };
}

/**
 * Each booking goes on from state to state, spread over the whole time. Done when nothing changes any more: each payment
 * that was under way has ended.
 */
async function changeThings(owners: Owner[], endsAt: number, isOver: () => boolean, random: Random): Promise<void> {
  const span = endsAt - performance.now();
  const at = (share: number) => sleep(Math.max(0, endsAt - span * (1 - share) - performance.now()));
  await Promise.all(
    owners.map(async ({ trpc, bookingId }) => {
      const [first, second] = [random.next() * 0.5, 0.5 + random.next() * 0.5] as const;
      const passengers = [{ type: 'adult' as const, givenName: 'Amelia', familyName: 'Earhart' }];
      await at(first);
      if (isOver()) return;
      await insist(() => trpc.booking.setPassengers.mutate({ id: bookingId, passengers }));
      await at(second);
      if (isOver()) return;
      if (random.next() < 0.5) {
        await insist(() => trpc.booking.cancel.mutate({ id: bookingId }));
        return;
      }
      await insist(() => trpc.booking.pay.mutate({ id: bookingId }));
      while ((await insist(() => trpc.booking.get.query({ id: bookingId }))).status === 'paying') await sleep(lookMs);
    }),
  );
  await at(1);
}

async function createFlight(operator: Trpc): Promise<string> {
  const date = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const id = newId();
  await operator.admin.flights.create.mutate({
    id,
    carrier: 'QX',
    number: '1',
    origin: 'JFK',
    destination: 'LHR',
    departsAt: `${date}T10:00`,
    arrivesAt: `${date}T22:00`,
    cabins: [{ cabin: 'economy', capacity: 100_000, price: { amount: 45_000, currency: 'USD' } }],
  });
  return id;
}
