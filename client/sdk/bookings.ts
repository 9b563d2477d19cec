import type { TRPCClient } from '@trpc/client';
import type { z } from 'zod';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type {
  BookingView,
  CancelQuoteView,
  cancelInput,
  HoldInput,
  LinkOpenedView,
  LinkRequestedView,
  ListBookingsInput,
  payInput,
  setPassengersInput,
  TimelineEntry,
} from '../../shared/booking.ts';
import { newId } from '../../shared/ids.ts';
import type { Money } from '../../shared/money.ts';
import { AirsideError, airsideErrorOf, isFailure } from './airside-error.ts';
import type { Calling, CallOptions, GivenOptions } from './call.ts';
import type { Intent, IntentLog, IntentRequest } from './intents.ts';
import type { CallTrace } from './repeat-link.ts';
import { inTurn, type Waiting, type WaitingOptions } from './waiting.ts';
import { everyInbox, watch } from './watch.ts';

/** What to hold. Without an `id` one is minted; give your own to repeat a request of an earlier process. */
export type NewBooking = Omit<HoldInput, 'id'> & { id?: string };

/** What became of an intent that an earlier run left behind. */
export interface Settled {
  intent: Intent;
  /**
   * `found`: it had its effect, or has it now; `booking` is the present state. `refused`: there is none, and
   * `error` says why. `dropped`: there is none, and it was too old or no longer wanted. `released`: it held seats
   * that nobody waits for any more, and they were given back. `unknown`: still no answer; it stays pending.
   */
  outcome: 'found' | 'refused' | 'dropped' | 'released' | 'unknown';
  booking?: BookingView;
  error?: AirsideError;
}

/** `waiting`: how to stand in line where buyers do. Without it, too, a hold waits for its turn. */
export type HoldOptions = CallOptions & { waiting?: WaitingOptions };

export interface Bookings {
  /**
   * Holds seats on all legs, or on none; stands in line by itself where buyers have to. Fails: SOLD_OUT, PRICE_CHANGED,
   * CLOSED, NOT_FOUND, INVALID_INPUT.
   */
  hold(booking: NewBooking, options?: HoldOptions): Promise<BookingView>;
  /** Holds and starts paying in one call. Fails as `hold` does. */
  create(booking: NewBooking, options?: HoldOptions): Promise<BookingView>;
  /** Starts paying; the outcome comes over `watch`. Fails: HOLD_EXPIRED, NOT_ALLOWED. */
  pay(id: string, options?: CallOptions & { method?: string }): Promise<BookingView>;
  setPassengers(input: z.input<typeof setPassengersInput>, options?: CallOptions): Promise<BookingView>;
  get(id: string, options?: CallOptions): Promise<BookingView>;
  /** What happened to it so far, oldest first, in words: states, money, seats, changes of its flights. */
  timeline(id: string, options?: CallOptions): Promise<TimelineEntry[]>;
  list(input?: Partial<ListBookingsInput>, options?: CallOptions): Promise<BookingPage>;
  /**
   * Has a link mailed to the contact of the booking with this locator and name; who is told nothing of whether there is
   * one. Answers for how many minutes the link would be good. Fails: RATE_LIMITED.
   */
  requestLink(asked: { locator: string; familyName: string }, options?: CallOptions): Promise<LinkRequestedView>;
  /** Trades a mailed code, once, for a token that opens that booking alone. Fails: NOT_ALLOWED, RATE_LIMITED. */
  openLink(code: string, options?: CallOptions): Promise<LinkOpenedView>;
  cancelQuote(id: string, options?: CallOptions): Promise<CancelQuoteView>;
  /** A hold needs no quote; a confirmed booking needs its newest one. */
  cancel(id: string, options?: CallOptions & { quoteId?: string }): Promise<BookingView>;
  /**
   * Holds again what a booking that is over had, under a new id (`newId`, or one is minted) and at today's price; with
   * `expected`, at that price or not at all. Fails: NOT_ALLOWED (not over), and as `hold` does.
   */
  rehold(id: string, options?: HoldOptions & { newId?: string; expected?: Money }): Promise<BookingView>;
  /** Each state once and in order, the present one first. */
  watch(id: string, options?: { signal?: AbortSignal }): AsyncGenerator<BookingView, void>;
  /** Requests whose outcome is not known: left by a crash, an abort, or given up after the last repeat. */
  pending(): Promise<Intent[]>;
  /**
   * Asks what became of each of them, and repeats those that had no effect with the same id.
   *
   * @param options.maxAgeMs an older one without effect is dropped: what was wanted then may not be now (15 min).
   */
  settlePending(options?: { maxAgeMs?: number; signal?: AbortSignal }): Promise<Settled[]>;
}

export interface BookingPage {
  bookings: BookingView[];
  nextCursor: string | null;
}

const defaultMaxAgeMs = 900_000;

export function createBookings(
  trpc: TRPCClient<AppRouter>,
  call: Calling,
  log: IntentLog,
  owner: () => Promise<string | null>,
  isOver: () => boolean,
  waiting: Waiting,
): Bookings {
  // Those that this very client is working on are not left over.
  const active = new Set<string>();

  const hold = (procedure: 'hold' | 'create', { id = newId(), ...body }: NewBooking, options?: HoldOptions) =>
    send({ procedure, input: { id: id.toLowerCase(), ...body } }, options);

  async function send(request: IntentRequest, options?: HoldOptions) {
    const intent: Intent = { ...request, at: Date.now(), owner: await owner(), wanted: true };
    options?.signal?.throwIfAborted();
    active.add(intent.input.id);
    try {
      await log.put(intent);
      return await sendStored(intent, options);
    } finally {
      active.delete(intent.input.id);
    }
  }

  async function sendStored(intent: Intent, options?: HoldOptions): Promise<BookingView> {
    const trace = { sends: 0 };
    try {
      const booking = await performInTurn(intent, { ...options, trace });
      await forget(intent);
      return booking;
    } catch (error) {
      const isKnown = error instanceof AirsideError ? error.outcome === 'refused' : trace.sends === 0;
      if (isKnown) await forget(intent);
      // Given up on purpose: whoever settles it later must not hold the seats anew.
      else if (options?.signal?.aborted) await log.put({ ...intent, wanted: false });
      throw error;
    }
  }

  /** The same call again, with the same id, whenever it is its turn in the line; how long a line is says its place. */
  const performInTurn = (intent: Intent, { waiting: how, ...options }: HoldOptions & { trace: CallTrace }) =>
    inTurn(waiting, (token) => call((given) => perform(intent, given, token), { ...options, waits: true }), {
      ...how,
      signal: options.signal,
    });

  function perform(intent: Intent, given: GivenOptions, waitingToken?: string): Promise<BookingView> {
    if (intent.procedure !== 'rehold') {
      const input = waitingToken === undefined ? intent.input : { ...intent.input, waitingToken };
      return trpc.booking[intent.procedure].mutate(input, given);
    }
    const { id, again, expected } = intent.input;
    return trpc.booking.rehold.mutate({ id: again, newId: id, ...(expected && { expected }) }, given);
  }

  /** What cannot be removed is settled once more some day, which changes nothing; the answer is worth more. */
  const forget = (intent: Intent): Promise<void> => log.remove(intent.input.id).catch(() => {});

  async function pending(): Promise<Intent[]> {
    const me = await owner();
    const intents = await log.all();
    return intents.filter((intent) => !active.has(intent.input.id) && (!intent.owner || !me || intent.owner === me));
  }

  async function settle(intent: Intent, maxAgeMs: number, signal?: AbortSignal): Promise<Settled> {
    const { id } = intent.input;
    const found = await find(id, signal);
    if (found && !intent.wanted && found.status === 'held') {
      const booking = await call((given) => trpc.booking.cancel.mutate({ id }, given), { signal });
      await forget(intent);
      return { intent, outcome: 'released', booking };
    }
    // A `create` may have got no further than its hold.
    const isDone = found && (intent.procedure !== 'create' || found.status !== 'held' || !intent.wanted);
    if (!isDone && intent.wanted && Date.now() - intent.at <= maxAgeMs) {
      return { intent, outcome: 'found', booking: await sendStored(intent, { signal }) };
    }
    await forget(intent);
    return found ? { intent, outcome: 'found', booking: found } : { intent, outcome: 'dropped' };
  }

  async function find(id: string, signal?: AbortSignal): Promise<BookingView | undefined> {
    try {
      return await call((given) => trpc.booking.get.query({ id }, given), { signal });
    } catch (error) {
      if (isFailure(error, 'NOT_FOUND')) return undefined;
      throw error;
    }
  }

  const get = (id: string, options?: CallOptions) => call((given) => trpc.booking.get.query({ id }, given), options);

  return {
    hold: (booking, options) => hold('hold', booking, options),
    create: (booking, options) => hold('create', booking, options),
    pay: (id, { method, ...options } = {}) =>
      call((given) => trpc.booking.pay.mutate({ id, method } satisfies z.input<typeof payInput>, given), options),
    setPassengers: (input, options) => call((given) => trpc.booking.setPassengers.mutate(input, given), options),
    get,
    timeline: async (id, options) =>
      (await call((given) => trpc.booking.timeline.query({ id }, given), options)).entries,
    list: (input = {}, options) => call((given) => trpc.booking.list.query(input, given), options),
    requestLink: (asked, options) => call((given) => trpc.booking.requestLink.mutate(asked, given), options),
    openLink: (code, options) => call((given) => trpc.booking.openLink.mutate({ code }, given), options),
    cancelQuote: (id, options) => call((given) => trpc.booking.cancelQuote.query({ id }, given), options),
    cancel: (id, { quoteId, ...options } = {}) =>
      call(
        (given) => trpc.booking.cancel.mutate({ id, quoteId } satisfies z.input<typeof cancelInput>, given),
        options,
      ),
    rehold: (again, { newId: id = newId(), expected, ...options } = {}) =>
      send(
        {
          procedure: 'rehold',
          input: { id: id.toLowerCase(), again: again.toLowerCase(), ...(expected && { expected }) },
        },
        options,
      ),
    watch: (bookingId, { signal } = {}) => {
      let seen = -1;
      return watch<BookingView>({
        subscribe: (lastEventId, observer) => trpc.booking.onStatus.subscribe({ bookingId, lastEventId }, observer),
        inbox: everyInbox(),
        isNews: ({ data: { version } }) => {
          const isNews = version > seen;
          if (isNews) seen = version;
          return isNews;
        },
        isOver,
        signal,
      });
    },
    pending,
    settlePending: async ({ maxAgeMs = defaultMaxAgeMs, signal } = {}) => {
      const settled: Settled[] = [];
      for (const intent of await pending()) {
        active.add(intent.input.id);
        try {
          settled.push(await settle(intent, maxAgeMs, signal));
        } catch (thrown) {
          signal?.throwIfAborted();
          const error = airsideErrorOf(thrown);
          if (!(error instanceof AirsideError)) throw error;
          settled.push({ intent, outcome: error.outcome === 'refused' ? 'refused' : 'unknown', error });
        } finally {
          active.delete(intent.input.id);
        }
      }
      return settled;
    },
  };
}
