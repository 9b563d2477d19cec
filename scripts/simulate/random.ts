/** Random numbers that are a function of the seed alone: everything a simulation draws comes from here. */
export interface Random {
  /** 0 … 2^32 − 1. */
  next(): number;
  /** 0 … n − 1. */
  below(n: number): number;
  /** Both ends included. */
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** In place. */
  shuffle<T>(items: T[]): T[];
  /** A version 7 UUID in shape; its bits are drawn. */
  uuid(): string;
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** splitmix32 spreads the seed over the state of sfc32, which passes PractRand and costs some ten instructions. */
export function createRandom(seed: number): Random {
  let mixing = seed >>> 0;
  const mix = () => {
    mixing = (mixing + 0x9e3779b9) | 0;
    let t = mixing ^ (mixing >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) | 0;
  };
  // Seeds beyond 32 bits differ, too.
  let a = mix() ^ Math.floor(seed / 2 ** 32);
  let b = mix();
  let c = mix();
  let counter = 1;
  const next = () => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let warm = 0; warm < 12; warm++) next();
  const below = (n: number) => Math.floor((next() / 2 ** 32) * n);
  const byte = (word: number, place: number) => hex[(word >>> (place * 8)) & 255];
  return {
    next,
    below,
    between: (least, most) => least + below(most - least + 1),
    chance: (probability) => next() < probability * 2 ** 32,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    shuffle: (items) => {
      for (let i = items.length - 1; i > 0; i--) {
        const j = below(i + 1);
        const kept = items[i] as (typeof items)[number];
        items[i] = items[j] as (typeof items)[number];
        items[j] = kept;
      }
      return items;
    },
    uuid: () => {
      const w = next();
      const x = next();
      const y = next();
      const z = next();
      return (
        `${byte(w, 0)}${byte(w, 1)}${byte(w, 2)}${byte(w, 3)}-${byte(x, 0)}${byte(x, 1)}` +
        `-7${(byte(x, 2) as string)[1]}${byte(x, 3)}-a${(byte(y, 0) as string)[1]}${byte(y, 1)}` +
        `-${byte(y, 2)}${byte(y, 3)}${byte(z, 0)}${byte(z, 1)}${byte(z, 2)}${byte(z, 3)}`
      );
    },
  };
}

const symbols = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Record locators of one seed's own, 32 of them: two histories never share any, two bookings of one may draw the same. */
export function locatorsOf(seed: number): string[] {
  let prefix = '';
  for (let rest = seed; prefix.length < 5; rest = Math.floor(rest / 32)) prefix += symbols[rest % 32];
  return Array.from(symbols, (last) => prefix + last);
}
