import type { PlaceView } from '../../../shared/place.ts';
import { WordTrie } from './word-trie.ts';

/**
 * Finds places by what somebody types: the start of a code, a city or a word of the name, with or without accents and
 * with a slip or two. In memory and some ten microseconds a question, for it is asked at every key.
 */
export interface PlaceIndex {
  /** Best first; a city is followed by its airports. */
  find(q: string, limit: number): PlaceView[];
}

/** Letters without accents, small. Apostrophes and dots join, whatever else is no letter or digit parts. */
const folded = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/ß/g, 'ss')
    .replace(/[øØ]/g, 'o')
    .replace(/[łŁ]/g, 'l')
    .replace(/[æÆ]/g, 'ae')
    .toLowerCase()
    .replace(/['’.]/g, '');
const wordsOf = (text: string): string[] => text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');

/** How many slips a word of that length may have: in a short one everything is a slip of everything. */
const slipsAllowed = (length: number): number => (length < 4 ? 0 : length < 8 ? 1 : 2);

interface Entry {
  view: PlaceView;
  code: string;
  city: string;
  /** Flights that leave from it. */
  traffic: number;
  /** Airports of a city, most traffic first. */
  airports: Entry[];
}

interface Match {
  entry: Entry;
  slips: number;
  /** Smaller is better. */
  tier: number;
}

/** `traffic`: departures by airport, as far as they are known; a city has those of its airports. */
export function createPlaceIndex(views: PlaceView[], traffic: ReadonlyMap<string, number>): PlaceIndex {
  const entries = views.map((view): Entry => {
    const codes = view.kind === 'city' ? view.related : [view.code];
    return {
      view,
      code: view.code.toLowerCase(),
      city: folded(view.city),
      traffic: codes.reduce((sum, code) => sum + (traffic.get(code) ?? 0), 0),
      airports: [],
    };
  });
  const byCode = new Map(entries.map((entry) => [entry.view.code, entry]));
  const trie = new WordTrie<Entry>();
  for (const entry of entries) {
    const { view, code, city } = entry;
    if (view.kind === 'city') {
      entry.airports = view.related.flatMap((each) => byCode.get(each) ?? []).sort(byTraffic);
    }
    const words = wordsOf(`${city} ${folded(view.name)}`);
    // "newyork" is New York, too.
    for (const word of new Set([code, ...words, wordsOf(city).join('')])) trie.add(word, entry);
  }

  /** Each word of the question must be found in the entry, none of them with more slips than its length allows. */
  const matches = (words: string[], withSlips: boolean): Map<Entry, number> => {
    let found: Map<Entry, number> | undefined;
    for (const word of words) {
      const own = trie.find(word, withSlips ? slipsAllowed(word.length) : 0);
      if (!found) {
        found = own;
        continue;
      }
      for (const [entry, slips] of found) {
        const more = own.get(entry);
        if (more === undefined) found.delete(entry);
        else found.set(entry, slips + more);
      }
    }
    return found ?? new Map();
  };

  return {
    find: (q, limit) => {
      const wanted = folded(q.trim());
      const words = wordsOf(wanted);
      let found = matches(words, false);
      // Slips are forgiven only where nothing is right as it stands.
      if (found.size === 0) found = matches(words, true);
      const ranked = Array.from(found, ([entry, slips]): Match => ({ entry, slips, tier: tierOf(entry, wanted) }));
      return grouped(ranked.sort(byRank), limit);
    },
  };
}

/** An exact code, then the city itself, then what begins so, then any word. */
function tierOf({ code, city }: Entry, wanted: string): number {
  if (code === wanted) return 0;
  if (city === wanted) return 1;
  if (city.startsWith(wanted) || code.startsWith(wanted)) return 2;
  return 3;
}

const byTraffic = (a: Entry, b: Entry): number =>
  b.traffic - a.traffic ||
  Number(b.view.kind === 'city') - Number(a.view.kind === 'city') ||
  (a.view.city < b.view.city ? -1 : a.view.city > b.view.city ? 1 : a.code < b.code ? -1 : 1);

const byRank = (a: Match, b: Match): number => a.slips - b.slips || a.tier - b.tier || byTraffic(a.entry, b.entry);

/** The airports of a city stand below it, whatever of them was found by itself. */
function grouped(matches: Match[], limit: number): PlaceView[] {
  const placed = new Set<Entry>();
  const inCities = new Set(matches.flatMap(({ entry }) => entry.airports));
  for (const { entry, tier } of matches) {
    if (placed.size >= limit) break;
    // One that was named by its code stands where it is.
    if (inCities.has(entry) && tier > 0) continue;
    placed.add(entry);
    for (const airport of entry.airports) placed.add(airport);
  }
  return Array.from(placed)
    .slice(0, limit)
    .map(({ view }) => view);
}
