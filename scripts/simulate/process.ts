import type { SellingRoom } from '../../server/domain/booking/booking-room.ts';
import type { BookingStore } from '../../server/domain/booking/booking-store.ts';
import { createRecentHolds } from '../../server/domain/booking/recent-holds.ts';
import { createSellingLanes } from '../../server/domain/booking/selling-lanes.ts';
import type { SeatGate } from '../../server/domain/inventory/seat-gate.ts';
import type { SeatTruth } from '../../server/domain/inventory/seat-truth.ts';
import type { Metrics } from '../../server/domain/operations/metrics.ts';
import { noWaitingRoom } from '../../server/domain/waiting-room/waiting-room.ts';
import { postgresError } from './model-record.ts';
import type { Verbs } from './model-store.ts';
import { type Fault, ttlSeconds } from './weather.ts';
import type { World } from './world.ts';

const uncounted = { inc: () => undefined };
const metrics = {
  bookingsTotal: uncounted,
  bookingsSuccess: uncounted,
  bookingsFailed: uncounted,
} as unknown as Pick<Metrics, 'bookingsTotal' | 'bookingsSuccess' | 'bookingsFailed'>;

const verbs = [
  'hold',
  'pay',
  'settle',
  'cancel',
  'expire',
  'release',
  'refunded',
  'seal',
  'read',
  'untilDecided',
  'known',
  'due',
  'stranded',
  'hoursToDeparture',
  'saveQuote',
] as const satisfies (keyof BookingStore)[];

/** One process of ours: the real commands and lanes, on a record that is far away and not always there. */
export class Process {
  readonly name: string;
  readonly room: SellingRoom;
  isAlive = true;
  readonly #world: World;
  /** Told when this process dies. */
  readonly onDeath = new Set<() => void>();

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
    const clock = world.scheduler.clock(() => this.isAlive);
    const store = Object.fromEntries(
      verbs.map((verb) => [verb, (...given: unknown[]) => this.#send(verb, given as never)]),
    ) as unknown as BookingStore;
    const own = world.gate?.gateOf(clock, () => this.isAlive);
    const gate: SeatGate = own ?? { refuses: () => undefined, asks: async () => undefined, settle: () => undefined };
    const onSeats = (truths: SeatTruth[]) => {
      world.recorder.checkPublished(truths);
      gate.settle(truths);
      if (own) world.gate?.publish(own, truths);
    };
    this.room = {
      store,
      clock,
      metrics,
      lanes: createSellingLanes({ store, clock, onSeats }),
      recent: createRecentHolds(),
      limits: { enter: async ({ ttlSeconds }) => ({ ttlSeconds }), left: () => undefined },
      gate,
      waiting: noWaitingRoom,
      alternatives: { peek: () => [], nearest: async () => [] },
      holdTtlSeconds: ttlSeconds,
      // Nobody here buys by an offer: an agreed price is what the record sees of one.
      acceptOffer: () => Promise.reject(new Error('no offers here')),
      announce: () => undefined,
      nudgePayments: () => undefined,
    };
  }

  /** Memory is lost; whatever was on its way to the record may still come there. */
  die(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#world.say(() => `${this.name} dies`);
    for (const tell of this.onDeath) tell();
    this.onDeath.clear();
    this.#world.replace(this);
  }

  #send<V extends keyof Verbs>(verb: V, given: Parameters<Verbs[V]>): Promise<ReturnType<Verbs[V]>> {
    const world = this.#world;
    const { random, scheduler } = world;
    return new Promise((resolve, reject) => {
      if (!this.isAlive) return;
      const answer = (tell: () => void) =>
        scheduler.after(world.travelMs(), () => {
          if (this.isAlive) tell();
        });
      /** The statement arrives; what follows it is another moment. */
      const arrive = (then: (tell: () => void) => void, ghost = '') => {
        const done = (result: ReturnType<Verbs[V]>) => then(() => resolve(result));
        const failed = (error: unknown) => then(() => reject(error));
        return world.perform(verb, given, done, failed, `${this.name}${ghost}`) ?? 'quiet';
      };
      const onTheWay = world.travelMs();
      const fault = world.drawFault();
      if (fault) world.say(() => `${this.name} ${verb}: ${fault}`);
      switch (fault) {
        case undefined:
          scheduler.after(onTheWay, () => arrive(answer));
          return;
        case 'crash-before':
          this.die();
          return;
        case 'crash-sent':
          scheduler.after(onTheWay, () => arrive(() => undefined, ' (dead)'));
          this.die();
          return;
        case 'crash-after':
          scheduler.after(onTheWay, () => arrive(() => this.die()));
          return;
        case 'lost-after':
          scheduler.after(onTheWay, () => arrive(() => answer(() => reject(lost(world)))));
          return;
        case 'ghost':
          answer(() => reject(lost(world)));
          scheduler.after(random.pick([1, 40, 300, 2_500, 30_000, 90_000]), () => arrive(() => undefined, ' (ghost)'));
          return;
        default:
          scheduler.after(onTheWay, () => answer(() => reject(refusalOf(world, fault))));
      }
    });
  }
}

const lost = ({ random }: World): Error =>
  random.pick([
    () => postgresError('ECONNRESET', 'read ECONNRESET'),
    () => postgresError('57P01', 'terminating connection due to administrator command'),
    () => new Error('Connection terminated unexpectedly'),
  ])();

function refusalOf(world: World, fault: Exclude<Fault, 'crash-before' | 'crash-sent' | 'crash-after'>): Error {
  switch (fault) {
    case 'race':
      return postgresError('40001', 'could not serialize access');
    case 'lock':
      return postgresError('55P03', 'canceling statement due to lock timeout');
    case 'timeout':
      return postgresError('57014', 'canceling statement due to statement timeout');
    default:
      return lost(world);
  }
}
