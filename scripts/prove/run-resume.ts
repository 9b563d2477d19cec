import { createTRPCClient, httpLink, type TRPCClient, TRPCClientError } from '@trpc/client';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { AppRouter } from '../../server/transport/app.router.ts';
import type { BookingStatus, BookingView } from '../../shared/booking.ts';
import type { FailureView } from '../../shared/failure.ts';
import { newId } from '../../shared/ids.ts';
import { transformer } from '../../shared/transformer.ts';
import { createRandom, type Random } from '../stage/random.ts';
import { type Follower, follow, type ResumeKind } from './follower.ts';
import { startTwoNodes, type TwoNodes } from './two-nodes.ts';

export interface ResumeOptions {
  /** Resumes to prove. */
  times: number;
  seed: number;
  /** Bookings that live at the same time, each with a follower. */
  clients: number;
  onProgress?: (sofar: ResumeProof) => void;
}

export interface ResumeProof {
  seed: number;
  /** Resumes after: the socket was cut, the client moved to the other node, the node was killed. */
  resumes: Record<ResumeKind, number>;
  /** `kill -9` of a node. */
  kills: number;
  /** `FLUSHALL` of Redis. */
  flushes: number;
  /** Bookings that were followed to their end, and events that came of them. */
  bookings: number;
  events: number;
  endings: Partial<Record<BookingStatus, number>>;
  /** Entries of the whole log that each of two operators got, in order. */
  logEntries: number;
  /** A gap, a repeat, a refusal: empty, or the proof has failed. */
  faults: string[];
  /** The longest that a state was in the record before its follower had it; it may have been without a node meanwhile. */
  slowestDeliverySeconds: number;
  /** The longest wait for a payment or refund: those that die with their node are asked for again, ever more rarely. */
  slowestMoneySeconds: number;
  seconds: number;
}

type Trpc = TRPCClient<AppRouter>;

/** Longer than any recovery on a busy machine; the slowest waits are reported. */
const endMs = 120_000;
const isBetween = (status: BookingStatus) => status === 'held' || status === 'paying' || status === 'refund_pending';

/**
 * Follows bookings from their hold to their end while sockets are cut, clients change nodes, nodes are killed and Redis
 * is flushed; each time the client goes on after the last event that it got. Every booking's versions must come as 1, 2,
 * 3 … without a gap or a repeat, up to the last one; so must the whole log, as operators follow it.
 */
export async function proveResume(options: ResumeOptions): Promise<ResumeProof> {
  const random = createRandom(String(options.seed));
  const began = performance.now();
  const proof: ResumeProof = {
    seed: options.seed,
    resumes: { cut: 0, moved: 0, killed: 0 },
    kills: 0,
    flushes: 0,
    bookings: 0,
    events: 0,
    endings: {},
    logEntries: 0,
    faults: [],
    slowestDeliverySeconds: 0,
    slowestMoneySeconds: 0,
    seconds: 0,
  };
  const nodes = await startTwoNodes({
    PAYMENT_SUCCESS_RATE: '0.8',
    PAYMENT_MIN_DELAY_MS: '0',
    PAYMENT_MAX_DELAY_MS: '120',
  });
  try {
    await new Proof(options, nodes, random, proof, began).run();
  } finally {
    await nodes.stop();
  }
  proof.seconds = (performance.now() - began) / 1000;
  return proof;
}

class Proof {
  readonly #options: ResumeOptions;
  readonly #nodes: TwoNodes;
  readonly #random: Random;
  readonly #proof: ResumeProof;
  readonly #began: number;
  readonly #followers = new Set<Follower>();
  readonly #down = new Set<number>();
  readonly #stopping = new AbortController();

  constructor(options: ResumeOptions, nodes: TwoNodes, random: Random, proof: ResumeProof, began: number) {
    this.#options = options;
    this.#nodes = nodes;
    this.#random = random;
    this.#proof = proof;
    this.#began = began;
  }

  get #done(): number {
    const { cut, moved, killed } = this.#proof.resumes;
    return cut + moved + killed;
  }

  get #isEnough(): boolean {
    return this.#done >= this.#options.times || this.#proof.faults.length > 0;
  }

  async run(): Promise<void> {
    const flightId = await this.#makeFlight();
    const operators = [this.#followLog(0), this.#followLog(1)];
    const trouble = [this.#cutSockets(), this.#killNodes(), this.#flushRedis(), this.#report()];
    await Promise.all(Array.from({ length: this.#options.clients }, () => this.#liveOn(flightId)));
    this.#stopping.abort();
    await Promise.all(trouble);
    await this.#compareLogs(operators);
  }

  // ---- those who follow ------------------------------------------------------------------------------------------

  /** One client: booking after booking, until there were enough resumes. */
  async #liveOn(flightId: string): Promise<void> {
    const { token } = await this.#call((trpc) => trpc.auth.guest.mutate(), {});
    while (!this.#isEnough) {
      try {
        await this.#liveOnce(flightId, token);
      } catch (error) {
        this.#proof.faults.push(`a life broke off: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }
  }

  async #liveOnce(flightId: string, token: string): Promise<void> {
    const id = newId();
    const random = this.#random;
    const ask = <T>(what: (trpc: Trpc) => Promise<T>) => this.#call(what, { token });
    await ask((trpc) => trpc.booking.hold.mutate({ id, legs: [{ flightId, cabin: 'economy' }], seats: 1 }));
    let seen = 0;
    let status: BookingStatus | undefined;
    const follower = this.#follow({
      path: 'booking.onStatus',
      input: { bookingId: id },
      credentials: { token },
      // From before the beginning; without an id it would begin with whatever is by then.
      lastEventId: '0',
      onEvent: (eventId, data) => {
        const booking = data as BookingView;
        if (booking.version !== seen + 1 || eventId !== String(booking.version)) {
          this.#proof.faults.push(`booking ${id}: after version ${seen} came ${booking.version} (event ${eventId})`);
        }
        seen = booking.version;
        status = booking.status;
        this.#proof.events += 1;
      },
    });
    try {
      await this.#rename(id, ask, random.between(0, 3));
      await ask((trpc) => trpc.booking.pay.mutate({ id }));
      await this.#rename(id, ask, random.between(0, 2));
      const arrived = async (until: (now: BookingView) => boolean): Promise<BookingView> => {
        const now = await this.#settled(id, ask, until);
        const began = performance.now();
        await this.#until(
          () => seen >= now.version,
          () => `booking ${id}: version ${now.version} is there, ${seen} was the last to come, ${follower.describe()}`,
        );
        const seconds = (performance.now() - began) / 1000;
        this.#proof.slowestDeliverySeconds = Math.max(this.#proof.slowestDeliverySeconds, seconds);
        return now;
      };
      const { status: outcome } = await arrived((now) => !isBetween(now.status));
      await this.#rename(id, ask, random.between(0, 2));
      if (outcome === 'confirmed' && random.next() < 0.7) {
        await this.#cancel(id, ask);
        await arrived((now) => now.status === 'refunded');
      }
      await arrived(() => true);
      if (status) this.#proof.endings[status] = (this.#proof.endings[status] ?? 0) + 1;
      this.#proof.bookings += 1;
    } finally {
      follower.stop();
      this.#followers.delete(follower);
    }
  }

  /** Asks the record until the booking has come so far. */
  async #settled(
    id: string,
    ask: <T>(what: (trpc: Trpc) => Promise<T>) => Promise<T>,
    until: (now: BookingView) => boolean,
  ): Promise<BookingView> {
    const began = performance.now();
    for (;;) {
      const now = await ask((trpc) => trpc.booking.get.query({ id }));
      const seconds = (performance.now() - began) / 1000;
      if (until(now)) {
        this.#proof.slowestMoneySeconds = Math.max(this.#proof.slowestMoneySeconds, seconds);
        return now;
      }
      if (seconds * 1000 > endMs) throw new Error(`booking ${id}: still ${now.status} after ${seconds.toFixed(0)} s`);
      await this.#sleep(100, false);
    }
  }

  /** Each new name is one more version. */
  async #rename(id: string, ask: <T>(what: (trpc: Trpc) => Promise<T>) => Promise<T>, times: number): Promise<void> {
    for (let index = 0; index < times; index++) {
      await this.#sleep(this.#random.between(0, 250));
      const givenName = `A${'abcdefghij'[this.#random.between(0, 9)]}${'klmnopqrst'[this.#random.between(0, 9)]}`;
      const passengers = [{ type: 'adult' as const, givenName, familyName: 'Doe' }];
      await ask((trpc) => trpc.booking.setPassengers.mutate({ id, passengers })).catch(ignoreRefusal);
    }
  }

  async #cancel(id: string, ask: <T>(what: (trpc: Trpc) => Promise<T>) => Promise<T>): Promise<void> {
    for (;;) {
      const { quoteId } = await ask((trpc) => trpc.booking.cancelQuote.query({ id }));
      try {
        await ask((trpc) => trpc.booking.cancel.mutate({ id, quoteId }));
        return;
      } catch (error) {
        // The answer was lost with its node, and the quote is used: then it is cancelled.
        ignoreRefusal(error);
        const { status } = await ask((trpc) => trpc.booking.get.query({ id }));
        if (status !== 'confirmed') return;
      }
    }
  }

  /** An operator who follows everything, from the very beginning. */
  #followLog(node: 0 | 1): string[] {
    const positions: string[] = [];
    this.#follow({
      path: 'admin.onEvents',
      input: {},
      credentials: { apiKey: this.#nodes.apiKey },
      lastEventId: '1:0-0',
      node,
      onEvent: (eventId) => positions.push(eventId.replace('1:', '')),
    });
    return positions;
  }

  async #compareLogs(operators: string[][]): Promise<void> {
    const pool = new pg.Pool({ connectionString: this.#nodes.databaseUrl, max: 1 });
    const read = () =>
      pool.query<{ position: string }>(`select xid::text || '-' || id as position from outbox order by xid, id`);
    try {
      const { rows } = await read();
      const whole = rows.map((row) => row.position);
      this.#proof.logEntries = whole.length;
      for (const positions of operators) {
        await this.#until(
          () => positions.length >= whole.length,
          () => `an operator got ${positions.length} of ${whole.length}`,
        ).catch((error: Error) => this.#proof.faults.push(error.message));
        const at = whole.findIndex((position, index) => positions[index] !== position);
        if (at >= 0) this.#proof.faults.push(`the log has ${whole[at]} where an operator got ${positions[at]} (${at})`);
      }
    } finally {
      await pool.end();
      for (const follower of this.#followers) follower.stop();
    }
  }

  #follow(options: {
    path: string;
    input: Record<string, unknown>;
    credentials: Record<string, string>;
    lastEventId: string;
    node?: 0 | 1;
    onEvent: (id: string, data: unknown) => void;
  }): Follower {
    let node = options.node ?? this.#random.pick([0, 1] as const);
    const follower = follow({
      ...options,
      urlOf: (moved) => {
        // Whose node is down either waits for it or goes to the other one.
        if (moved || (this.#down.has(node) && this.#random.next() < 0.2)) node = node === 0 ? 1 : 0;
        return this.#nodes.urls[node];
      },
      onResume: (kind) => {
        this.#proof.resumes[kind] += 1;
      },
      onFault: (fault) => this.#proof.faults.push(fault),
    });
    this.#followers.add(follower);
    return follower;
  }

  // ---- trouble ---------------------------------------------------------------------------------------------------

  async #cutSockets(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      // Each follower about every four seconds.
      await this.#sleep((4_000 / this.#options.clients) * (0.5 + this.#random.next()));
      const followers = [...this.#followers];
      if (followers.length > 0) this.#random.pick(followers).lose(this.#random.next() < 0.5 ? 'cut' : 'moved');
    }
  }

  async #killNodes(): Promise<void> {
    let node: 0 | 1 = 0;
    while (!this.#stopping.signal.aborted) {
      await this.#sleep(this.#random.between(1_000, 3_000));
      if (this.#stopping.signal.aborted) return;
      this.#down.add(node);
      this.#proof.kills += 1;
      await this.#nodes.killAndRestart(node).catch((error: Error) => this.#proof.faults.push(error.message));
      this.#down.delete(node);
      node = node === 0 ? 1 : 0;
    }
  }

  async #flushRedis(): Promise<void> {
    const redis = new Redis(this.#nodes.redisUrl);
    while (!this.#stopping.signal.aborted) {
      await this.#sleep(this.#random.between(1_000, 5_000));
      await redis.flushall();
      this.#proof.flushes += 1;
    }
    redis.disconnect();
  }

  async #report(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#sleep(1_000);
      this.#proof.seconds = (performance.now() - this.#began) / 1000;
      this.#options.onProgress?.(this.#proof);
    }
  }

  // ---- calls -----------------------------------------------------------------------------------------------------

  async #makeFlight(): Promise<string> {
    const date = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const id = newId();
    await this.#call(
      (trpc) =>
        trpc.admin.flights.create.mutate({
          id,
          carrier: 'QX',
          number: '1',
          origin: 'JFK',
          destination: 'LHR',
          departsAt: `${date}T10:00`,
          arrivesAt: `${date}T22:00`,
          cabins: [{ cabin: 'economy', capacity: 100_000, price: { amount: 45_000, currency: 'USD' } }],
        }),
      { apiKey: this.#nodes.apiKey },
    );
    return id;
  }

  /** Asks a node that is up; again, the other one, when there was no answer or it said to come back. */
  async #call<T>(what: (trpc: Trpc) => Promise<T>, who: { token?: string; apiKey?: string }): Promise<T> {
    const deadline = performance.now() + endMs;
    for (;;) {
      const up = ([0, 1] as const).filter((node) => !this.#down.has(node));
      const url = this.#nodes.urls[this.#random.pick(up.length > 0 ? up : ([0, 1] as const))];
      const headers = { ...(who.token && { authorization: `Bearer ${who.token}` }), 'x-api-key': who.apiKey ?? '' };
      if (!who.apiKey) delete (headers as Record<string, string>)['x-api-key'];
      try {
        return await what(
          createTRPCClient<AppRouter>({ links: [httpLink({ url: `${url}/trpc`, transformer, headers })] }),
        );
      } catch (error) {
        const failure = failureOf(error);
        if ((failure && !failure.retryable) || performance.now() > deadline) throw error;
      }
      await this.#sleep(this.#random.between(20, 80), false);
    }
  }

  async #until(isSo: () => boolean, complaint: () => string): Promise<void> {
    const began = performance.now();
    while (!isSo()) {
      if (performance.now() > began + endMs) throw new Error(complaint());
      await this.#sleep(20, false);
    }
  }

  #sleep(ms: number, stoppable = true): Promise<void> {
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      if (stoppable && signal.aborted) return resolve();
      const timer = setTimeout(end, ms);
      function end() {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      }
      if (stoppable) signal.addEventListener('abort', end, { once: true });
    });
  }
}

const failureOf = (error: unknown): FailureView | undefined =>
  error instanceof TRPCClientError ? (error.data as { failure?: FailureView } | null)?.failure : undefined;

/** A definite no, because the booking has moved on meanwhile. */
function ignoreRefusal(error: unknown): void {
  if (failureOf(error)?.code !== 'NOT_ALLOWED') throw error;
}
