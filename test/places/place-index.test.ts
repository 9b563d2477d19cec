import { describe, expect, it } from 'vitest';
import { createPlaceIndex } from '../../server/domain/places/place-index.ts';
import { WordTrie } from '../../server/domain/places/word-trie.ts';
import { worldPlaces } from '../../server/domain/places/world-places.ts';
import type { PlaceView } from '../../shared/place.ts';

const facts = worldPlaces();
const views: PlaceView[] = facts.map(({ cityCode, ...place }) => ({
  ...place,
  related:
    place.kind === 'city'
      ? facts.filter((each) => each.kind === 'airport' && each.cityCode === place.code).map((each) => each.code)
      : cityCode
        ? [cityCode]
        : [],
}));
const traffic = new Map([
  ['LHR', 900],
  ['LGW', 400],
  ['FRA', 800],
  ['CDG', 700],
  ['ORY', 300],
  ['SJC', 50],
  ['SJO', 80],
]);
const index = createPlaceIndex(views, traffic);
const codes = (q: string, limit = 8) => index.find(q, limit).map((each) => each.code);

describe('the index of places', () => {
  it('[PLACE-7] an exact code comes first, then cities and words that begin so, the busier before', () => {
    expect(codes('fra')[0]).toBe('FRA');
    expect(codes('san jose').slice(0, 2)).toEqual(['SJO', 'SJC']);
    expect(createPlaceIndex(views, new Map([['SJC', 99]])).find('san jose', 1)[0]?.code).toBe('SJC');
    expect(codes('heathrow')).toEqual(['LHR']);
    expect(codes('zzzz')).toEqual([]);
    expect(codes('  ')).toEqual([]);
    expect(codes('(')).toEqual([]);
  });

  it('[PLACE-7] a city is followed by its airports, most traffic first', () => {
    const london = codes('london');
    expect(london.slice(0, 3)).toEqual(['LON', 'LHR', 'LGW']);
    expect(codes('lon').slice(0, 3)).toEqual(['LON', 'LHR', 'LGW']);
    expect(codes('par').slice(0, 3)).toEqual(['PAR', 'CDG', 'ORY']);
    expect(new Set(codes('a', 50)).size).toBe(50);
    // By its own code an airport stands alone.
    expect(codes('lhr')).toEqual(['LHR']);
  });

  it('[PLACE-6] accents do not matter, on either side; names written together are found', () => {
    for (const [plain, accented] of [
      ['zurich', 'Zürich'],
      ['sao paulo', 'São Paulo'],
      ['malaga', 'málaga'],
    ] as const) {
      expect(codes(plain)[0]).toBeDefined();
      expect(codes(plain)).toEqual(codes(accented));
    }
    expect(codes('newyork')[0]).toBe('NYC');
    expect(codes('ohare')[0]).toBe('ORD');
  });

  it('[PLACE-7] a slip is forgiven in four letters, two in eight, none in fewer', () => {
    const slips = {
      londno: 'LON',
      frnakfurt: 'FRA',
      frankfrut: 'FRA',
      franfkurtt: 'FRA',
      heatrow: 'LHR',
      'new yrok': 'NYC',
      parris: 'PAR',
      amsterdma: 'AMS',
    };
    for (const [q, code] of Object.entries(slips)) expect(codes(q)[0], q).toBe(code);
    expect(codes('lxn')).toEqual([]);
    expect(codes('fxankfuxtx')).toEqual([]);
  });

  it('[PLACE-7] finds as many slips as the textbook counts', () => {
    /** Optimal string alignment, the whole table. */
    const distance = (a: string, b: string): number => {
      const table = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)]);
      for (let j = 1; j <= b.length; j++) (table[0] as number[])[j] = j;
      for (let i = 1; i <= a.length; i++)
        for (let j = 1; j <= b.length; j++) {
          const at = (di: number, dj: number) => table[i - di]?.[j - dj] as number;
          const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
          (table[i] as number[])[j] = Math.min(
            at(1, 0) + 1,
            at(0, 1) + 1,
            at(1, 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
            swapped ? at(2, 2) + 1 : Number.POSITIVE_INFINITY,
          );
        }
      return table[a.length]?.[b.length] as number;
    };
    let seed = 7;
    const draw = (n: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % n;
    };
    const word = (): string => Array.from({ length: 1 + draw(7) }, () => 'abc'[draw(3)]).join('');
    const words = Array.from({ length: 60 }, word);
    const trie = new WordTrie<string>();
    for (const each of words) trie.add(each, each);
    for (let round = 0; round < 200; round++) {
      const start = word();
      for (const slipsMax of [0, 1, 2]) {
        const wanted = new Map<string, number>();
        for (const each of words) {
          const least = Math.min(
            ...Array.from({ length: each.length + 1 }, (_, n) => distance(start, each.slice(0, n))),
          );
          if (least <= slipsMax) wanted.set(each, least);
        }
        expect([...trie.find(start, slipsMax)].sort(), `${start} ${slipsMax}`).toEqual([...wanted].sort());
      }
    }
  });
});
