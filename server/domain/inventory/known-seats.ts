import type { CabinClass } from '../../../shared/flight.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import { CabinMap } from './cabin-map.ts';
import type { FlightPart } from './seat-truth.ts';

/** A cabin's seats as Postgres has told them, to this process or to another. */
export interface ToldSeats {
  cabinId: number;
  flightId: string;
  cabin: CabinClass;
  available: number;
  state: FlightPart['state'];
  version: number;
}

/**
 * Who told: Postgres as it decided about a buyer of ours, Postgres as we looked at the row, or another
 * process. Only what is new counts from another process: its message may have been long on its way.
 */
type Teller = 'buyer' | 'reading' | 'elsewhere';

/** Before any clock, so that every age of it is great. */
const never = Number.MIN_SAFE_INTEGER;

/** What this process knows of a cabin. Times are of the process's clock, in milliseconds. */
export interface KnownCabin extends ToldSeats {
  /** The truth was learnt, or read again. */
  learntAt: number;
  /**
   * The truth was learnt, or a buyer was told it again. A mere look at the row does not count: holds that
   * are over are given back when somebody buys, and until then the counters hide their seats.
   */
  answeredAt: number;
  /** A member was let through to ask Postgres although the cabin seemed sold out. */
  probedAt: number;
  /** Somebody wanted seats here. */
  wantedAt: number;
  /** Somebody was told that there are none. */
  refusedAt: number;
  /** Redis was told. */
  settledAt: number;
  /** Its turn in the order of use: how many moves there were before it was put last. */
  turn: number;
}

/** Times of one cabin's sold-out answers. */
const cacheMs = 100;
const youngMs = 1_000;

/** Cabins nobody asked about for so long are no longer looked after. */
const activeMs = 60_000;
/** Redis counts a truth as young for a second; told again this often, and looked at each quarter, it stays so. */
const settleEveryMs = 750;
const settleSoldOutEveryMs = 200;

/**
 * The newest truth of the cabins that this process had to do with, the least recently used forgotten
 * first. Newest is by cabin id (a flight that is made again has new cabins) and version.
 */
export class KnownSeats {
  /** In the order of use. */
  readonly #cabins = new Set<KnownCabin>();
  readonly #byName = new CabinMap<KnownCabin>();
  /** How often a cabin was put last. */
  #moves = 0;
  readonly #clock: Clock;
  readonly #cabinsMax: number;

  constructor(clock: Clock, cabinsMax = 10_000) {
    this.#clock = clock;
    this.#cabinsMax = cabinsMax;
  }

  get size(): number {
    return this.#cabins.size;
  }

  find(flightId: string, cabin: CabinClass): KnownCabin | undefined {
    const known = this.#byName.get(flightId, cabin);
    // A Set keeps the order of insertion: whoever is used goes to the end, but for the newer half. Two hot cabins
    // would change places at every call, and a Set that only moves is made anew all the time (7 % of such a hold).
    if (!known || this.#moves - known.turn <= this.#cabins.size / 2) return known;
    this.#cabins.delete(known);
    this.#putLast(known);
    return known;
  }

  /** Answers what is known now, or undefined when that is newer than what was told. */
  learn(told: ToldSeats, teller: Teller): KnownCabin | undefined {
    const now = this.#clock.now();
    const known = this.find(told.flightId, told.cabin);
    const isSameCabin = known?.cabinId === told.cabinId;
    if (known && (isSameCabin ? told.version < known.version : told.cabinId < known.cabinId)) return undefined;
    if (known && isSameCabin && told.version === known.version) {
      if (teller !== 'elsewhere') known.learntAt = now;
      if (teller === 'buyer') known.answeredAt = now;
      return known;
    }
    const { cabinId, flightId, cabin, available, state, version } = told;
    const news = { cabinId, flightId, cabin, available, state, version, learntAt: now, answeredAt: now };
    // In place, for whoever looks at it meanwhile sees the news.
    if (known) return Object.assign(known, news, isSameCabin ? {} : { settledAt: never });
    const learnt = { ...news, probedAt: never, wantedAt: never, refusedAt: never, settledAt: never, turn: 0 };
    this.#putLast(learnt);
    this.#byName.set(flightId, cabin, learnt);
    if (this.#cabins.size > this.#cabinsMax) this.#drop(this.#cabins.values().next().value as KnownCabin);
    return learnt;
  }

  #putLast(known: KnownCabin): void {
    known.turn = ++this.#moves;
    this.#cabins.add(known);
  }

  #drop(known: KnownCabin): void {
    this.#cabins.delete(known);
    this.#byName.delete(known.flightId, known.cabin);
  }

  forget(flightId: string, cabin: CabinClass): void {
    const known = this.#byName.get(flightId, cabin);
    if (known) this.#drop(known);
  }

  isYoung(known: KnownCabin): boolean {
    return this.#isWithin(known.learntAt, youngMs);
  }

  /** By a young truth nothing is free, and the cabin would be for sale. */
  isSoldOut(known: KnownCabin): boolean {
    return known.available === 0 && known.state === 'open' && this.isYoung(known);
  }

  /** Postgres told it a moment ago. */
  isAnswered(known: KnownCabin): boolean {
    return this.#isWithin(known.answeredAt, cacheMs);
  }

  /** Somebody is on the way to ask; what comes back is good for all. */
  isProbed(known: KnownCabin): boolean {
    return this.#isWithin(known.probedAt, cacheMs);
  }

  /**
   * Cabins in use that Redis should be told of again, at most so many: first those in which buyers are
   * being refused, then those that have waited longest.
   */
  due(max: number): KnownCabin[] {
    const due: KnownCabin[] = [];
    for (const known of this.#cabins) {
      if (!this.#isWithin(known.wantedAt, activeMs)) continue;
      if (!this.#isWithin(known.settledAt, this.#isInDemand(known) ? settleSoldOutEveryMs : settleEveryMs)) {
        due.push(known);
      }
    }
    if (due.length <= max) return due;
    const rank = (known: KnownCabin): number => (this.#isInDemand(known) ? 0 : known.settledAt);
    return due.sort((a, b) => rank(a) - rank(b)).slice(0, max);
  }

  #isInDemand(known: KnownCabin): boolean {
    return this.#isWithin(known.refusedAt, youngMs);
  }

  /** Negative time has passed when the clock was set back: then nothing is young. */
  #isWithin(since: number, ms: number): boolean {
    const passed = this.#clock.now() - since;
    return passed >= 0 && passed < ms;
  }
}
