import type { Temper } from './provider.ts';
import type { Random } from './random.ts';

/** What can happen to a statement on its way to the record and back. */
export const faults = [
  /** The process dies before it sends it. */
  'crash-before',
  /** The process dies while it is on its way: it is done, and nobody hears. */
  'crash-sent',
  /** The process dies before it reads the answer. */
  'crash-after',
  /** The connection is lost, and the statement with it. */
  'lost-before',
  /** It commits, and the connection is lost before the answer comes. */
  'lost-after',
  /** The connection is lost; the statement still lies in a buffer, and comes later. */
  'ghost',
  /** It loses a race (40001). */
  'race',
  /** It waits for a row lock in vain (55P03). */
  'lock',
  /** It takes longer than it may (57014). */
  'timeout',
] as const;
export type Fault = (typeof faults)[number];

/** What kind of day a history is. */
export interface Weather {
  processes: number;
  /** How likely a statement meets a fault. */
  faultRate: number;
  faults: Fault[];
  /** How likely a message is late, from milliseconds to longer than a hold lives. */
  slowRate: number;
  /** How likely an event of the provider is delivered again, and not at all. */
  repeatRate: number;
  lossRate: number;
  temper: Temper;
  /** There is a gate in Redis before the record, which may shed by what was so a moment ago. */
  hasGate: boolean;
  redisLossRate: number;
  /** Everybody comes within a fraction of a second. */
  isRush: boolean;
  buyers: number;
  trips: number;
  cabins: { flight: number; capacity: number; price: number; currency: string; departsAfterMs: number }[];
  edits: number;
  /** Everybody buys until nothing is left: at the end as much is sold as there is. */
  sellsOut: boolean;
}

const hourMs = 3_600_000;
export const ttlSeconds = 60;

export function drawWeather(random: Random): Weather {
  const flights = random.between(1, 2);
  // Most flights depart long after; some while the history is told, some so soon that a penalty is kept.
  const departures = Array.from({ length: flights }, () => {
    const fate = random.below(12);
    return fate === 0 ? random.between(30, 200) * 1_000 : fate < 4 ? 20 * hourMs : 100 * hourMs;
  });
  const foreign = random.chance(0.05);
  const price = random.pick([100, 100, 199, 4_501, 0, 2 ** 50]);
  const calm = random.chance(0.2);
  const isRush = random.chance(0.2);
  return {
    processes: random.pick([1, 2, 2, 3]),
    faultRate: calm ? 0 : random.pick([0.01, 0.03, 0.08, 0.2]),
    faults: random.shuffle([...faults]).slice(0, random.between(1, faults.length)),
    slowRate: random.pick([0, 0.02, 0.1]),
    repeatRate: random.pick([0, 0.2, 0.6]),
    lossRate: random.pick([0, 0, 0.3]),
    temper: {
      declines: random.pick([0, 0, 0.3]),
      authorises: random.pick([0, 0, 0.5]),
      changesItsMind: random.pick([0, 0.5]),
    },
    hasGate: random.chance(0.4),
    redisLossRate: random.pick([0, 0.1, 0.5]),
    isRush,
    buyers: isRush ? random.between(5, 9) : random.between(2, 6),
    trips: random.pick([1, 1, 1, 2]),
    cabins: Array.from({ length: random.between(1, 3) }, (_, place) => {
      const flight = place < flights ? place : random.below(flights);
      return {
        flight,
        capacity: random.between(1, 4),
        price: price + place,
        currency: foreign && flight === 1 ? 'EUR' : 'USD',
        departsAfterMs: departures[flight] as number,
      };
    }),
    edits: random.pick([0, 0, 1, 3]),
    sellsOut: random.chance(0.2),
  };
}

/** A gate sheds by a truth that was young when it came, and a truth may be so late. */
export const slowestWithGateMs = 500;

/** How long a message travels, in milliseconds. */
export function travelMs(random: Random, slowRate: number, slowestMs = Number.POSITIVE_INFINITY): number {
  const luck = random.below(16);
  if (luck < 9) return 0;
  if (!random.chance(slowRate)) return random.between(1, luck < 14 ? 5 : 60);
  return Math.min(slowestMs, random.pick([80, 500, 3_000, 20_000, 70_000]));
}
